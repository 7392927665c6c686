// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <cstddef>
#include <vector>

namespace heirloom {

/// For each axis of a tensor, for each of its positions: the sum over all other axes of |w| or w².
using AxisSums = std::vector<std::vector<double>>;

/// Reads tensors of a checkpoint for scoring; keeps its staging buffers from tensor to tensor.
class ScoreReader {
public:
    /// Keeps a reference.
    explicit ScoreReader(const Checkpoint& checkpoint) : m_checkpoint(checkpoint) {}

    /// Read once, by blocks of rows. \param norm 1 for |w|, 2 for w²
    /// \return an Error when the tensor is missing, of another shape, unreadable or not finite
    [[nodiscard]] Result<AxisSums> axisSums(const Parameter& parameter, int norm);
    /// The whole tensor in row-major order; the same Errors.
    [[nodiscard]] Result<std::vector<float>> values(const Parameter& parameter);

private:
    [[nodiscard]] Result<const TensorInfo*> find(const Parameter& parameter) const;
    /// Calls visit(span of floats) for block after block of whole rows.
    template <class Visit> [[nodiscard]] Status read(const TensorInfo& info, const Visit& visit);

    const Checkpoint& m_checkpoint;
    std::vector<std::byte> m_bytes; ///< of one block
    std::vector<float> m_values;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// Magnitude of every slice of an index space: for each parameter axis on the space (weights,
/// biases, free parameters; no buffers) sum |w| (`norm` 1) or sqrt(sum w²) (`norm` 2) of each
/// slice, divided by that tensor's mean over the slices, summed over the axes.
///
/// After DepGraph's GroupMagnitude (Fang et al., CVPR 2023), which averages over fewer tensors. A
/// tensor that is all zero adds nothing.
/// \return one score an index of the space, or an Error when a tensor is missing, unreadable or not
/// finite
[[nodiscard]] Result<std::vector<double>> spaceScores(const Checkpoint& checkpoint,
                                                      const ModelSpec& spec,
                                                      int space,
                                                      int norm);

/// spaceScores() for many spaces: each tensor is read once, by blocks of rows, and only its sums
/// along each axis are kept.
class SpaceScorer {
public:
    /// Keeps references to both.
    SpaceScorer(const Checkpoint& checkpoint, const ModelSpec& spec)
        : m_checkpoint(checkpoint), m_spec(spec) {}

    [[nodiscard]] Result<std::vector<double>> scores(int space, int norm);
    /// One score a position of the flat run heads × head_dim of a space of heads.
    [[nodiscard]] Result<std::vector<double>> flatScores(int headsSpace, int norm);

private:
    /// For each axis of a tensor, for each of its positions: the sum over all other axes of |w| or
    /// w².
    using AxisSums = std::vector<std::vector<double>>;

    [[nodiscard]] Result<const AxisSums*> axisSums(const Parameter& parameter, int norm);
    [[nodiscard]] Result<AxisSums> readAxisSums(const Parameter& parameter, int norm);
    template <class IndexOf>
    [[nodiscard]] Result<std::vector<double>> sumOverMembers(std::int64_t size,
                                                             int norm,
                                                             const IndexOf& indexOf);

    const Checkpoint& m_checkpoint;
    const ModelSpec& m_spec;
    std::vector<std::byte> m_bytes; ///< staging of one block, kept from tensor to tensor
    std::vector<float> m_values;
    std::unordered_map<std::string, AxisSums> m_sums[2]; ///< by norm - 1, by parameter
};

} // namespace heirloom

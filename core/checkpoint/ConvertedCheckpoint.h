// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/Checkpoint.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace heirloom {

/// Values of one tensor that were too large for the dtype they were converted to.
struct Overflow {
    std::string tensor;
    std::int64_t values = 0;
};

/// A checkpoint whose floating-point tensors have another dtype, converted block by block as they
/// are read (convertFloats()); all others are as they are.
class ConvertedCheckpoint final : public Checkpoint {
public:
    /// \pre `dtype` is of floating point
    ConvertedCheckpoint(std::shared_ptr<const Checkpoint> source, DType dtype);

    [[nodiscard]] Status readRows(const TensorInfo& tensor,
                                  std::int64_t firstRow,
                                  std::int64_t rowCount,
                                  std::span<std::byte> out) const override;

    /// Values that were too large in what has been read so far (what is read twice counts twice),
    /// in the order of tensors(); tensors without any are left out.
    [[nodiscard]] std::vector<Overflow> overflows() const;

private:
    [[nodiscard]] std::vector<std::byte> borrow() const;
    void giveBack(std::vector<std::byte> buffer) const;

    std::shared_ptr<const Checkpoint> m_source;
    DType m_dtype;
    mutable std::vector<std::atomic<std::int64_t>> m_lost; ///< one a tensor
    mutable std::mutex m_mutex;
    mutable std::vector<std::vector<std::byte>> m_buffers; ///< of readers that are done
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ByteSource.h"
#include "core/base/Limits.h"
#include "core/checkpoint/TensorInfo.h"
#include "core/checkpoint/hdf5/Hdf5Wire.h"

#include <cstdint>
#include <optional>
#include <string>

namespace heirloom {

/// Where the elements of a tensor lie in the file, where they do so plainly: one after another, so
/// that nobody has to ask the HDF5 library for them.
struct Hdf5Place {
    std::uint64_t offset = 0; ///< of the first byte; 0 for elements that the library must fetch
    bool isBigEndian = false;
};

/// A dataset as the reader process describes it, checked.
struct Hdf5Tensor {
    TensorInfo info; ///< Unsupported where there is a trouble
    Hdf5Place place;
    std::optional<std::string> trouble; ///< why its elements are not read: a clause
};

/// Decides what may be read, from facts that may be lies: what it lets through takes no more memory
/// than the file can account for and lies inside the file.
/// \return an Error for facts that no file can have, or over a limit
[[nodiscard]] Result<Hdf5Tensor> checkHdf5Facts(const hdf5wire::DatasetFacts& facts,
                                                const ByteSource& source,
                                                const Limits& limits);

/// The sentence for why the reader process refused.
[[nodiscard]] Error hdf5Refusal(hdf5wire::Refusal why,
                                const std::string& object,
                                const std::string& file,
                                const Limits& limits);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/hdf5/Hdf5Wire.h"
#include "core/hdf5reader/Channel.h"

#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <string>

namespace heirloom {

/// What the reader was told on its command line.
struct ReaderLimits {
    std::uint64_t memory = 0;    ///< bytes of address space
    std::uint64_t seconds = 0;   ///< of computing a step
    std::uint64_t objects = 0;   ///< groups and datasets
    std::uint64_t nameBytes = 0; ///< of an object's path
};

/// Why a request cannot be met, and about which object.
struct Refused {
    hdf5wire::Refusal why{};
    std::string name;
};

/// Sends every attribute of the root that is a text, and every dataset of plain numbers: a group's
/// own first, then its groups, in the order of their names or of their making. Only hard links are
/// followed, and no object twice.
[[nodiscard]] std::optional<Refused> listFile(hid_t file,
                                              Channel& channel,
                                              const ReaderLimits& limits);

/// The dataset's facts; false where it holds no plain numbers.
[[nodiscard]] bool describeDataset(hid_t dataset, hdf5wire::DatasetFacts& facts);

} // namespace heirloom

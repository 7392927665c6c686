// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/data/Dataset.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace heirloom {

/// Decoded images that several runs share while any of them is alive: a run and its random twin
/// decode the data once.
class ImageCache {
public:
    /// Decodes on the calling thread, one caller at a time. \return null when a stop was asked for
    /// or the data has no such split
    [[nodiscard]] Result<std::shared_ptr<const ImageSet>> images(const std::filesystem::path& path,
                                                                 const Dataset& data,
                                                                 Split split,
                                                                 ImageSize wanted,
                                                                 RunControl& control);

private:
    std::timed_mutex m_mutex;
    std::map<std::string, std::weak_ptr<const ImageSet>> m_sets;
};

} // namespace heirloom

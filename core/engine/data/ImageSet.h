// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/engine/data/Image.h"
#include "core/training/RunControl.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace heirloom {

/// Labelled images of one size, by number. Safe to read from many threads.
class ImageSet {
public:
    virtual ~ImageSet() = default;
    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(m_labels.size()); }
    [[nodiscard]] const std::vector<std::int64_t>& labels() const { return m_labels; }
    [[nodiscard]] ImageSize imageSize() const { return m_imageSize; }

    /// Pixels [indices.size(), H, W, C] into `out`. An Error names the image that could not be
    /// read.
    /// \pre out.size() == indices.size() * imageSize().bytes()
    [[nodiscard]] virtual Status read(std::span<const std::int64_t> indices,
                                      std::span<std::uint8_t> out) const = 0;

protected:
    std::vector<std::int64_t> m_labels;
    ImageSize m_imageSize;
};

/// Images larger than this together stay on the disk and are decoded batch by batch.
inline constexpr std::int64_t kImagesInMemory = 2LL << 30;

/// All of `images` read once, if they are smaller than kImagesInMemory together; else `images`
/// itself. Looks at `control` every few hundred images. \return null when a stop was asked for
[[nodiscard]] Result<std::shared_ptr<const ImageSet>> inMemory(
    std::shared_ptr<const ImageSet> images, RunControl& control);

} // namespace heirloom

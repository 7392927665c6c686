// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace heirloom {

struct ImageSize {
    int height = 0;
    int width = 0;
    int channels = 0; ///< 1 (grey) or 3 (red, green, blue)
    bool operator==(const ImageSize&) const = default;
    [[nodiscard]] std::size_t bytes() const {
        return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
               static_cast<std::size_t>(channels);
    }
};

/// A decoded image: bytes in the order H, W, C.
struct Image {
    ImageSize size;
    std::vector<std::uint8_t> pixels;
};

/// Largest image that is decoded, in pixels; more than any camera of today.
inline constexpr std::int64_t kMaximumImagePixels = 100'000'000;

/// Decodes JPEG or PNG, told apart by their first bytes, to 8 bits a channel: 16-bit samples lose
/// their low byte, transparency is dropped, palettes are looked up. JPEG goes through libjpeg's
/// accurate integer transform and smooth upsampling, as in Pillow, so that pixels are equal to
/// Python's.
/// \param name what errors call the image
[[nodiscard]] Result<Image> decodeImage(std::span<const std::byte> bytes, const std::string& name);
[[nodiscard]] Result<Image> readImage(const std::filesystem::path& file);

/// Grey to colour by repeating, colour to grey by 0.299 R + 0.587 G + 0.114 B (ITU-R 601, as
/// Pillow's "L"). \pre channels is 1 or 3
[[nodiscard]] Image withChannels(Image image, int channels);

/// Shortest side to the target by a triangle filter with antialiasing (the rule of Pillow's
/// BILINEAR, its fixed point included), then the centre. The image as it is when it has the size
/// already.
[[nodiscard]] Image fitTo(Image image, int height, int width);

/// Pillow's BILINEAR to exactly this size.
[[nodiscard]] Image resizeBilinear(const Image& image, int height, int width);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Image.h"

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr int kPrecision = 32 - 8 - 2; // fixed point of Pillow's Resample.c

/// Weights of the input pixels [first, first + weights.size()) in one output pixel.
struct Tap {
    int first = 0;
    std::vector<int> weights;
};

/// Triangle filter, widened by the scale when shrinking.
std::vector<Tap> triangleTaps(int inSize, int outSize) {
    const double scale = static_cast<double>(inSize) / outSize;
    const double filterScale = std::max(scale, 1.0);
    const double support = filterScale;
    std::vector<Tap> taps(static_cast<std::size_t>(outSize));
    for (int i = 0; i < outSize; ++i) {
        const double center = (i + 0.5) * scale;
        const int first = std::max(0, static_cast<int>(center - support + 0.5));
        const int last = std::min(inSize, static_cast<int>(center + support + 0.5));
        std::vector<double> weights;
        double sum = 0;
        for (int x = first; x < last; ++x) {
            weights.push_back(std::max(0.0, 1.0 - std::abs((x - center + 0.5) / filterScale)));
            sum += weights.back();
        }
        Tap& tap = taps[static_cast<std::size_t>(i)];
        tap.first = first;
        for (const double weight : weights) {
            const double scaled = (sum != 0 ? weight / sum : weight) * (1 << kPrecision);
            tap.weights.push_back(static_cast<int>(scaled + 0.5));
        }
    }
    return taps;
}

std::uint8_t toByte(int sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255));
}

Image resizeColumns(const Image& image, int width) {
    if (width == image.size.width)
        return image;
    const std::vector<Tap> taps = triangleTaps(image.size.width, width);
    const auto channels = static_cast<std::size_t>(image.size.channels);
    Image out{{image.size.height, width, image.size.channels}, {}};
    out.pixels.resize(out.size.bytes());
    const std::size_t inRow = image.size.bytes() / static_cast<std::size_t>(image.size.height);
    std::uint8_t* target = out.pixels.data();
    for (int y = 0; y < image.size.height; ++y) {
        const std::uint8_t* row = image.pixels.data() + static_cast<std::size_t>(y) * inRow;
        for (const Tap& tap : taps) {
            const std::uint8_t* source = row + static_cast<std::size_t>(tap.first) * channels;
            for (std::size_t c = 0; c < channels; ++c) {
                int sum = 1 << (kPrecision - 1);
                for (std::size_t k = 0; k < tap.weights.size(); ++k)
                    sum += tap.weights[k] * source[k * channels + c];
                *target++ = toByte(sum);
            }
        }
    }
    return out;
}

Image resizeRows(const Image& image, int height) {
    if (height == image.size.height)
        return image;
    const std::vector<Tap> taps = triangleTaps(image.size.height, height);
    Image out{{height, image.size.width, image.size.channels}, {}};
    out.pixels.resize(out.size.bytes());
    const std::size_t row = image.size.bytes() / static_cast<std::size_t>(image.size.height);
    std::uint8_t* target = out.pixels.data();
    for (const Tap& tap : taps) {
        const std::uint8_t* source =
            image.pixels.data() + static_cast<std::size_t>(tap.first) * row;
        for (std::size_t x = 0; x < row; ++x) {
            int sum = 1 << (kPrecision - 1);
            for (std::size_t k = 0; k < tap.weights.size(); ++k)
                sum += tap.weights[k] * source[k * row + x];
            *target++ = toByte(sum);
        }
    }
    return out;
}

Image cropCentre(Image image, int height, int width) {
    if (image.size.height == height && image.size.width == width)
        return image;
    const int top = (image.size.height - height) / 2;
    const int left = (image.size.width - width) / 2;
    Image out{{height, width, image.size.channels}, {}};
    out.pixels.reserve(out.size.bytes());
    for (int y = 0; y < height; ++y) {
        const auto from =
            image.pixels.begin() +
            (static_cast<std::ptrdiff_t>(top + y) * image.size.width + left) * image.size.channels;
        out.pixels.insert(out.pixels.end(),
                          from,
                          from + static_cast<std::ptrdiff_t>(width) * image.size.channels);
    }
    return out;
}

} // namespace

Image resizeBilinear(const Image& image, int height, int width) {
    return resizeRows(resizeColumns(image, width), height);
}

Image fitTo(Image image, int height, int width) {
    if (image.size.height == height && image.size.width == width)
        return image;
    const double scale = std::max(static_cast<double>(height) / image.size.height,
                                  static_cast<double>(width) / image.size.width);
    // What is far outside of the centre is cut first: scaled up, a long thin image would not fit
    // into memory.
    const auto reach = [&](int target, int side) {
        const int needed = 2 * static_cast<int>(std::ceil(target / scale)) + 8;
        return side > needed ? needed + (side - needed) % 2 : side;
    };
    image = cropCentre(
        std::move(image), reach(height, image.size.height), reach(width, image.size.width));
    const int scaledHeight =
        std::max(height, static_cast<int>(std::lround(image.size.height * scale)));
    const int scaledWidth =
        std::max(width, static_cast<int>(std::lround(image.size.width * scale)));
    return cropCentre(resizeBilinear(image, scaledHeight, scaledWidth), height, width);
}

Image withChannels(Image image, int channels) {
    if (image.size.channels == channels)
        return image;
    Image out{{image.size.height, image.size.width, channels}, {}};
    out.pixels.reserve(out.size.bytes());
    if (channels == 3) {
        for (const std::uint8_t grey : image.pixels)
            out.pixels.insert(out.pixels.end(), 3, grey);
        return out;
    }
    for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
        const int sum = image.pixels[i] * 19595 + image.pixels[i + 1] * 38470 +
                        image.pixels[i + 2] * 7471 + 0x8000;
        out.pixels.push_back(static_cast<std::uint8_t>(sum >> 16));
    }
    return out;
}

} // namespace heirloom

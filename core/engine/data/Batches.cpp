// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Batches.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace heirloom {

Result<Normalization> Normalization::make(const DataSource& source,
                                          const Dataset& data,
                                          int channels) {
    const bool isColour = channels == 3;
    const auto choose = [&](const std::vector<double>& asked,
                            const std::vector<double>& stored,
                            std::vector<double> usual) {
        return !asked.empty() ? asked : !stored.empty() ? stored : usual;
    };
    auto mean = choose(
        source.mean, data.mean(), isColour ? std::vector{0.485, 0.456, 0.406} : std::vector{0.5});
    auto deviation = choose(source.standardDeviation,
                            data.standardDeviation(),
                            isColour ? std::vector{0.229, 0.224, 0.225} : std::vector{0.5});
    for (auto* values : {&mean, &deviation}) {
        if (values->size() == 1)
            values->resize(static_cast<std::size_t>(channels), values->front());
        if (std::ssize(*values) != channels)
            return fail(source.path.string(),
                        "{} has {} values, but the images have {} channels",
                        values == &mean ? "mean" : "std",
                        values->size(),
                        channels);
    }
    Normalization result;
    for (std::size_t c = 0; c < mean.size(); ++c) {
        if (!std::isfinite(mean[c]) || !(deviation[c] > 0) || !std::isfinite(deviation[c]))
            return fail(source.path.string(),
                        "mean {} and std {} of channel {} cannot normalise: std must be above 0",
                        mean[c],
                        deviation[c],
                        c);
        // float32 step by step, as programs do that hold pixels as tensors
        for (int byte = 0; byte < 256; ++byte)
            result.m_table[c][static_cast<std::size_t>(byte)] =
                (static_cast<float>(byte) / 255.0F - static_cast<float>(mean[c])) /
                static_cast<float>(deviation[c]);
    }
    return result;
}

Status Batches::fill(std::span<const std::int64_t> indices, std::span<float> out) {
    Random unused(0);
    return fill(indices, Augmentation{}, unused, out);
}

Status Batches::fill(std::span<const std::int64_t> indices,
                     const Augmentation& augmentation,
                     Random& random,
                     std::span<float> out) {
    const std::size_t bytes = m_images->imageSize().bytes();
    m_pixels.resize(indices.size() * bytes);
    if (auto status = m_images->read(indices, m_pixels); !status)
        return status;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        int top = 0;
        int left = 0;
        if (augmentation.cropPadding > 0) {
            const auto offsets = static_cast<std::uint64_t>(2 * augmentation.cropPadding + 1);
            top = static_cast<int>(random.below(offsets)) - augmentation.cropPadding;
            left = static_cast<int>(random.below(offsets)) - augmentation.cropPadding;
        }
        const bool mirrored = augmentation.flip && random.below(2) == 1;
        place(m_pixels.data() + i * bytes, top, left, mirrored, out.data() + i * bytes);
    }
    return {};
}

void Batches::place(
    const std::uint8_t* pixels, int top, int left, bool mirrored, float* out) const {
    const ImageSize size = m_images->imageSize();
    for (int c = 0; c < size.channels; ++c)
        for (int y = 0; y < size.height; ++y) {
            const int row = y + top;
            const bool isOutside = row < 0 || row >= size.height;
            for (int x = 0; x < size.width; ++x) {
                const int column = (mirrored ? size.width - 1 - x : x) + left;
                const std::uint8_t byte =
                    isOutside || column < 0 || column >= size.width
                        ? std::uint8_t{0}
                        : pixels[(row * size.width + column) * size.channels + c];
                *out++ = m_normalization(c, byte);
            }
        }
}

std::vector<std::int64_t> epochOrder(std::int64_t images, std::uint64_t seed, int epoch) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(images));
    std::iota(order.begin(), order.end(), 0);
    Random random(seedFor(seed, fmt::format("order.{}", epoch)));
    for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

} // namespace heirloom

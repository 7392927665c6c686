// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/engine/data/Dataset.h"
#include "core/engine/data/ImageSet.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace heirloom {

/// What is added to a training image at random, on its bytes and before it is normalised.
struct Augmentation {
    bool flip = false; ///< left-right, half of the images
    int cropPadding =
        0; ///< pixels of black on each side before a random crop of the image's own size
};

/// Input = (byte / 255 - mean) / std, looked up for all 256 bytes of each channel.
class Normalization {
public:
    /// mean and std of `source`, else those of the data, else ImageNet's (three channels) or 0.5
    /// (one channel).
    [[nodiscard]] static Result<Normalization> make(const DataSource& source,
                                                    const Dataset& data,
                                                    int channels);
    [[nodiscard]] float operator()(int channel, std::uint8_t byte) const {
        return m_table[static_cast<std::size_t>(channel)][byte];
    }

private:
    std::array<std::array<float, 256>, 3> m_table{};
};

/// Turns images into input [N, C, H, W].
class Batches {
public:
    Batches(std::shared_ptr<const ImageSet> images, Normalization normalization)
        : m_images(std::move(images)), m_normalization(normalization) {}

    [[nodiscard]] const ImageSet& images() const { return *m_images; }

    /// The images of `indices` as they are, into `out`. \pre out.size() == indices.size() *
    /// imageSize().bytes()
    [[nodiscard]] Status fill(std::span<const std::int64_t> indices, std::span<float> out);
    /// The same with augmentation drawn from `random`: for each image top, left (when cropped),
    /// flip (when flipped).
    [[nodiscard]] Status fill(std::span<const std::int64_t> indices,
                              const Augmentation& augmentation,
                              Random& random,
                              std::span<float> out);

private:
    void place(const std::uint8_t* pixels, int top, int left, bool mirrored, float* out) const;

    std::shared_ptr<const ImageSet> m_images;
    Normalization m_normalization;
    std::vector<std::uint8_t> m_pixels; ///< reused from batch to batch
};

/// A permutation of [0, images) for an epoch, by seed and epoch alone.
[[nodiscard]] std::vector<std::int64_t> epochOrder(std::int64_t images,
                                                   std::uint64_t seed,
                                                   int epoch);

} // namespace heirloom

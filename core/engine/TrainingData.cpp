// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/TrainingData.h"

#include <algorithm>

namespace heirloom {
namespace {

constexpr int kSideOfLargeImages = 224;

/// Nets that take any size get small images as they are and large ones at 224 x 224, as their
/// ImageNet recipes do.
ImageSize sizeFor(const DatasetInfo& info, const Network& network, int channels) {
    if (const int side = network.imageSide(); side > 0)
        return {side, side, channels};
    if (std::max(info.height, info.width) <= kSideOfLargeImages)
        return {info.height, info.width, channels};
    return {kSideOfLargeImages, kSideOfLargeImages, channels};
}

Status checkFit(const DataSource& source, const DatasetInfo& info, const ModelSpec& model) {
    const auto found = static_cast<std::int64_t>(info.classes.size());
    const std::int64_t expected = classCount(model);
    if (found != expected)
        return std::unexpected(Error{
            source.path.string(),
            fmt::format(
                "the data has {} classes, but {} tells {} apart", found, model.name, expected),
            fmt::format("Give the student as many, e.g. --student NAME:num_classes={}", found)});
    const int channels = inputChannels(model);
    if (channels != 1 && channels != 3)
        return fail(
            model.name,
            "the model takes images of {} channels; only grey (1) and RGB (3) images are read",
            channels);
    if (info.channels > channels)
        return std::unexpected(
            Error{source.path.string(),
                  fmt::format("the images have {} channels, but {} takes {}",
                              info.channels,
                              model.name,
                              channels),
                  fmt::format("Give a model with channels={}, or grey images", info.channels)});
    return {};
}

} // namespace

Result<std::unique_ptr<TrainingData>> TrainingData::open(const DataSource& source,
                                                         const ModelSpec& model,
                                                         const Network& network,
                                                         Wanted wanted,
                                                         ImageCache& cache,
                                                         RunControl& control) {
    const auto dataset = openDataset(source);
    if (!dataset)
        return std::unexpected(dataset.error());
    const DatasetInfo& info = (*dataset)->info();
    if (auto status = checkFit(source, info, model); !status)
        return std::unexpected(status.error());
    if (wanted == Wanted::Both && info.trainImages == 0)
        return std::unexpected(
            Error{source.path.string(),
                  fmt::format("the data has only '{}' and no training images", info.heldOutName),
                  "Give a folder that also holds train/<class>/*.jpg"});
    const int channels = inputChannels(model);
    auto normalization = Normalization::make(source, **dataset, channels);
    if (!normalization)
        return std::unexpected(normalization.error());

    auto data = std::make_unique<TrainingData>();
    const auto take = [&](Split split, std::optional<Batches>& batches) -> Status {
        auto images =
            cache.images(source.path, **dataset, split, sizeFor(info, network, channels), control);
        if (!images)
            return std::unexpected(images.error());
        if (*images)
            batches.emplace(std::move(*images), *normalization);
        return {};
    };
    if (wanted == Wanted::Both || info.heldOutImages == 0)
        if (auto status = take(Split::Train, data->m_train); !status)
            return std::unexpected(status.error());
    if (auto status = take(Split::HeldOut, data->m_heldOut); !status)
        return std::unexpected(status.error());
    if (control.isStopRequested())
        return std::unique_ptr<TrainingData>();
    return data;
}

Result<Batch> makeBatch(Batches& batches,
                        std::span<const std::int64_t> indices,
                        at::Device device,
                        const Augmentation& augmentation,
                        Random* random) {
    const ImageSize size = batches.images().imageSize();
    const auto count = static_cast<std::int64_t>(indices.size());
    at::Tensor input = at::empty({count, size.channels, size.height, size.width}, at::kFloat);
    const std::span<float> out(input.data_ptr<float>(), static_cast<std::size_t>(input.numel()));
    const auto status =
        random ? batches.fill(indices, augmentation, *random, out) : batches.fill(indices, out);
    if (!status)
        return std::unexpected(status.error());
    at::Tensor labels = at::empty({count}, at::kLong);
    std::ranges::transform(indices, labels.data_ptr<std::int64_t>(), [&](std::int64_t i) {
        return batches.images().labels()[static_cast<std::size_t>(i)];
    });
    return Batch{input.to(device), labels.to(device)};
}

} // namespace heirloom

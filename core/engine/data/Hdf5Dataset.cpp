// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Dataset.h"
#include "core/engine/data/Hdf5Table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

namespace heirloom {
namespace {

constexpr std::size_t kMaximumImages = 100'000'000;
constexpr std::int64_t kMaximumClasses = 1'000'000;
constexpr const char* kAdvice = "The file must hold train/images and held_out/images [n, H, W, C] "
                                "of uint8, train/labels and held_out/labels [n] of integers";

using hdf5::Handle;
using hdf5::Table;

struct StoredSplit {
    std::string path; ///< "digits.h5: train/images"
    Table images;
    std::vector<std::int64_t> labels;
    ImageSize size;
};

/// \return null when the file has no such group
Result<std::shared_ptr<const StoredSplit>> openSplit(const Handle& file,
                                                     const std::string& name,
                                                     const std::string& group,
                                                     std::int64_t classes) {
    auto split = std::make_shared<StoredSplit>();
    split->path = name + ": " + group + "/images";
    if (!hdf5::isInside(file.id(), group))
        return std::shared_ptr<const StoredSplit>();
    const auto wrong = [&](const std::string& where, const std::string& text) {
        return std::unexpected(Error{name + ": " + group + "/" + where, text, kAdvice});
    };
    auto images = hdf5::openTable(file.id(), group + "/images");
    auto labels = hdf5::openTable(file.id(), group + "/labels");
    if (!images || !labels)
        return wrong(images ? "labels" : "images",
                     "there is no such dataset with its data in this file");
    const auto& shape = images->shape;
    if (images->kind != H5T_INTEGER || images->elementSize != 1 || shape.size() != 4)
        return wrong(
            "images",
            fmt::format("expected uint8 with 4 axes, found {} bytes an element with {} axes",
                        images->elementSize,
                        shape.size()));
    if (shape[0] == 0 || shape[0] > kMaximumImages || shape[1] == 0 || shape[2] == 0 ||
        shape[1] > 65'536 || shape[2] > 65'536 ||
        shape[1] * shape[2] > static_cast<hsize_t>(kMaximumImagePixels) ||
        (shape[3] != 1 && shape[3] != 3))
        return wrong("images",
                     fmt::format("its shape is [{}]; there must be images, with 1 or 3 channels",
                                 fmt::join(shape, ", ")));
    if (labels->kind != H5T_INTEGER || labels->shape.size() != 1 || labels->shape[0] != shape[0])
        return wrong("labels",
                     fmt::format("expected {} integers, one an image; its shape is [{}]",
                                 shape[0],
                                 fmt::join(labels->shape, ", ")));
    split->labels.resize(static_cast<std::size_t>(shape[0]));
    if (H5Dread(labels->dataset.id(),
                H5T_NATIVE_INT64,
                H5S_ALL,
                H5S_ALL,
                H5P_DEFAULT,
                split->labels.data()) < 0)
        return wrong("labels", "the labels could not be read");
    const auto outside = std::ranges::find_if(
        split->labels, [&](std::int64_t label) { return label < 0 || label >= classes; });
    if (outside != split->labels.end())
        return wrong("labels",
                     fmt::format("label {} of image {} is not in [0, {})",
                                 *outside,
                                 outside - split->labels.begin(),
                                 classes));
    split->size = {
        static_cast<int>(shape[1]), static_cast<int>(shape[2]), static_cast<int>(shape[3])};
    split->images = std::move(*images);
    return split;
}

class Hdf5Images final : public ImageSet {
public:
    Hdf5Images(std::shared_ptr<const Handle> file,
               std::shared_ptr<const StoredSplit> split,
               ImageSize wanted)
        : m_file(std::move(file)), m_split(std::move(split)) {
        m_labels = m_split->labels;
        m_imageSize = wanted;
    }

    Status read(std::span<const std::int64_t> indices, std::span<std::uint8_t> out) const override {
        if (m_split->size == m_imageSize)
            return readStored(indices, out);
        Image image{m_split->size, {}};
        for (std::size_t i = 0; i < indices.size(); ++i) {
            image.size = m_split->size;
            image.pixels.resize(image.size.bytes());
            if (auto status = readStored(indices.subspan(i, 1), image.pixels); !status)
                return status;
            image = fitTo(withChannels(std::move(image), m_imageSize.channels),
                          m_imageSize.height,
                          m_imageSize.width);
            std::memcpy(
                out.data() + i * m_imageSize.bytes(), image.pixels.data(), m_imageSize.bytes());
        }
        return {};
    }

private:
    /// Neighbouring images in one request.
    Status readStored(std::span<const std::int64_t> indices, std::span<std::uint8_t> out) const {
        const std::scoped_lock lock(hdf5::libraryMutex());
        const hdf5::Quiet quiet;
        const Handle space(H5Dget_space(m_split->images.dataset.id()), H5Sclose);
        const std::size_t bytes = m_split->size.bytes();
        for (std::size_t first = 0; first < indices.size();) {
            std::size_t end = first + 1;
            while (end < indices.size() && indices[end] == indices[end - 1] + 1)
                ++end;
            const auto& shape = m_split->images.shape;
            const std::array<hsize_t, 4> start{static_cast<hsize_t>(indices[first]), 0, 0, 0};
            const std::array<hsize_t, 4> count{end - first, shape[1], shape[2], shape[3]};
            const Handle memory(H5Screate_simple(4, count.data(), nullptr), H5Sclose);
            if (H5Sselect_hyperslab(
                    space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
                H5Dread(m_split->images.dataset.id(),
                        H5T_NATIVE_UINT8,
                        memory.id(),
                        space.id(),
                        H5P_DEFAULT,
                        out.data() + first * bytes) < 0)
                return std::unexpected(Error{
                    m_split->path,
                    fmt::format(
                        "images {} to {} could not be read", indices[first], indices[end - 1]),
                    "The file is damaged, or compressed with a filter that is not installed"});
            first = end;
        }
        return {};
    }

    std::shared_ptr<const Handle> m_file;
    std::shared_ptr<const StoredSplit> m_split;
};

class Hdf5Dataset final : public Dataset {
public:
    static Result<std::shared_ptr<const Dataset>> open(const std::filesystem::path& path) {
        const std::scoped_lock lock(hdf5::libraryMutex());
        const hdf5::Quiet quiet;
        const std::string name = path.filename().string();
        auto data = std::make_shared<Hdf5Dataset>();
        data->m_file = std::make_shared<const Handle>(
            H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
        if (!*data->m_file)
            return std::unexpected(
                Error{path.string(),
                      "the HDF5 file could not be opened; it is damaged or still being written",
                      kAdvice});
        if (const auto names = hdf5::openTable(data->m_file->id(), "classes"))
            data->m_info.classes = hdf5::stringsOf(*names, kMaximumClasses);
        const std::int64_t bound =
            data->m_info.classes.empty() ? kMaximumClasses : std::ssize(data->m_info.classes);
        auto train = openSplit(*data->m_file, name, "train", bound);
        if (!train)
            return std::unexpected(train.error());
        auto heldOut = openSplit(*data->m_file, name, "held_out", bound);
        if (!heldOut)
            return std::unexpected(heldOut.error());
        if (!*train && !*heldOut)
            return std::unexpected(
                Error{path.string(), "the file holds neither a group train nor held_out", kAdvice});
        if (*train && *heldOut && (*train)->size != (*heldOut)->size)
            return std::unexpected(
                Error{path.string(), "the images of train and held_out differ in size", kAdvice});
        data->describe(*train, *heldOut);
        return data;
    }

    Result<std::shared_ptr<const ImageSet>> images(Split split, ImageSize wanted) const override {
        const auto& stored = split == Split::Train ? m_train : m_heldOut;
        if (!stored)
            return std::shared_ptr<const ImageSet>();
        return std::make_shared<const Hdf5Images>(m_file, stored, wanted);
    }

private:
    void describe(std::shared_ptr<const StoredSplit> train,
                  std::shared_ptr<const StoredSplit> heldOut) {
        std::int64_t labelBound = 0;
        for (const auto& split : {train, heldOut})
            if (split)
                labelBound = std::max(labelBound, *std::ranges::max_element(split->labels) + 1);
        const ImageSize size = train ? train->size : heldOut->size;
        m_info.height = size.height;
        m_info.width = size.width;
        m_info.channels = size.channels;
        m_info.trainImages = train ? static_cast<std::int64_t>(train->labels.size()) : 0;
        m_info.heldOutImages = heldOut ? static_cast<std::int64_t>(heldOut->labels.size()) : 0;
        m_info.heldOutName = heldOut ? "held_out" : "";
        if (m_info.classes.empty())
            for (std::int64_t i = 0; i < labelBound; ++i)
                m_info.classes.push_back(std::to_string(i));
        m_mean = hdf5::attributeNumbers(m_file->id(), "mean");
        m_standardDeviation = hdf5::attributeNumbers(m_file->id(), "std");
        m_train = std::move(train);
        m_heldOut = std::move(heldOut);
    }

    std::shared_ptr<const Handle> m_file;
    std::shared_ptr<const StoredSplit> m_train;
    std::shared_ptr<const StoredSplit> m_heldOut;
};

} // namespace

Result<std::shared_ptr<const Dataset>> openHdf5Dataset(const std::filesystem::path& file) {
    return Hdf5Dataset::open(file);
}

} // namespace heirloom

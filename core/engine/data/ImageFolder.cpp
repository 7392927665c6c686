// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Dataset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <exception>
#include <optional>
#include <thread>

namespace heirloom {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kHeldOutNames{"held_out", "test", "val", "validation"};
constexpr std::size_t kDecoders = 2;

struct LabelledFiles {
    std::vector<fs::path> files;
    std::vector<std::int64_t> labels;
};

bool isImageName(const fs::path& file) {
    std::string ending = file.extension().string();
    std::ranges::transform(
        ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

Result<std::vector<fs::path>> sortedEntries(const fs::path& folder, bool folders) {
    std::vector<fs::path> entries;
    std::error_code error;
    fs::directory_iterator i(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && i != fs::directory_iterator(); i.increment(error)) {
        std::error_code unreadable;
        if (i->path().filename().string().starts_with('.'))
            continue;
        if (folders ? i->is_directory(unreadable)
                    : i->is_regular_file(unreadable) && isImageName(i->path()))
            entries.push_back(i->path());
    }
    if (error)
        return fail(folder.string(), "the folder could not be listed: {}", error.message());
    std::ranges::sort(entries);
    return entries;
}

Result<std::vector<std::string>> classNames(const fs::path& split) {
    auto folders = sortedEntries(split, true);
    if (!folders)
        return std::unexpected(folders.error());
    std::vector<std::string> names;
    for (const fs::path& folder : *folders)
        names.push_back(folder.filename().string());
    if (names.empty())
        return std::unexpected(Error{split.string(),
                                     "the folder holds no folder of images",
                                     "Put the images of each class into a folder of its name"});
    return names;
}

/// Files of one split, classes in the given order.
Result<LabelledFiles> listFiles(const fs::path& split, const std::vector<std::string>& classes) {
    LabelledFiles found;
    for (std::size_t label = 0; label < classes.size(); ++label) {
        std::error_code error;
        if (!fs::is_directory(split / classes[label], error))
            continue;
        auto files = sortedEntries(split / classes[label], false);
        if (!files)
            return std::unexpected(files.error());
        found.labels.insert(found.labels.end(), files->size(), static_cast<std::int64_t>(label));
        std::ranges::move(*files, std::back_inserter(found.files));
    }
    if (found.files.empty())
        return std::unexpected(Error{split.string(),
                                     "the class folders hold no JPEG or PNG image",
                                     "Give images whose names end in .jpg, .jpeg or .png"});
    return found;
}

class FolderImages final : public ImageSet {
public:
    FolderImages(std::shared_ptr<const LabelledFiles> files, ImageSize size)
        : m_files(std::move(files)) {
        m_labels = m_files->labels;
        m_imageSize = size;
    }

    Status read(std::span<const std::int64_t> indices, std::span<std::uint8_t> out) const override {
        if (indices.size() < 2 * kDecoders)
            return readPart(indices, out);
        std::array<Status, kDecoders> results;
        const auto part = [&](std::size_t k) {
            const std::size_t first = indices.size() * k / kDecoders;
            const std::size_t count = indices.size() * (k + 1) / kDecoders - first;
            try { // an exception must not leave a helper thread
                results[k] =
                    readPart(indices.subspan(first, count),
                             out.subspan(first * m_imageSize.bytes(), count * m_imageSize.bytes()));
            } catch (const std::exception& e) {
                results[k] = fail({}, "images could not be decoded: {}", e.what());
            }
        };
        {
            std::array<std::jthread, kDecoders - 1> helpers;
            for (std::size_t k = 1; k < kDecoders; ++k)
                helpers[k - 1] = std::jthread(part, k);
            part(0);
        }
        for (const Status& result : results)
            if (!result)
                return result;
        return {};
    }

private:
    Status readPart(std::span<const std::int64_t> indices, std::span<std::uint8_t> out) const {
        const std::size_t bytes = m_imageSize.bytes();
        for (std::size_t i = 0; i < indices.size(); ++i) {
            auto image = readImage(m_files->files[static_cast<std::size_t>(indices[i])]);
            if (!image)
                return std::unexpected(image.error());
            const Image fitted = fitTo(withChannels(std::move(*image), m_imageSize.channels),
                                       m_imageSize.height,
                                       m_imageSize.width);
            std::memcpy(out.data() + i * bytes, fitted.pixels.data(), bytes);
        }
        return {};
    }

    std::shared_ptr<const LabelledFiles> m_files;
};

class ImageFolder final : public Dataset {
public:
    ImageFolder(std::vector<std::string> classes,
                std::optional<LabelledFiles> train,
                std::optional<LabelledFiles> heldOut,
                std::string heldOutName,
                ImageSize first) {
        m_info.classes = std::move(classes);
        m_info.heldOutName = std::move(heldOutName);
        m_info.height = first.height;
        m_info.width = first.width;
        m_info.channels = first.channels;
        if (train) {
            m_train = std::make_shared<LabelledFiles>(std::move(*train));
            m_info.trainImages = static_cast<std::int64_t>(m_train->files.size());
        }
        if (heldOut) {
            m_heldOut = std::make_shared<LabelledFiles>(std::move(*heldOut));
            m_info.heldOutImages = static_cast<std::int64_t>(m_heldOut->files.size());
        }
    }

    Result<std::shared_ptr<const ImageSet>> images(Split split, ImageSize wanted) const override {
        const auto& files = split == Split::Train ? m_train : m_heldOut;
        if (!files)
            return std::shared_ptr<const ImageSet>();
        return std::make_shared<const FolderImages>(files, wanted);
    }

private:
    std::shared_ptr<const LabelledFiles> m_train;
    std::shared_ptr<const LabelledFiles> m_heldOut;
};

} // namespace

Result<std::shared_ptr<const Dataset>> openImageFolder(const fs::path& folder) {
    std::error_code error;
    std::string heldOutName;
    for (const char* name : kHeldOutNames)
        if (heldOutName.empty() && fs::is_directory(folder / name, error))
            heldOutName = name;
    const bool hasTrain = fs::is_directory(folder / "train", error);
    const bool isFlat = !hasTrain && heldOutName.empty(); // <class>/*.jpg: training images only
    const fs::path trainFolder = isFlat ? folder : folder / "train";

    auto classes = classNames(hasTrain || isFlat ? trainFolder : folder / heldOutName);
    if (!classes)
        return std::unexpected(classes.error());
    std::optional<LabelledFiles> train;
    std::optional<LabelledFiles> heldOut;
    if (hasTrain || isFlat) {
        auto files = listFiles(trainFolder, *classes);
        if (!files)
            return std::unexpected(files.error());
        train = std::move(*files);
    }
    if (!heldOutName.empty()) {
        const fs::path heldOutFolder = folder / heldOutName;
        const auto others = classNames(heldOutFolder);
        if (!others)
            return std::unexpected(others.error());
        for (const std::string& name : *others)
            if (std::ranges::find(*classes, name) == classes->end())
                return std::unexpected(
                    Error{(heldOutFolder / name).string(),
                          fmt::format("train/ has no class folder '{}'; its {} classes are {} ...",
                                      name,
                                      classes->size(),
                                      classes->front()),
                          "Give both the same class folders"});
        auto files = listFiles(heldOutFolder, *classes);
        if (!files)
            return std::unexpected(files.error());
        heldOut = std::move(*files);
    }
    const auto first = readImage(train ? train->files.front() : heldOut->files.front());
    if (!first)
        return std::unexpected(first.error());
    return std::make_shared<const ImageFolder>(
        std::move(*classes), std::move(train), std::move(heldOut), heldOutName, first->size);
}

} // namespace heirloom

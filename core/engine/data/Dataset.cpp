// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Dataset.h"

#include <array>
#include <cstring>
#include <fstream>
#include <string_view>

namespace heirloom {

Result<std::shared_ptr<const Dataset>> openDataset(const DataSource& source) {
    namespace fs = std::filesystem;
    constexpr const char* kLayouts =
        "Give a folder with train/<class>/*.jpg and test/<class>/*.jpg, or an HDF5 file with "
        "train/images, train/labels, held_out/images and held_out/labels";
    std::error_code error;
    const auto status = fs::status(source.path, error);
    if (source.path.empty())
        return std::unexpected(Error{{}, "no data was named", kLayouts});
    if (status.type() == fs::file_type::not_found)
        return std::unexpected(
            Error{source.path.string(), "there is no such folder or file", kLayouts});
    if (status.type() == fs::file_type::directory)
        return openImageFolder(source.path);
    if (status.type() != fs::file_type::regular)
        return std::unexpected(
            Error{source.path.string(), "this is neither a folder nor a regular file", kLayouts});
    constexpr std::string_view kMagic = "\x89HDF\r\n\x1a\n";
    std::array<char, 8> start{};
    std::ifstream(source.path, std::ios::binary).read(start.data(), start.size());
    if (std::string_view(start.data(), start.size()) != kMagic)
        return std::unexpected(Error{source.path.string(), "this file is not HDF5", kLayouts});
    return openHdf5Dataset(source.path);
}

} // namespace heirloom

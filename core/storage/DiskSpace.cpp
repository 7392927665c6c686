// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/DiskSpace.h"

#include "core/model/OpenedModel.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace heirloom {
namespace {

/// The folder at which the file system is mounted: the last one upwards on the same device.
std::filesystem::path mountPoint(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::path at = std::filesystem::canonical(folder, error);
    struct stat here{};
    if (error || stat(at.c_str(), &here) != 0)
        return folder;
    while (at.has_relative_path()) {
        struct stat above{};
        if (stat(at.parent_path().c_str(), &above) != 0 || above.st_dev != here.st_dev)
            break;
        at = at.parent_path();
    }
    return at;
}

} // namespace

Status requireSpace(const std::filesystem::path& folder, std::uint64_t bytes) {
    struct statvfs system{};
    if (statvfs(folder.empty() ? "." : folder.c_str(), &system) != 0)
        return {};
    const auto blocks = static_cast<std::uint64_t>(system.f_bavail);
    const auto blockSize = static_cast<std::uint64_t>(system.f_frsize);
    if (blockSize == 0 || bytes / blockSize < blocks)
        return {};
    const std::uint64_t missing = bytes - blocks * blockSize;
    auto error = fail(mountPoint(folder).string(),
                      "needs {} more of free space here; nothing was overwritten",
                      byteCountText(static_cast<std::int64_t>(missing)));
    error.error().advice = "Free some space or choose another folder";
    return error;
}

} // namespace heirloom

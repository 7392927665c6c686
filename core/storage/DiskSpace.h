// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstdint>
#include <filesystem>

namespace heirloom {

/// An Error when the file system of an existing folder has less than `bytes` free for this user;
/// says how much is missing and where. A file system that cannot tell counts as large enough: the
/// writing itself will show.
[[nodiscard]] Status requireSpace(const std::filesystem::path& folder, std::uint64_t bytes);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/hdf5/Hdf5Builder.h"

#include <fstream>
#include <iterator>

namespace heirloom::test {

bool patch(const std::filesystem::path& path, std::string_view from, std::string_view to) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto at = bytes.find(from);
    if (at == std::string::npos)
        return false;
    overwrite(path, at, to);
    return true;
}

void overwrite(const std::filesystem::path& path, std::size_t at, std::string_view to) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file.write(to.data(), static_cast<std::streamsize>(to.size()));
}

} // namespace heirloom::test

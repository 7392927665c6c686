// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/TestData.h"

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace heirloom::test {

std::filesystem::path dataFolder() {
    return std::filesystem::path(HEIRLOOM_SOURCE_DIR) / "tests" / "data";
}

std::optional<std::filesystem::path> foreignData(const std::string& relativePath) {
    std::error_code error;
    if (const char* folder = std::getenv("HEIRLOOM_TEST_DATA")) {
        auto path = std::filesystem::path(folder) / relativePath;
        if (std::filesystem::exists(path, error))
            return path;
    }
    auto path =
        std::filesystem::path(HEIRLOOM_SOURCE_DIR).parent_path() / "shared" / "data" / relativePath;
    if (std::filesystem::exists(path, error))
        return path;
    return std::nullopt;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "heirloom-test-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
        throw std::runtime_error("no temporary folder could be made");
    m_path = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(m_path, error);
}

} // namespace heirloom::test

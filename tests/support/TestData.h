// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace heirloom::test {

/// tests/data of the source tree.
[[nodiscard]] std::filesystem::path dataFolder();

/// A file of other people's data, which the project does not carry: looked for in $HEIRLOOM_TEST_DATA, then ../shared/data beside the source tree.
/// Empty when it is not there; such a test skips and says which file it wanted.
[[nodiscard]] std::optional<std::filesystem::path> foreignData(const std::string& relativePath);

/// A new, empty folder that is removed with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return m_path / name; }

private:
    std::filesystem::path m_path;
};

} // namespace heirloom::test

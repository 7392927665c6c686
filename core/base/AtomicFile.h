// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace heirloom {

/// Writes a whole new file or nothing: a temporary beside the target, every byte count checked,
/// fsync, rename, fsync of the folder. The old file stays as it was until commit() has succeeded; a
/// destroyed, uncommitted AtomicFile removes its temporary.
class AtomicFile {
public:
    [[nodiscard]] static Result<AtomicFile> create(const std::filesystem::path& target);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    [[nodiscard]] Status write(std::span<const std::byte> bytes);
    /// Overwrites earlier bytes (for a header that is known late); does not move the end.
    [[nodiscard]] Status writeAt(std::uint64_t offset, std::span<const std::byte> bytes);
    [[nodiscard]] std::uint64_t size() const { return m_size; }
    [[nodiscard]] const std::filesystem::path& temporary() const { return m_temporary; }
    [[nodiscard]] Status commit();

private:
    AtomicFile() = default;

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_file = -1;
    std::uint64_t m_size = 0;
};

/// AtomicFile in one call.
[[nodiscard]] Status writeFile(const std::filesystem::path& target,
                               std::span<const std::byte> bytes);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace heirloom {

/// Bytes that can be read at any offset, from many threads at once: a file (pread) or a block of
/// memory.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Size in bytes when opened.
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// Fills `out` from `offset`; an Error when fewer bytes are there than asked for.
    [[nodiscard]] virtual Status readAt(std::uint64_t offset, std::span<std::byte> out) const = 0;
    /// What errors call it: a path or "<memory>".
    [[nodiscard]] virtual std::string name() const = 0;
    /// An Error when the file was changed or cut since it was opened (size or modification time).
    [[nodiscard]] virtual Status unchanged() const { return {}; }
    /// What tells this file in this state from every other: device, number, size, time of change.
    /// Empty for memory.
    [[nodiscard]] virtual std::string identity() const { return {}; }
    /// The open file behind the bytes, read only, for another process to read it by; its position
    /// means nothing. Owned by this object; empty where the bytes are no file's.
    [[nodiscard]] virtual std::optional<int> descriptor() const { return std::nullopt; }
};

/// Regular files only (no FIFO, device or folder); read by pread, never mapped.
[[nodiscard]] Result<std::shared_ptr<const ByteSource>> openFile(const std::filesystem::path& path);

[[nodiscard]] std::shared_ptr<const ByteSource> memorySource(std::vector<std::byte> bytes,
                                                             std::string name = "<memory>");

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/ByteSource.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heirloom {
namespace {

bool lies(std::uint64_t offset, std::size_t length, std::uint64_t size) {
    return offset <= size && length <= size - offset;
}

class FileSource final : public ByteSource {
public:
    FileSource(int file, std::filesystem::path path, const struct stat& opened)
        : m_file(file), m_path(std::move(path)), m_size(static_cast<std::uint64_t>(opened.st_size)),
          m_changed(opened.st_mtim), m_device(opened.st_dev), m_number(opened.st_ino) {}
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;
    ~FileSource() override { ::close(m_file); }

    std::uint64_t size() const override { return m_size; }
    std::string name() const override { return m_path.string(); }
    std::string identity() const override {
        return fmt::format(
            "{}:{}:{}:{}.{}", m_device, m_number, m_size, m_changed.tv_sec, m_changed.tv_nsec);
    }
    std::optional<int> descriptor() const override { return m_file; }

    Status readAt(std::uint64_t offset, std::span<std::byte> out) const override {
        if (!lies(offset, out.size(), m_size))
            return fail(name(),
                        "{} bytes were wanted at byte {}, but the file has {} bytes",
                        out.size(),
                        offset,
                        m_size);
        while (!out.empty()) {
            const std::size_t block = std::min<std::size_t>(out.size(), std::size_t{1} << 30);
            const ssize_t got = ::pread(m_file, out.data(), block, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return fail(name(), "reading at byte {} failed: {}", offset, std::strerror(errno));
            if (got == 0)
                return std::unexpected(
                    Error{name(),
                          fmt::format("the file was cut to fewer than {} bytes while it was open",
                                      offset + 1),
                          "Open it again"});
            out = out.subspan(static_cast<std::size_t>(got));
            offset += static_cast<std::uint64_t>(got);
        }
        return {};
    }

    Status unchanged() const override {
        struct stat now{};
        if (::fstat(m_file, &now) != 0)
            return fail(name(), "the open file could not be looked at: {}", std::strerror(errno));
        if (static_cast<std::uint64_t>(now.st_size) != m_size ||
            now.st_mtim.tv_sec != m_changed.tv_sec || now.st_mtim.tv_nsec != m_changed.tv_nsec)
            return std::unexpected(
                Error{name(),
                      "the file was changed by another program while it was open",
                      "Open it again"});
        return {};
    }

private:
    int m_file;
    std::filesystem::path m_path;
    std::uint64_t m_size;
    struct timespec m_changed;
    dev_t m_device;
    ino_t m_number;
};

class MemorySource final : public ByteSource {
public:
    MemorySource(std::vector<std::byte> bytes, std::string name)
        : m_bytes(std::move(bytes)), m_name(std::move(name)) {}

    std::uint64_t size() const override { return m_bytes.size(); }
    std::string name() const override { return m_name; }

    Status readAt(std::uint64_t offset, std::span<std::byte> out) const override {
        if (!lies(offset, out.size(), m_bytes.size()))
            return fail(m_name,
                        "{} bytes were wanted at byte {}, but there are {} bytes",
                        out.size(),
                        offset,
                        m_bytes.size());
        std::copy_n(m_bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return {};
    }

private:
    std::vector<std::byte> m_bytes;
    std::string m_name;
};

} // namespace

Result<std::shared_ptr<const ByteSource>> openFile(const std::filesystem::path& path) {
    // Without O_NONBLOCK a FIFO would hold the caller until somebody writes to it.
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        const int number = errno;
        Error error{
            path.string(), fmt::format("the file cannot be opened: {}", std::strerror(number)), {}};
        if (number == ENOENT)
            error.advice = "Check the path";
        else if (number == EACCES)
            error.advice = "Ask for permission to read it";
        return std::unexpected(std::move(error));
    }
    struct stat found{};
    if (::fstat(file, &found) != 0) {
        const int number = errno;
        ::close(file);
        return fail(path.string(), "the file cannot be looked at: {}", std::strerror(number));
    }
    if (!S_ISREG(found.st_mode)) {
        ::close(file);
        if (S_ISDIR(found.st_mode))
            return std::unexpected(
                Error{path.string(), "this is a folder, not a file", "Choose a file inside it"});
        return fail(path.string(), "this is a device, pipe or socket, not a file");
    }
    return std::make_shared<const FileSource>(file, path, found);
}

std::shared_ptr<const ByteSource> memorySource(std::vector<std::byte> bytes, std::string name) {
    return std::make_shared<const MemorySource>(std::move(bytes), std::move(name));
}

} // namespace heirloom

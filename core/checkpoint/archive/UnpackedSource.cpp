// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/UnpackedSource.h"

#include "core/checkpoint/archive/DeflateStream.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace heirloom {
namespace {

/// A place to go back to every so many unpacked bytes. One costs some 40 KB.
constexpr std::uint64_t markDistance = std::uint64_t{4} << 20;

/// One compressed record.
class Record {
public:
    Record(std::shared_ptr<const ByteSource> file, const DeflatedBytes& bytes)
        : m_file(std::move(file)), m_bytes(bytes) {}

    Status readAt(std::uint64_t offset, std::span<std::byte> out) {
        const std::lock_guard lock(m_mutex);
        goTo(offset);
        std::array<std::byte, 16384> passed;
        while (m_stream->position() < offset) {
            const auto size = static_cast<std::size_t>(
                std::min<std::uint64_t>(passed.size(), offset - m_stream->position()));
            if (auto done = step(std::span(passed).first(size)); !done)
                return done;
        }
        while (!out.empty()) {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), untilMark()));
            if (auto done = step(out.first(size)); !done)
                return done;
            out = out.subspan(size);
        }
        return {};
    }

    std::uint64_t size() const { return m_bytes.size; }

private:
    std::uint64_t untilMark() const { return markDistance - m_stream->position() % markDistance; }

    /// Puts the stream at `offset` or before it, as near as may be.
    void goTo(std::uint64_t offset) {
        auto mark = m_marks.upper_bound(offset);
        const bool hasMark = mark != m_marks.begin();
        if (hasMark)
            --mark;
        if (m_stream && m_stream->position() <= offset &&
            (!hasMark || mark->first <= m_stream->position()))
            return;
        if (hasMark)
            m_stream.emplace(mark->second);
        else
            m_stream.emplace(m_file, m_bytes);
    }

    Status step(std::span<std::byte> out) {
        if (auto done = m_stream->read(out); !done) {
            m_stream.reset(); // a broken stream has no place to go on from
            return done;
        }
        const auto position = m_stream->position();
        if (position % markDistance == 0 && position < m_bytes.size)
            m_marks.try_emplace(position, *m_stream);
        return {};
    }

    std::shared_ptr<const ByteSource> m_file;
    DeflatedBytes m_bytes;
    std::mutex m_mutex;
    std::optional<DeflateStream> m_stream;
    std::map<std::uint64_t, DeflateStream> m_marks;
};

class Source final : public UnpackedSource {
public:
    explicit Source(std::shared_ptr<const ByteSource> file)
        : m_file(std::move(file)), m_size(m_file->size()) {}

    std::uint64_t size() const override { return m_size; }
    std::string name() const override { return m_file->name(); }
    Status unchanged() const override { return m_file->unchanged(); }
    std::string identity() const override { return m_file->identity(); }

    std::uint64_t add(const ZipEntry& entry) override {
        const std::uint64_t begin = m_size;
        m_records.emplace_back(
            begin,
            std::make_unique<Record>(
                m_file, DeflatedBytes{entry.dataOffset, entry.storedSize, entry.size, entry.crc}));
        m_size += entry.size;
        return begin;
    }

    Status readAt(std::uint64_t offset, std::span<std::byte> out) const override {
        if (offset <= m_file->size() && out.size() <= m_file->size() - offset)
            return m_file->readAt(offset, out);
        auto found = std::ranges::upper_bound(m_records, offset, {}, &Placed::first);
        if (found != m_records.begin()) {
            --found;
            const auto within = offset - found->first;
            if (within <= found->second->size() && out.size() <= found->second->size() - within)
                return found->second->readAt(within, out);
        }
        return fail(
            name(), "{} bytes were wanted at byte {}, outside its records", out.size(), offset);
    }

private:
    using Placed = std::pair<std::uint64_t, std::unique_ptr<Record>>;

    std::shared_ptr<const ByteSource> m_file;
    std::uint64_t m_size;
    std::vector<Placed> m_records; ///< in their order
};

} // namespace

std::shared_ptr<UnpackedSource> unpackedSource(std::shared_ptr<const ByteSource> file) {
    return std::make_shared<Source>(std::move(file));
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/DeflateStream.h"

#include <algorithm>
#include <array>
#include <new>

#include <zlib.h>

namespace heirloom {
namespace {

constexpr std::size_t inputBytes = 16384;

std::unexpected<Error> damaged(const ByteSource& file, std::string text) {
    return std::unexpected(
        Error{file.name(), std::move(text), "The file is damaged; get it again"});
}

} // namespace

struct DeflateStream::Zlib {
    z_stream stream{};
    std::array<Bytef, inputBytes> input;
};

DeflateStream::DeflateStream(std::shared_ptr<const ByteSource> file, const DeflatedBytes& bytes)
    : m_file(std::move(file)), m_bytes(bytes), m_zlib(std::make_unique<Zlib>()),
      m_crc(static_cast<std::uint32_t>(::crc32(0, nullptr, 0))) {
    if (::inflateInit2(&m_zlib->stream, -MAX_WBITS) != Z_OK)
        throw std::bad_alloc();
}

DeflateStream::DeflateStream(const DeflateStream& other)
    : m_file(other.m_file), m_bytes(other.m_bytes), m_zlib(std::make_unique<Zlib>()),
      m_taken(other.m_taken), m_position(other.m_position), m_crc(other.m_crc),
      m_isOver(other.m_isOver) {
    z_stream& from = other.m_zlib->stream;
    if (::inflateCopy(&m_zlib->stream, &from) != Z_OK)
        throw std::bad_alloc();
    // What zlib has not used yet is read again from the file, so the input need not be copied.
    m_taken -= from.avail_in;
    m_zlib->stream.avail_in = 0;
    m_zlib->stream.next_in = nullptr;
}

DeflateStream::~DeflateStream() { ::inflateEnd(&m_zlib->stream); }

Status DeflateStream::refill() {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(inputBytes, m_bytes.storedSize - m_taken));
    if (size == 0)
        return damaged(*m_file,
                       fmt::format("the compressed record at byte {} ends early", m_bytes.begin));
    if (auto read = m_file->readAt(m_bytes.begin + m_taken,
                                   std::as_writable_bytes(std::span(m_zlib->input)).first(size));
        !read)
        return read;
    m_taken += size;
    m_zlib->stream.next_in = m_zlib->input.data();
    m_zlib->stream.avail_in = static_cast<uInt>(size);
    return {};
}

Status DeflateStream::read(std::span<std::byte> out) {
    z_stream& stream = m_zlib->stream;
    while (!out.empty()) {
        if (m_isOver)
            return damaged(*m_file,
                           fmt::format("the compressed record at byte {} unpacks to {} bytes; {} "
                                       "were announced",
                                       m_bytes.begin,
                                       m_position,
                                       m_bytes.size));
        if (stream.avail_in == 0)
            if (auto done = refill(); !done)
                return done;
        const std::size_t wanted = std::min<std::size_t>(out.size(), std::size_t{1} << 30);
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(wanted);
        const int answer = ::inflate(&stream, Z_NO_FLUSH);
        if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR)
            return damaged(
                *m_file, fmt::format("the compressed record at byte {} is broken", m_bytes.begin));
        const std::size_t made = wanted - stream.avail_out;
        m_crc = static_cast<std::uint32_t>(
            ::crc32_z(m_crc, reinterpret_cast<const Bytef*>(out.data()), made));
        m_position += made;
        out = out.subspan(made);
        m_isOver = answer == Z_STREAM_END;
    }
    return m_position == m_bytes.size ? finish() : Status();
}

Status DeflateStream::finish() {
    z_stream& stream = m_zlib->stream;
    std::array<Bytef, 1> more{};
    while (!m_isOver) {
        if (stream.avail_in == 0)
            if (auto done = refill(); !done)
                return done;
        stream.next_out = more.data();
        stream.avail_out = 1;
        const int answer = ::inflate(&stream, Z_NO_FLUSH);
        if (stream.avail_out == 0 || (answer != Z_OK && answer != Z_STREAM_END))
            return damaged(*m_file,
                           fmt::format("the compressed record at byte {} unpacks to more than the "
                                       "{} bytes that were announced",
                                       m_bytes.begin,
                                       m_bytes.size));
        m_isOver = answer == Z_STREAM_END;
    }
    if (m_bytes.crc != 0 && m_crc != m_bytes.crc)
        return damaged(*m_file,
                       fmt::format("the compressed record at byte {} does not match its checksum "
                                   "(CRC-32)",
                                   m_bytes.begin));
    return {};
}

} // namespace heirloom

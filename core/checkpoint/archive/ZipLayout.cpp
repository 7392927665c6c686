// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/ZipLayout.h"

#include "core/base/Crc32.h"
#include "core/base/LittleEndian.h"

#include <cassert>
#include <utility>

namespace heirloom {
namespace {

constexpr std::uint64_t inZip64 = 0xffffffffU;
constexpr std::uint64_t alignment = 64;
constexpr std::uint16_t utf8Flag = 0x0800;
constexpr std::uint16_t dosDay = 0x0021; // 1 January 1980, the first day that zip files know

using Bytes = std::vector<std::byte>;

std::uint32_t narrow(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min(value, inZip64));
}

void append(Bytes& bytes, const std::string& text) {
    for (const char c : text)
        bytes.push_back(static_cast<std::byte>(c));
}

/// The zip64 extra field: the numbers that do not fit, in the order of the format.
Bytes zip64Field(std::initializer_list<std::uint64_t> values) {
    Bytes numbers;
    for (const std::uint64_t value : values)
        if (value >= inZip64)
            appendNumber(numbers, value);
    if (numbers.empty())
        return {};
    Bytes field;
    appendNumber(field, std::uint16_t{1});
    appendNumber(field, static_cast<std::uint16_t>(numbers.size()));
    field.insert(field.end(), numbers.begin(), numbers.end());
    return field;
}

/// Fields common to a local and a central header: version needed to CRC and sizes.
void appendCommon(Bytes& bytes,
                  bool isLarge,
                  std::uint32_t crc,
                  std::uint64_t size,
                  std::size_t nameSize,
                  std::size_t extraSize) {
    appendNumber(bytes, std::uint16_t{isLarge ? std::uint16_t{45} : std::uint16_t{20}});
    appendNumber(bytes, utf8Flag);
    appendNumber(bytes, std::uint16_t{0}); // stored
    appendNumber(bytes, std::uint16_t{0}); // midnight
    appendNumber(bytes, dosDay);
    appendNumber(bytes, crc);
    appendNumber(bytes, narrow(size));
    appendNumber(bytes, narrow(size));
    appendNumber(bytes, static_cast<std::uint16_t>(nameSize));
    appendNumber(bytes, static_cast<std::uint16_t>(extraSize));
}

} // namespace

std::vector<std::byte> ZipLayout::header(const Record& record) {
    Bytes extra = zip64Field({record.size, record.size});
    // PyTorch's own padding field: "FB", a length, and as many Z as it takes.
    const std::uint64_t unpadded = record.offset + 30 + record.name.size() + extra.size() + 4;
    const std::uint64_t padding = (alignment - unpadded % alignment) % alignment;
    append(extra, "FB");
    appendNumber(extra, static_cast<std::uint16_t>(padding));
    append(extra, std::string(static_cast<std::size_t>(padding), 'Z'));

    Bytes header;
    appendNumber(header, std::uint32_t{0x04034b50});
    appendCommon(
        header, record.size >= inZip64, record.crc, record.size, record.name.size(), extra.size());
    append(header, record.name);
    header.insert(header.end(), extra.begin(), extra.end());
    return header;
}

std::size_t ZipLayout::add(const std::string& name, std::vector<std::byte> data) {
    const std::size_t record = addLater(name, data.size());
    setData(record, std::move(data));
    return record;
}

std::size_t ZipLayout::addLater(const std::string& name, std::uint64_t size) {
    m_records.push_back({name, m_end, size, 0, std::nullopt});
    m_end = dataOffset(m_records.size() - 1) + size;
    return m_records.size() - 1;
}

std::uint64_t ZipLayout::dataOffset(std::size_t record) const {
    return m_records[record].offset + header(m_records[record]).size();
}

std::uint64_t ZipLayout::size() const { return m_end + directory().size(); }

void ZipLayout::setCrc(std::size_t record, std::uint32_t crc) { m_records[record].crc = crc; }

void ZipLayout::setData(std::size_t record, std::vector<std::byte> data) {
    assert(data.size() == m_records[record].size);
    m_records[record].crc = crc32(data);
    m_records[record].data = std::move(data);
}

Status ZipLayout::write(AtomicFile& file) const {
    for (const Record& record : m_records) {
        Bytes bytes = header(record);
        if (record.data)
            bytes.insert(bytes.end(), record.data->begin(), record.data->end());
        if (auto done = file.writeAt(record.offset, bytes); !done)
            return done;
    }
    return file.writeAt(m_end, directory());
}

std::vector<std::byte> ZipLayout::directory() const {
    const std::uint64_t begin = m_end;
    Bytes directory;
    for (const Record& record : m_records) {
        const Bytes extra = zip64Field({record.size, record.size, record.offset});
        appendNumber(directory, std::uint32_t{0x02014b50});
        appendNumber(directory, std::uint16_t{45}); // made by
        appendCommon(
            directory, !extra.empty(), record.crc, record.size, record.name.size(), extra.size());
        appendNumber(directory, std::uint16_t{0}); // comment
        appendNumber(directory, std::uint16_t{0}); // disk
        appendNumber(directory, std::uint16_t{0}); // internal attributes
        appendNumber(directory, std::uint32_t{0}); // external attributes
        appendNumber(directory, narrow(record.offset));
        append(directory, record.name);
        directory.insert(directory.end(), extra.begin(), extra.end());
    }
    const std::uint64_t size = directory.size();
    const std::uint64_t count = m_records.size();
    if (begin >= inZip64 || size >= inZip64 || count >= 0xffff) {
        appendNumber(directory, std::uint32_t{0x06064b50});
        appendNumber(directory, std::uint64_t{44}); // what follows of this record
        appendNumber(directory, std::uint16_t{45});
        appendNumber(directory, std::uint16_t{45});
        appendNumber(directory, std::uint32_t{0});
        appendNumber(directory, std::uint32_t{0});
        appendNumber(directory, count);
        appendNumber(directory, count);
        appendNumber(directory, size);
        appendNumber(directory, begin);
        appendNumber(directory, std::uint32_t{0x07064b50});
        appendNumber(directory, std::uint32_t{0});
        appendNumber(directory, begin + size);
        appendNumber(directory, std::uint32_t{1});
    }
    const auto shortCount = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, 0xffff));
    appendNumber(directory, std::uint32_t{0x06054b50});
    appendNumber(directory, std::uint32_t{0}); // disks
    appendNumber(directory, shortCount);
    appendNumber(directory, shortCount);
    appendNumber(directory, narrow(size));
    appendNumber(directory, narrow(begin));
    appendNumber(directory, std::uint16_t{0}); // comment
    return directory;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/FileBuilder.h"

#include "core/base/Crc32.h"
#include "core/checkpoint/OpenCheckpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace heirloom::test {

using namespace std::string_literals;

std::string number(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
    return text;
}

std::string safetensorsFile(std::string_view header, std::size_t dataSize) {
    return number(header.size(), 8) + std::string(header) + std::string(dataSize, 'd');
}

std::string zipFile(const std::vector<ZipRecord>& records, const ZipLies& lies) {
    std::string file;
    std::string directory;
    for (const ZipRecord& record : records) {
        const std::uint32_t crc = crc32(std::as_bytes(std::span(record.data))) ^ record.crcLie;
        const std::uint64_t stored = record.data.size();
        const std::uint64_t unpacked = stored + static_cast<std::uint64_t>(record.unpackedLie);
        const std::string& localName = record.localName.empty() ? record.name : record.localName;
        const std::uint64_t offset = file.size() + static_cast<std::uint64_t>(record.offsetLie);
        const std::string common =
            number(20, 2) + number(record.flags, 2) + number(record.method, 2) + number(0, 4);
        directory += "PK\x01\x02" + number(20, 2) + common + number(crc, 4) +
                     number(stored + static_cast<std::uint64_t>(record.sizeLie), 4) +
                     number(unpacked + static_cast<std::uint64_t>(record.sizeLie), 4) +
                     number(record.name.size(), 2) + number(0, 12) + number(offset, 4) +
                     record.name;
        file += "PK\x03\x04" + common + number(crc ^ record.localCrcLie, 4) + number(stored, 4) +
                number(unpacked, 4) + number(localName.size(), 2) + number(0, 2) + localName +
                record.data;
    }
    const std::uint64_t begin = file.size() + static_cast<std::uint64_t>(lies.directoryBegin);
    const std::uint64_t count = records.size() + static_cast<std::uint64_t>(lies.count);
    file += directory;
    if (lies.hasEnd)
        file += "PK\x05\x06" + number(0, 4) + number(count, 2) + number(count, 2) +
                number(directory.size(), 4) + number(begin, 4) + number(lies.comment.size(), 2) +
                lies.comment;
    return file;
}

TensorPickle::TensorPickle() { offset = integer(0); }

std::string TensorPickle::text() const {
    return rebuilder + "((" + shortText("storage") + storageType + key + shortText("cpu") + count +
           view + "tQ" + offset + shape + strides +
           "\x89"
           "ccollections\nOrderedDict\n)RtR";
}

std::string shortText(std::string_view text) {
    return "X" + number(text.size(), 4) + std::string(text);
}

std::string integer(std::int64_t value) {
    return "\x8a\x08" + number(static_cast<std::uint64_t>(value), 8);
}

std::string dictOf(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string made = "}(";
    for (const auto& [key, value] : pairs)
        made += shortText(key) + value;
    return made + "u";
}

std::string dictPickle(const std::string& tensor) {
    return "\x80\x02}" + shortText("w") + tensor + "s.";
}

std::string torchZip(const std::string& pickle, std::size_t storageBytes) {
    return zipFile({{"archive/data.pkl", pickle},
                    {"archive/byteorder", "little"},
                    {"archive/data/0", std::string(storageBytes, 'f')},
                    {"archive/version", "3\n"}});
}

std::string legacyHead() {
    return "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}"s +
           shortText("little_endian") + "\x88s.";
}

std::string legacyFile(const std::string& pickle) {
    return legacyHead() + pickle +
           "\x80\x02]U\x01"
           "0a." +
           number(6, 8) + std::string(24, 'f');
}

namespace {

/// The file that a test opened last, under its name, for other programs to try.
void keep(const std::string& bytes, const std::filesystem::path& folder) {
    const auto* const running = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = fmt::format("{}.{}", running->test_suite_name(), running->name());
    std::ranges::replace(name, '/', '_');
    std::ofstream(folder / name, std::ios::binary) << bytes;
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openText(const std::string& bytes,
                                                   const OpenOptions& options) {
    if (const char* folder = std::getenv("HEIRLOOM_TEST_SPECIMENS"))
        keep(bytes, folder);
    const auto view = std::as_bytes(std::span(bytes));
    return openCheckpointBytes(memorySource({view.begin(), view.end()}), {}, options);
}

void openAndReadAll(const std::string& bytes) {
    if (const auto opened = openText(bytes))
        static_cast<void>((*opened)->readAll());
}

} // namespace heirloom::test

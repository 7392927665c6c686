// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/pytorch/TarBuilder.h"

#include "tests/core/checkpoint/FileBuilder.h"

#include <fmt/format.h>

namespace heirloom::test {

using namespace std::string_literals;

namespace {

constexpr std::size_t blockSize = 512;

std::string padded(std::string text, std::size_t size) {
    text.resize(size, '\0');
    return text;
}

std::string header(const TarMember& member) {
    const std::string size =
        member.size.empty() ? fmt::format("{:011o}", member.data.size()) : member.size;
    std::string made = padded(member.name, 100) + "0000644\0"s + "0000000\0"s + "0000000\0"s +
                       padded(size, 12) + padded("00000000000", 12) + "        " + member.type +
                       padded("", 100) +
                       (member.magic.empty() ? "ustar\0"s
                                               "00"s
                                             : member.magic) +
                       padded("", 32 + 32 + 8 + 8) + padded(member.prefix, 155);
    made = padded(made, blockSize);
    std::int64_t sum = member.checkLie;
    for (const char c : made)
        sum += static_cast<unsigned char>(c);
    made.replace(148, 8, padded(fmt::format("{:06o}", sum), 7) + " ");
    return made;
}

} // namespace

std::string tarFile(const std::vector<TarMember>& members, bool hasEnd) {
    std::string file;
    for (const TarMember& member : members) {
        file += header(member) + member.data;
        if (member.hasPadding)
            file.resize((file.size() + blockSize - 1) / blockSize * blockSize, '\0');
    }
    return hasEnd ? file + std::string(2 * blockSize, '\0') : file;
}

std::string paxRecord(const std::string& key, const std::string& value) {
    const std::string rest = " " + key + "=" + value + "\n";
    std::size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length)
        ++length;
    return std::to_string(length) + rest;
}

TarParts::TarParts()
    : system("\x80\x02}" + shortText("little_endian") + "\x88s."), storageCount("\x80\x02K\x01."),
      storage("\x80\x02" + shortText("0") + shortText("cpu") + "ctorch\nFloatStorage\n\x87."),
      elementBytes(24, 'f'), views("\x80\x02]."), tensorCount("\x80\x02K\x01."),
      tensor("\x80\x02K\x07" + shortText("0") + "ctorch\nFloatTensor\n\x87."),
      state("\x80\x02}" + shortText("w") + "K\x07Qs.") {}

std::vector<TarMember> TarParts::members() const {
    std::string tensors = tensorCount + tensor;
    for (const std::int64_t value : numbers)
        tensors += number(static_cast<std::uint64_t>(value), 8);
    return {{"sys_info", system},
            {"pickle", state},
            {"tensors", tensors},
            {"storages",
             storageCount + storage + number(static_cast<std::uint64_t>(elements), 8) +
                 elementBytes + views}};
}

std::string tarOf(const TarParts& parts) { return tarFile(parts.members()); }

} // namespace heirloom::test

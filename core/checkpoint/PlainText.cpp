// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/PlainText.h"

#include <algorithm>
#include <cstdint>

namespace heirloom {

bool isPlainUtf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80                    ? 1
                                   : first >= 0xc2 && first < 0xe0 ? 2
                                   : first >= 0xe0 && first < 0xf0 ? 3
                                   : first >= 0xf0 && first < 0xf5 ? 4
                                                                   : 0;
        if (length == 0 || first == 0 || length > text.size() - i)
            return false;
        std::uint32_t point = length == 1 ? first : first & (0xffU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            const auto byte = static_cast<unsigned char>(text[i + k]);
            if ((byte & 0xc0) != 0x80)
                return false;
            point = point << 6 | (byte & 0x3fU);
        }
        const bool isOverlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
        if (isOverlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
        i += length;
    }
    return true;
}

std::string harmlessText(std::string_view text) {
    constexpr std::size_t longest = 600;
    std::string out(text);
    if (!isPlainUtf8(out))
        std::replace_if(
            out.begin(),
            out.end(),
            [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
            '?');
    std::replace_if(
        out.begin(),
        out.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
        '?');
    if (out.size() > longest) {
        std::size_t end = longest;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80)
            --end;
        out = out.substr(0, end) + "...";
    }
    return out;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heirloom::test {

/// One member of a tar; the fields are what a test may want to lie about.
struct TarMember {
    std::string name;
    std::string data;
    char type = '0';
    std::string size = {};     ///< the size's field, instead of octal digits
    std::int64_t checkLie = 0; ///< added to the checksum
    std::string magic = {};    ///< instead of "ustar\0" "00"
    std::string prefix = {};   ///< of the name
    bool hasPadding = true;    ///< to a whole block
};

[[nodiscard]] std::string tarFile(const std::vector<TarMember>& members, bool hasEnd = true);

/// "LENGTH key=value\n".
[[nodiscard]] std::string paxRecord(const std::string& key, const std::string& value);

/// The members of a torch 0.1 file with one tensor 'w' of 2 x 3 floats; every part can be replaced.
struct TarParts {
    std::string system; ///< pickles ...
    std::string storageCount;
    std::string storage;
    std::int64_t elements = 6;
    std::string elementBytes; ///< 24 of them
    std::string views;
    std::string tensorCount;
    std::string tensor;
    std::vector<std::int64_t> numbers = {2, 2, 3, 3, 1, 0}; ///< axes, sizes, strides, offset
    std::string state;

    TarParts();
    [[nodiscard]] std::vector<TarMember> members() const;
};

[[nodiscard]] std::string tarOf(const TarParts& parts);

} // namespace heirloom::test

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace heirloom {

/// One option of a registered rule, as data, so that the window, the command line and the documents
/// are made from it.
struct RuleOption {
    std::string_view name;     ///< "position"
    std::string_view standard; ///< its value when not written: "first"; empty: no fixed one
    std::string_view values; ///< allowed words parted by '|' ("first|centre|last"), or what kind of
                             ///< value in words: "a whole number"
    std::string_view meaning; ///< one line
};

} // namespace heirloom

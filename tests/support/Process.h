// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace heirloom::test {

struct ProcessAnswer {
    int exitCode = -1; ///< 128 + signal when killed
    std::string output;
    std::string errors;
};

/// Runs a program to its end and takes what it printed. `words[0]` is its path.
[[nodiscard]] ProcessAnswer runProcess(const std::vector<std::string>& words);

} // namespace heirloom::test

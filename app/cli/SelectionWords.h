// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heirloom::cli {

/// The words with which a selection is written on a command line.
struct SelectionWords {
    std::string layers = "first";
    std::string element = "uniform";
    std::vector<std::string> set; ///< "SPACE=R"
    std::string weights = "copy";
    std::vector<std::string> setWeights; ///< "PARAMETER=W"
    std::string growth = "none";
    bool asPublished = false;
    std::uint64_t seed = 0;

    void addTo(CLI::App& command);
    [[nodiscard]] Result<SelectionOptions> options() const;
    /// Whether any of the words was given, so that a recipe would contradict it.
    [[nodiscard]] bool areGiven() const { return m_command && anyGiven(); }

private:
    [[nodiscard]] bool anyGiven() const;
    CLI::App* m_command = nullptr;
};

} // namespace heirloom::cli

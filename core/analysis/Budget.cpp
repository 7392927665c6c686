// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/Advisor.h"
#include "core/model/OpenedModel.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace heirloom {
namespace {

using Unit = std::pair<std::string_view, double>;
/// With or without B: "25MB", "25M".
constexpr std::array<Unit, 9> units = {Unit{"", 1},
                                       {"k", 1e3},
                                       {"K", 1e3},
                                       {"M", 1e6},
                                       {"G", 1e9},
                                       {"T", 1e12},
                                       {"Ki", 1024.0},
                                       {"Mi", 1048576.0},
                                       {"Gi", 1073741824.0}};

std::optional<std::int64_t> parseAmount(std::string_view text, bool inBytes) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || !std::isfinite(value))
        return std::nullopt;
    auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (inBytes && unit.ends_with('B'))
        unit.remove_suffix(1);
    const auto found = std::ranges::find(units, unit, &Unit::first);
    if (found == units.end())
        return std::nullopt;
    const double amount = value * found->second;
    if (!(amount >= 1) || amount > 9e18)
        return std::nullopt;
    return static_cast<std::int64_t>(amount);
}

void raise(double& used, const std::optional<std::int64_t>& budget, std::int64_t cost) {
    if (budget)
        used = std::max(used, static_cast<double>(cost) / static_cast<double>(*budget));
}

} // namespace

double Budget::used(const ModelCost& cost) const {
    double most = 0;
    raise(most, parameters, cost.parameters);
    raise(most, macs, cost.macs);
    raise(most, bytes, cost.bytes);
    return most;
}

Result<Budget> parseBudget(std::string_view text) {
    Budget budget;
    const auto refuse = [&](std::string what) {
        return std::unexpected(Error{"budget \"" + std::string(text.substr(0, 128)) + "\"",
                                     std::move(what),
                                     "Write for example params=6M, macs=1.3G or bytes=25MB"});
    };
    for (std::size_t start = 0; start <= text.size();) {
        const auto end = std::min(text.find(',', start), text.size());
        const auto part = text.substr(start, end - start);
        start = end + 1;
        const auto equals = std::min(part.find('='), part.size());
        const auto name = part.substr(0, equals);
        auto* target = name == "params" || name == "parameters" ? &budget.parameters
                       : name == "macs"                         ? &budget.macs
                       : name == "bytes"                        ? &budget.bytes
                                                                : nullptr;
        if (!target)
            return refuse(fmt::format("expected params, macs or bytes, found '{}'", name));
        if (*target)
            return refuse(fmt::format("{} is given twice", name));
        *target =
            parseAmount(part.substr(std::min(equals + 1, part.size())), target == &budget.bytes);
        if (!*target)
            return refuse(fmt::format("expected a number of at least 1 like 6M after {}=", name));
    }
    return budget;
}

std::string budgetText(const Budget& budget) {
    std::vector<std::string> parts;
    if (budget.parameters)
        parts.push_back(shortCountText(*budget.parameters) + " parameters");
    if (budget.macs)
        parts.push_back(shortCountText(*budget.macs) + " MACs");
    if (budget.bytes)
        parts.push_back(byteCountText(*budget.bytes));
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace heirloom

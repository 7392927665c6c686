// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ScaledRowSearch.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace heirloom {
namespace {

constexpr std::size_t ValuesPerRow = 64;
constexpr std::size_t FewestValues = 8;
constexpr int MostDivisor = 8;            ///< Net2Net copies of one unit that are looked for
constexpr std::size_t FilterWords = 2048; ///< 16 KiB: stays in the first cache
/// Low bits that are left out of a filter's key: neighbouring keys are 2^-15 apart.
constexpr unsigned KeyShift = 8;

std::size_t slot(std::uint32_t key) {
    return (key * 0x9e3779b1U) >> (32U - static_cast<unsigned>(std::countr_zero(FilterWords * 64)));
}

bool isUsable(float value) { return std::isfinite(value) && std::abs(value) > 1e-30F; }

} // namespace

int ScaledRowSearch::add(std::span<const float> row) {
    std::vector<float> values;
    const std::size_t taken = std::min(row.size(), ValuesPerRow);
    for (std::size_t i = 0; i < taken; ++i)
        if (const float value = row[i * row.size() / taken]; isUsable(value))
            values.push_back(value);
    std::ranges::sort(values, std::greater<>(), [](float value) { return std::abs(value); });
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() < FewestValues)
        return -1;
    m_asked.push_back({std::move(values), row.size()});
    return size() - 1;
}

void ScaledRowSearch::fill(std::span<const float> teacherRow, int divisors) {
    m_filter.assign(FilterWords, 0);
    m_sorted.clear();
    const auto mark = [&](float value) {
        const std::size_t at = slot(std::bit_cast<std::uint32_t>(value) >> KeyShift);
        m_filter[at / 64] |= std::uint64_t{1} << (at % 64);
    };
    const auto low = static_cast<float>(1 - 2 * m_tolerance);
    const auto high = static_cast<float>(1 + 2 * m_tolerance);
    for (const float value : teacherRow) {
        if (!isUsable(value))
            continue;
        for (int divisor = 1; divisor <= divisors; ++divisor) {
            const float part = value / static_cast<float>(divisor);
            mark(part * low);
            mark(part);
            mark(part * high);
        }
    }
}

bool ScaledRowSearch::mayHave(float value) const {
    const std::size_t at = slot(std::bit_cast<std::uint32_t>(value) >> KeyShift);
    return (m_filter[at / 64] >> (at % 64) & 1U) != 0;
}

bool ScaledRowSearch::has(float value) const {
    const double reach = 2 * m_tolerance * std::abs(static_cast<double>(value));
    const auto found =
        std::ranges::lower_bound(m_sorted, static_cast<float>(static_cast<double>(value) - reach));
    return found != m_sorted.end() && static_cast<double>(*found) <= value + reach;
}

bool ScaledRowSearch::fits(const Asked& asked, double factor) const {
    const auto met = std::ranges::count_if(asked.values, [&](float value) {
        return has(static_cast<float>(static_cast<double>(value) / factor));
    });
    return static_cast<std::size_t>(met) + asked.values.size() / 16 >= asked.values.size();
}

bool ScaledRowSearch::fitsWidened(const Asked& asked) const {
    const auto met = std::ranges::count_if(asked.values, [&](float value) {
        for (int divisor = 1; divisor <= MostDivisor; ++divisor)
            if (has(value * static_cast<float>(divisor)))
                return true;
        return false;
    });
    return static_cast<std::size_t>(met) + asked.values.size() / 8 >= asked.values.size();
}

void ScaledRowSearch::look(std::span<const float> teacherRow, std::vector<Found>& found) {
    const auto widened = [&](const Asked& asked) { return asked.rowSize > teacherRow.size(); };
    const auto sort = [&] {
        if (!m_sorted.empty())
            return;
        std::ranges::copy_if(teacherRow, std::back_inserter(m_sorted), isUsable);
        std::ranges::sort(m_sorted);
    };
    const bool anyWidened = std::ranges::any_of(m_asked, widened);
    const bool anyScaled = !std::ranges::all_of(m_asked, widened);
    if (anyWidened) {
        fill(teacherRow, MostDivisor);
        for (std::size_t number = 0; number < m_asked.size(); ++number) {
            const Asked& asked = m_asked[number];
            if (!widened(asked))
                continue;
            const auto maybe =
                std::ranges::count_if(asked.values, [&](float value) { return mayHave(value); });
            if (static_cast<std::size_t>(maybe) * 8 < asked.values.size() * 7)
                continue;
            sort();
            if (fitsWidened(asked))
                found.push_back({static_cast<int>(number), 1});
        }
    }
    if (!anyScaled)
        return;
    fill(teacherRow, 1);
    for (std::size_t number = 0; number < m_asked.size(); ++number) {
        const Asked& asked = m_asked[number];
        if (widened(asked))
            continue;
        const float second = asked.values[1] / asked.values[0];
        const float third = asked.values[2] / asked.values[0];
        for (const float value : teacherRow) {
            // A positive factor keeps signs.
            if (!mayHave(value * second) || (value < 0) != (asked.values[0] < 0) ||
                !mayHave(value * third) || !isUsable(value))
                continue;
            sort();
            const double factor = static_cast<double>(asked.values[0]) / value;
            if (fits(asked, factor)) {
                found.push_back({static_cast<int>(number), factor});
                break;
            }
        }
    }
}

} // namespace heirloom

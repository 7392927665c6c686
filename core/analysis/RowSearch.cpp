// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/RowSearch.h"

#include <algorithm>

namespace heirloom {
namespace {

constexpr std::size_t ValuesPerRow = 64;
/// A row with fewer different values (all zero, a dead channel) would be found everywhere.
constexpr std::size_t FewestValues = 3;

std::vector<std::uint32_t> differentValues(std::span<const std::uint32_t> row) {
    std::vector<std::uint32_t> values;
    const std::size_t taken = std::min(row.size(), ValuesPerRow);
    for (std::size_t i = 0; i < taken; ++i)
        values.push_back(row[i * row.size() / taken]);
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

} // namespace

RowSearch::RowSearch() : m_filter(FilterBits / 64, 0), m_first(FilterBits, -1) {}

int RowSearch::add(std::span<const std::uint32_t> row) {
    const std::vector<std::uint32_t> values = differentValues(row);
    if (values.size() < FewestValues)
        return -1;
    const int number = size();
    for (const std::uint32_t value : values) {
        const std::uint32_t bucket = bucketOf(value);
        m_filter[bucket / 64] |= std::uint64_t{1} << (bucket % 64);
        m_entries.push_back({value, number, -1, m_first[bucket]});
        m_first[bucket] = static_cast<int>(m_entries.size()) - 1;
    }
    m_wanted.push_back(static_cast<int>(values.size()));
    m_count.push_back(0);
    m_countOf.push_back(-1);
    return number;
}

void RowSearch::look(std::span<const std::uint32_t> teacherRow, std::vector<int>& found) {
    ++m_teacherRow;
    for (const std::uint32_t value : teacherRow) {
        const std::uint32_t bucket = bucketOf(value);
        if (!(m_filter[bucket / 64] >> (bucket % 64) & 1U))
            continue;
        for (int at = m_first[bucket]; at >= 0; at = m_entries[static_cast<std::size_t>(at)].next) {
            Entry& entry = m_entries[static_cast<std::size_t>(at)];
            if (entry.value != value || entry.seenIn == m_teacherRow)
                continue;
            entry.seenIn = m_teacherRow;
            const auto row = static_cast<std::size_t>(entry.row);
            m_count[row] = m_countOf[row] == m_teacherRow ? m_count[row] + 1 : 1;
            m_countOf[row] = m_teacherRow;
            if (m_count[row] == m_wanted[row])
                found.push_back(entry.row);
        }
    }
}

std::vector<std::int64_t> rowsToSearch(std::span<const std::uint32_t> values,
                                       std::int64_t rows,
                                       std::int64_t rowSize,
                                       int count) {
    std::vector<std::int64_t> chosen;
    const auto usable = [&](std::int64_t row) {
        const auto slice = values.subspan(static_cast<std::size_t>(row * rowSize),
                                          static_cast<std::size_t>(rowSize));
        return differentValues(slice).size() >= FewestValues;
    };
    const std::int64_t stretches = std::min<std::int64_t>(count, rows);
    for (std::int64_t i = 0; i < stretches; ++i) {
        const std::int64_t last = (i + 1) * rows / stretches;
        for (std::int64_t row = i * rows / stretches; row < last; ++row)
            if (usable(row)) {
                chosen.push_back(row);
                break;
            }
    }
    return chosen;
}

} // namespace heirloom

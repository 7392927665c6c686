// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace heirloom {

/// Looks for teacher rows that hold all values of a student row, whatever their order: the first
/// hold on a selection of which neither rows nor columns are known. Few student rows are asked for
/// and many teacher elements looked at, so each element costs one look into a small filter.
class RowSearch {
public:
    RowSearch();

    /// Adds a student row by (at most 64 of) its values. \return its number, or -1 when it has too
    /// few different values to be recognised
    int add(std::span<const std::uint32_t> row);
    [[nodiscard]] int size() const { return static_cast<int>(m_wanted.size()); }
    /// Appends to `found` the numbers of the student rows all of whose values lie in this teacher
    /// row.
    void look(std::span<const std::uint32_t> teacherRow, std::vector<int>& found);

private:
    struct Entry {
        std::uint32_t value = 0;
        int row = 0;
        std::int64_t seenIn = -1; ///< number of the teacher row in which the value was last seen
        int next = -1;            ///< another entry of the same bucket
    };

    static constexpr std::size_t FilterBits = 1U << 18U;

    [[nodiscard]] static std::uint32_t bucketOf(std::uint32_t value) {
        return (value * 0x9e3779b1U) >> 14U;
    }

    std::vector<std::uint64_t> m_filter;
    std::vector<int> m_first; ///< bucket -> entry, -1 none
    std::vector<Entry> m_entries;
    std::vector<int> m_wanted; ///< different values of each student row
    std::vector<int> m_count;  ///< of them, seen in the current teacher row
    std::vector<std::int64_t> m_countOf;
    std::int64_t m_teacherRow = -1;
};

/// Up to `count` rows of a rows × rowSize grid, spread over it, that have enough different values
/// to be recognised.
[[nodiscard]] std::vector<std::int64_t> rowsToSearch(std::span<const std::uint32_t> values,
                                                     std::int64_t rows,
                                                     std::int64_t rowSize,
                                                     int count);

} // namespace heirloom

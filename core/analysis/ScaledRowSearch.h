// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace heirloom {

/// Looks for teacher rows of which a student row is a selection times one unknown positive factor,
/// whatever the order: RowSearch for scaled and slightly disturbed copies.
///
/// Ratios of values do not change with a factor. Each element of a teacher row is taken for the
/// student row's largest value in turn; two more values must then be in the row too, and after them
/// all that are looked for. A student row that is wider than the teacher's is looked for as one
/// widened by Net2Net: each of its values is a value of the teacher's row, or that divided by a
/// small whole number.
class ScaledRowSearch {
public:
    /// \param tolerance relative, of one value
    explicit ScaledRowSearch(double tolerance) : m_tolerance(tolerance) {}

    /// \return the row's number, or -1 when it has too few different values to be recognised
    int add(std::span<const float> row);
    [[nodiscard]] int size() const { return static_cast<int>(m_asked.size()); }

    struct Found {
        int row = 0;       ///< number from add()
        double factor = 1; ///< student = factor × teacher; 1 for a widened row
    };
    /// Appends the student rows that lie in this teacher row.
    void look(std::span<const float> teacherRow, std::vector<Found>& found);

    /// Whether rows of this many values are thin enough for values to tell them apart.
    [[nodiscard]] static bool canTell(std::int64_t teacherRowSize, double tolerance) {
        return static_cast<double>(teacherRowSize) * tolerance < 0.1;
    }

private:
    struct Asked {
        std::vector<float> values; ///< largest first, by magnitude
        std::size_t rowSize = 0;   ///< of the student
    };

    void fill(std::span<const float> teacherRow, int divisors);
    [[nodiscard]] bool mayHave(float value) const;
    [[nodiscard]] bool has(float value) const;
    [[nodiscard]] bool fits(const Asked& asked, double factor) const;
    [[nodiscard]] bool fitsWidened(const Asked& asked) const;

    double m_tolerance;
    std::vector<Asked> m_asked;
    std::vector<std::uint64_t> m_filter;
    std::vector<float> m_sorted; ///< of the current teacher row; empty until needed
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace heirloom {

/// Exponential smoothing, value by value, exactly as TensorBoard draws it.
///
/// last = w last + (1 - w) y from last = 0, shown as last / (1 - w^n); a series of equal values stays as it is; values that
/// are not finite pass and change nothing.
class Smoother {
public:
    /// \param weight w in [0, 1): 0 leaves the values alone
    explicit Smoother(double weight = 0.6) : m_weight(weight) {}

    [[nodiscard]] double next(double value);
    [[nodiscard]] double weight() const { return m_weight; }

private:
    double m_weight;
    double m_last = 0;
    double m_first = 0;
    std::int64_t m_count = 0;    ///< of finite values
    bool m_empty = true;
    bool m_allEqual = true;
};

[[nodiscard]] std::vector<double> smoothed(std::span<const double> values, double weight);

} // namespace heirloom

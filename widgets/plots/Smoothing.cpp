// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/Smoothing.h"

#include <cmath>

namespace heirloom {

double Smoother::next(double value) {
    if (m_empty)
        m_first = value;
    m_empty = false;
    m_allEqual = m_allEqual && value == m_first;
    if (!std::isfinite(value))
        return value;
    m_last = m_last * m_weight + (1 - m_weight) * value;
    ++m_count;
    if (m_allEqual)
        return value;
    return m_last / (1 - std::pow(m_weight, static_cast<double>(m_count)));
}

std::vector<double> smoothed(std::span<const double> values, double weight) {
    Smoother smoother(weight);
    std::vector<double> answer;
    answer.reserve(values.size());
    for (const double v : values)
        answer.push_back(smoother.next(v));
    return answer;
}

} // namespace heirloom

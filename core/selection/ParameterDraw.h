// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Random.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <span>

namespace heirloom {

/// The numbers of one floating-point parameter by its InitRule, drawn in row-major order a piece at
/// a time: pieces of any size give the same numbers as one. See drawParameter().
class ParameterDraw {
public:
    /// \pre the parameter is of floating point and outlives this object
    ParameterDraw(const Parameter& parameter, std::uint64_t seed);

    /// Elements drawn so far.
    [[nodiscard]] std::int64_t position() const { return m_position; }
    /// The next `out.size()` elements.
    void next(std::span<float> out);

private:
    const Parameter* m_parameter;
    Random m_random;
    std::int64_t m_position = 0;
};

} // namespace heirloom

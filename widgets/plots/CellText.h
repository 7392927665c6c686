// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"

#include <QString>

#include <cstdint>
#include <optional>

namespace heirloom {

struct PlaneCell {
    std::int64_t row = 0;
    std::int64_t column = 0;
    bool operator==(const PlaneCell&) const = default;
};

/// Teacher cell that a student cell comes from; empty when fresh or resampled.
[[nodiscard]] std::optional<PlaneCell> teacherCellOf(const ParameterView& view, PlaneCell student);
/// First student cell that comes from a teacher cell; empty when the teacher cell is left behind.
[[nodiscard]] std::optional<PlaneCell> studentCellOf(const ParameterView& view, PlaneCell teacher);

/// "student [338, 76] ← teacher [676, 152] = 0.0134"; indices are the tensor's own, all axes.
[[nodiscard]] QString studentCellText(const ParameterView& view, PlaneCell student);
/// "teacher [676, 152] → student [338, 76] = 0.0134", or "teacher [676, 153] = -0.02 · not taken".
[[nodiscard]] QString teacherCellText(const ParameterView& view, PlaneCell teacher);

/// "[3, 17, 0, 2]": a plane's cell as an index of a tensor of that shape.
[[nodiscard]] QString indexText(const Shape& shape, std::int64_t flat);
/// Four significant figures, a true minus sign: "−0.01342", "nan", "inf".
[[nodiscard]] QString valueText(float value);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/CellText.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <utility>

namespace heirloom {
namespace {

QString cellText(const Shape& shape, const Plane& plane, PlaneCell cell) {
    return indexText(shape, cell.row * plane.columns + cell.column);
}

bool isInherited(const ParameterView& view) {
    return view.teacherPlane && !view.origin.rows.empty() && !view.origin.columns.empty();
}

std::optional<std::int64_t> positionOf(const std::vector<std::int64_t>& list, std::int64_t wanted) {
    const auto found = std::ranges::find(list, wanted);
    return found == list.end() ? std::nullopt : std::optional(found - list.begin());
}

QString translated(const char* text) { return QCoreApplication::translate("CellText", text); }

} // namespace

std::optional<PlaneCell> teacherCellOf(const ParameterView& view, PlaneCell student) {
    if (!isInherited(view) || std::cmp_greater_equal(student.row, view.origin.rows.size()) ||
        std::cmp_greater_equal(student.column, view.origin.columns.size()))
        return {};
    return PlaneCell{view.origin.rows[static_cast<std::size_t>(student.row)],
                     view.origin.columns[static_cast<std::size_t>(student.column)]};
}

std::optional<PlaneCell> studentCellOf(const ParameterView& view, PlaneCell teacher) {
    if (!isInherited(view))
        return {};
    const auto row = positionOf(view.origin.rows, teacher.row);
    const auto column = positionOf(view.origin.columns, teacher.column);
    if (!row || !column)
        return {};
    return PlaneCell{*row, *column};
}

QString studentCellText(const ParameterView& view, PlaneCell student) {
    const Plane& plane = view.studentPlane->pyramid->plane();
    const QString own = cellText(view.studentShape, plane, student);
    const QString value = valueText(plane.at(student.row, student.column));
    if (const auto source = teacherCellOf(view, student)) {
        const QString theirs =
            cellText(view.teacherShape, view.teacherPlane->pyramid->plane(), *source);
        return translated("student %1 ← teacher %2 = %3").arg(own, theirs, value);
    }
    return (view.teacherPlane ? translated("student %1 = %2 · resampled")
                              : translated("student %1 = %2 · fresh"))
        .arg(own, value);
}

QString teacherCellText(const ParameterView& view, PlaneCell teacher) {
    const Plane& plane = view.teacherPlane->pyramid->plane();
    const QString own = cellText(view.teacherShape, plane, teacher);
    const QString value = valueText(plane.at(teacher.row, teacher.column));
    if (const auto fed = studentCellOf(view, teacher)) {
        const QString theirs =
            cellText(view.studentShape, view.studentPlane->pyramid->plane(), *fed);
        return translated("teacher %1 → student %2 = %3").arg(own, theirs, value);
    }
    return (isInherited(view) ? translated("teacher %1 = %2 · not taken")
                              : translated("teacher %1 = %2 · resampled"))
        .arg(own, value);
}

QString indexText(const Shape& shape, std::int64_t flat) {
    QStringList parts;
    for (auto size = shape.rbegin(); size != shape.rend(); ++size) {
        parts.prepend(QString::number(flat % std::max<std::int64_t>(*size, 1)));
        flat /= std::max<std::int64_t>(*size, 1);
    }
    return u'[' + parts.join(QStringLiteral(", ")) + u']';
}

QString valueText(float value) {
    if (std::isnan(value))
        return QStringLiteral("nan");
    if (std::isinf(value))
        return value > 0 ? QStringLiteral("inf") : QStringLiteral("−inf");
    return QString::number(static_cast<double>(value), 'g', 4).replace(u'-', QChar(0x2212));
}

} // namespace heirloom

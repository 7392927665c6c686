// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/InspectorStats.h"

#include "widgets/Theme.h"
#include "widgets/controls/NumberLabel.h"

#include <QEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr int lineHeight = 18;
constexpr int wordWidth = 64;

QString number(double value) {
    if (value == 0)
        return QStringLiteral("0");
    const double size = std::abs(value);
    QString text = size >= 1e5 || size < 1e-4 ? QString::number(value, 'g', 3)
                                              : QString::number(value,
                                                                'f',
                                                                size >= 100 ? 1
                                                                : size >= 1 ? 3
                                                                            : 5);
    return text.replace(u'-', QChar(0x2212));
}

} // namespace

InspectorStats::InspectorStats(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("stats"));
    setAccessibleName(tr("Statistics"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setView(nullptr);
}

void InspectorStats::setView(const ParameterView* view) {
    const TensorStats* teacher =
        view != nullptr && view->teacherPlane ? &view->teacherPlane->stats : nullptr;
    const TensorStats* student =
        view != nullptr && view->studentPlane ? &view->studentPlane->stats : nullptr;
    const auto cell = [](const TensorStats* stats, auto&& pick) {
        return stats != nullptr ? pick(*stats) : QStringLiteral("–");
    };
    m_lines.clear();
    const auto add = [&](const QString& word, auto&& pick) {
        m_lines.push_back({word, cell(teacher, pick), cell(student, pick)});
    };
    add(tr("mean"), [](const TensorStats& s) { return number(s.mean); });
    add(tr("std"), [](const TensorStats& s) { return number(s.standardDeviation); });
    add(tr("L2 norm"), [](const TensorStats& s) { return number(s.l2); });
    add(tr("min"), [](const TensorStats& s) { return number(static_cast<double>(s.minimum)); });
    add(tr("max"), [](const TensorStats& s) { return number(static_cast<double>(s.maximum)); });
    add(tr("zeros"), [](const TensorStats& s) { return groupedNumber(s.zeros); });
    const bool notFinite = (teacher != nullptr && teacher->nan + teacher->inf > 0) ||
                           (student != nullptr && student->nan + student->inf > 0);
    if (notFinite)
        add(tr("nan, inf"), [](const TensorStats& s) {
            return groupedNumber(s.nan) + QStringLiteral(", ") + groupedNumber(s.inf);
        });
    QStringList spoken;
    for (const Line& line : m_lines)
        spoken << tr("%1: teacher %2, student %3").arg(line[0], line[1], line[2]);
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

QSize InspectorStats::sizeHint() const {
    return {240, lineHeight * (static_cast<int>(m_lines.size()) + 1)};
}

void InspectorStats::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(smallFont());
    const int column = (width() - wordWidth) / 2;
    const QRect teacher(wordWidth, 0, column, lineHeight);
    const QRect student(wordWidth + column, 0, width() - wordWidth - column, lineHeight);
    painter.setPen(theme().muted);
    painter.drawText(teacher, Qt::AlignRight | Qt::AlignVCenter, tr("Teacher"));
    painter.drawText(student, Qt::AlignRight | Qt::AlignVCenter, tr("Student"));
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const int down = lineHeight * (static_cast<int>(i) + 1);
        painter.setPen(theme().muted);
        painter.drawText(
            QRect(0, down, wordWidth, lineHeight), Qt::AlignLeft | Qt::AlignVCenter, m_lines[i][0]);
        painter.setPen(theme().text);
        drawNumbers(
            painter, teacher.translated(0, down), Qt::AlignRight | Qt::AlignVCenter, m_lines[i][1]);
        drawNumbers(
            painter, student.translated(0, down), Qt::AlignRight | Qt::AlignVCenter, m_lines[i][2]);
    }
}

void InspectorStats::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange)
        update();
    QWidget::changeEvent(event);
}

EnergyBar::EnergyBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("energyBar"));
    setAccessibleName(tr("Kept share of the squared norm"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void EnergyBar::setKept(const KeptEnergy& kept) {
    m_kept = kept;
    update();
}

void EnergyBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const QRectF groove(0, 3, width(), 6);
    painter.setBrush(theme().raised);
    painter.drawRoundedRect(groove, 3, 3);
    QRectF filled = groove;
    filled.setWidth(groove.width() * std::clamp(m_kept.squaredNorm, 0.0, 1.0));
    painter.setBrush(theme().accent);
    painter.drawRoundedRect(filled, 3, 3);
    painter.setRenderHint(QPainter::Antialiasing, false);
    const int mark =
        std::min(static_cast<int>(std::lround(width() * std::clamp(m_kept.elements, 0.0, 1.0))),
                 width() - 2);
    painter.fillRect(mark, 0, 2, 12, theme().text);
}

void EnergyBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange)
        update();
    QWidget::changeEvent(event);
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/LayerRowPainter.h"

#include "widgets/Theme.h"
#include "widgets/controls/Pill.h"

#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr int indent = 16;
constexpr int arrowWidth = 18;
constexpr int tallestBand = 12;
constexpr int stub = 20;

QColor bandColour(const std::string& strategy, bool strong) {
    const QColor colour = theme().strategy(strategy);
    return strong ? colour : blended(colour, theme().surface, theme().dark ? 0.5 : 0.45);
}

void paintArrow(QPainter& painter, const QRect& rect, bool expanded) {
    const QPointF centre = QRectF(rect).center();
    QPainterPath path;
    if (expanded) {
        path.moveTo(centre + QPointF(-3.5, -1.75));
        path.lineTo(centre + QPointF(0, 1.75));
        path.lineTo(centre + QPointF(3.5, -1.75));
    } else {
        path.moveTo(centre + QPointF(-1.75, -3.5));
        path.lineTo(centre + QPointF(1.75, 0));
        path.lineTo(centre + QPointF(-1.75, 3.5));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().muted, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

QString detailOf(const PairNode& node, const PairSide& side) {
    return node.kind == PairKind::Module ? QString::fromStdString(side.shape)
                                         : shortCount(side.elements);
}

QColor pillColour(const PairNode& node) {
    if (node.blended)
        return theme().warning;
    if (node.isFresh() || node.kind != PairKind::Module || node.pill == "resampled")
        return theme().muted;
    return theme().strategy(node.inherited.empty()
                                ? std::string_view("fresh")
                                : std::string_view(node.inherited.begin()->first));
}

void paintSide(QPainter& painter,
               const PairNode& node,
               const PairSide& side,
               const QRect& rect,
               const LayerRowState& state,
               bool isStudent) {
    const QRect arrow = foldArrowRect(rect, node.depth);
    if (!node.children.empty())
        paintArrow(painter, arrow, state.expanded);

    painter.setFont(monospaceFont());
    const QFontMetrics metrics(painter.font());
    const QString detail = detailOf(node, side);
    const int right = rect.right() - Theme::padding;
    const int detailWidth = metrics.horizontalAdvance(detail);
    const int left = arrow.left() + arrowWidth;
    int room = right - detailWidth - Theme::space - left;

    const QString pill = isStudent ? QString::fromStdString(node.pill) : QString();
    const QSize pillSpace = pill.isEmpty() ? QSize() : pillSize(pill);
    if (!pill.isEmpty())
        room -= pillSpace.width() + Theme::space;

    const bool faint = isStudent ? false : !node.teacherTaken;
    const QString label =
        metrics.elidedText(QString::fromStdString(side.label), Qt::ElideMiddle, std::max(room, 24));
    painter.setPen(faint ? theme().muted : theme().text);
    painter.drawText(QRect(left, rect.top(), std::max(room, 24), rect.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     label);
    painter.setPen(theme().muted);
    painter.drawText(QRect(right - detailWidth, rect.top(), detailWidth + 1, rect.height()),
                     Qt::AlignRight | Qt::AlignVCenter,
                     detail);
    if (!pill.isEmpty()) {
        const int x = left + metrics.horizontalAdvance(label) + Theme::space;
        const QRect place(QPoint(x, rect.top() + (rect.height() - pillSpace.height()) / 2),
                          pillSpace);
        drawPill(painter, place, pill, pillColour(node), node.isFresh());
    }
}

void paintBand(QPainter& painter,
               const PairNode& node,
               const QRect& rect,
               const LayerRowState& state) {
    const bool strong = state.current || state.partner;
    const int middle = rect.top() + rect.height() / 2;
    if (node.teacher.exists() && !node.teacherTaken) {
        const int height = std::max(bandHeight(node.teacher.elements, state.scale * 4), 2);
        painter.fillRect(QRect(rect.left(), middle - height / 2, stub, height), theme().border);
    }
    if (node.isFresh()) {
        painter.setPen(QPen(theme().muted, 2, Qt::CustomDashLine, Qt::FlatCap));
        QPen pen = painter.pen();
        pen.setDashPattern({2, 1.5});
        painter.setPen(pen);
        painter.drawLine(rect.right() - stub - 4, middle, rect.right(), middle);
        return;
    }
    const bool groupOpen = node.kind != PairKind::Module && state.expanded;
    if (node.inherited.empty() || node.source >= 0 || !node.teacher.exists() || groupOpen)
        return;
    // A folded group of several strategies shows each by its share of the band.
    const std::int64_t all = node.inheritedElements();
    const int height = bandHeight(all, state.scale);
    int top = middle - height / 2;
    int left = height;
    for (auto part = node.inherited.begin(); part != node.inherited.end(); ++part) {
        const bool last = std::next(part) == node.inherited.end();
        const int share =
            last ? left
                 : std::min<int>(left,
                                 static_cast<int>(std::lround(double(height) *
                                                              double(part->second) / double(all))));
        painter.fillRect(QRect(rect.left(), top, rect.width(), share),
                         bandColour(part->first, strong));
        top += share;
        left -= share;
    }
}

} // namespace

QRect teacherRect(const LayerRowState& state) {
    return {state.rect.left(),
            state.rect.top(),
            (state.rect.width() - state.gutter) / 2,
            state.rect.height()};
}

QRect gutterRect(const LayerRowState& state) {
    return {teacherRect(state).right() + 1, state.rect.top(), state.gutter, state.rect.height()};
}

QRect studentRect(const LayerRowState& state) {
    const int left = gutterRect(state).right() + 1;
    return {left, state.rect.top(), state.rect.right() - left + 1, state.rect.height()};
}

QRect foldArrowRect(const QRect& side, int depth) {
    return {side.left() + Theme::padding + depth * indent - 2,
            side.top(),
            arrowWidth - 4,
            side.height()};
}

int bandHeight(std::int64_t elements, std::int64_t scale) {
    if (elements <= 0)
        return 0;
    const double share = std::min(
        1.0, static_cast<double>(elements) / static_cast<double>(std::max<std::int64_t>(scale, 1)));
    return std::max(2, 2 * static_cast<int>(std::lround(std::sqrt(share) * tallestBand / 2)));
}

void paintLayerRow(QPainter& painter, const PairNode& node, const LayerRowState& state) {
    if (state.current)
        painter.fillRect(state.rect, theme().accentTint);
    else if (state.partner)
        painter.fillRect(state.rect, blended(theme().accentTint, theme().surface, 0.6));
    else if (state.hovered)
        painter.fillRect(state.rect, theme().window);
    if (state.current)
        painter.fillRect(QRect(state.rect.left(), state.rect.top(), 2, state.rect.height()),
                         state.focused ? theme().accent : theme().border);
    paintBand(painter, node, gutterRect(state), state);
    if (node.teacher.exists())
        paintSide(painter, node, node.teacher, teacherRect(state), state, false);
    if (node.student.exists())
        paintSide(painter, node, node.student, studentRect(state), state, true);
}

void paintCrossing(QPainter& painter,
                   const PairNode& student,
                   QPoint from,
                   QPoint to,
                   bool current,
                   std::int64_t scale) {
    if (student.inherited.empty())
        return;
    QPainterPath path(from);
    const double bend = (to.x() - from.x()) * 0.45;
    path.cubicTo(from + QPointF(bend, 0), to - QPointF(bend, 0), to);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.strokePath(path,
                       QPen(bandColour(student.inherited.begin()->first, current),
                            bandHeight(student.inheritedElements(), scale),
                            Qt::SolidLine,
                            Qt::FlatCap));
    painter.setRenderHint(QPainter::Antialiasing, false);
}

} // namespace heirloom

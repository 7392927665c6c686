// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QStyle>

class QPainter;
class QStyleOptionMenuItem;
class QStyleOptionSlider;

/// The strokes that LookStyle is made of, for widgets that paint themselves too.
namespace heirloom::look {

void drawButton(QPainter& painter, const QRect& rect, QStyle::State state, bool primary, bool flat);
/// A line edit, spin box or combo box; State_Raised lets it answer to the mouse like a button.
void drawField(QPainter& painter, const QRect& rect, QStyle::State state);
void drawFocus(QPainter& painter, const QRect& rect);
void drawCheck(QPainter& painter, const QRect& rect, QStyle::State state);
void drawRadio(QPainter& painter, const QRect& rect, QStyle::State state);
void drawTick(QPainter& painter, const QRect& rect, const QColor& colour);
void drawChevron(QPainter& painter, const QRect& rect, Qt::ArrowType direction, QStyle::State state);
void drawSmallChevron(QPainter& painter, const QRect& rect, Qt::ArrowType direction, QStyle::State state);
void drawSplitter(QPainter& painter, const QRect& rect, bool horizontal, bool active);
/// A bar of 6 px across the middle of `rect`, `share` of it long.
void drawBar(QPainter& painter, const QRect& rect, double share, const QColor& colour);
void drawSlider(QPainter& painter, const QStyleOptionSlider& slider, const QRect& handle);
void drawScrollHandle(QPainter& painter, const QRect& rect, bool active);
void drawMenuBarItem(QPainter& painter, const QStyleOptionMenuItem& item);
/// Groove and handle of a scroll bar without arrows.
[[nodiscard]] QRect scrollBarPart(const QStyleOptionSlider& bar, QStyle::SubControl part);

} // namespace heirloom::look

// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/LookPainting.h"

#include "widgets/Theme.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleOption>

#include <algorithm>

namespace heirloom::look {

namespace {

/// Half a pixel inside, so that a line of 1 px lies on one row of pixels.
QRectF crisp(const QRect& rect, double inset = 0.5) { return QRectF(rect).adjusted(inset, inset, -inset, -inset); }

class Saved {
public:
    explicit Saved(QPainter& painter) : m_painter(painter) {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
    }
    ~Saved() { m_painter.restore(); }
    Saved(const Saved&) = delete;
    Saved& operator=(const Saved&) = delete;

private:
    QPainter& m_painter;
};

void roundedBox(QPainter& painter, const QRect& rect, const QColor& fill, const QColor& line, double width = 1) {
    painter.setPen(QPen(line, width));
    painter.setBrush(fill);
    painter.drawRoundedRect(crisp(rect, width / 2), Theme::radius, Theme::radius);
}

bool hasKeyboardFocus(QStyle::State state) {
    return (state & QStyle::State_HasFocus) && (state & QStyle::State_KeyboardFocusChange);
}

void chevron(QPainter& painter, const QPointF& centre, Qt::ArrowType direction, double half, const QColor& colour) {
    const Saved saved(painter);
    painter.translate(centre);
    painter.rotate(direction == Qt::UpArrow      ? 180
                   : direction == Qt::RightArrow ? -90
                   : direction == Qt::LeftArrow  ? 90
                                                 : 0);
    painter.setPen(QPen(colour, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    const QPointF points[] = {{-half, -half / 2}, {0, half / 2}, {half, -half / 2}};
    painter.drawPolyline(points, 3);
}

QColor markColour(QStyle::State state) {
    const Theme& t = theme();
    if (!(state & QStyle::State_Enabled))
        return blended(t.muted, t.surface, 0.5);
    return state & (QStyle::State_MouseOver | QStyle::State_Sunken) ? t.text : t.muted;
}

} // namespace

void drawButton(QPainter& painter, const QRect& rect, QStyle::State state, bool primary, bool flat) {
    const Theme& t = theme();
    const Saved saved(painter);
    const bool enabled = state & QStyle::State_Enabled;
    const bool pressed = state & QStyle::State_Sunken;
    const bool hovered = enabled && (state & QStyle::State_MouseOver);
    const bool checked = state & QStyle::State_On;
    if (primary && enabled) {
        const QColor deeper = blended(t.accent, t.dark ? t.text : t.surface, t.dark ? 0.85 : 0.9);
        const QColor fill = pressed ? blended(t.accent, t.text, 0.85) : hovered ? deeper : t.accent;
        roundedBox(painter, rect, fill, fill);
    } else if (flat) {
        if (pressed || hovered || checked)
            roundedBox(painter, rect, pressed ? t.border : t.raised, pressed ? t.border : t.raised);
    } else {
        const QColor fill = pressed ? t.border : checked ? t.accentTint : hovered ? t.raised : t.surface;
        roundedBox(painter, rect, fill, checked ? t.accent : enabled ? t.border : blended(t.border, t.surface, 0.6));
    }
    if (hasKeyboardFocus(state)) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(primary ? t.onAccent : t.accent, primary ? 1 : 2));
        painter.drawRoundedRect(crisp(rect, primary ? 2.5 : 1), primary ? 2 : Theme::radius - 1,
                                primary ? 2 : Theme::radius - 1);
    }
}

void drawField(QPainter& painter, const QRect& rect, QStyle::State state) {
    const Theme& t = theme();
    const Saved saved(painter);
    const bool enabled = state & QStyle::State_Enabled;
    const bool buttonLike = state & QStyle::State_Raised;
    const bool hovered = enabled && (state & QStyle::State_MouseOver);
    const bool focused = buttonLike ? hasKeyboardFocus(state) : bool(state & QStyle::State_HasFocus);
    const QColor fill = !enabled ? blended(t.raised, t.surface, 0.5) : buttonLike && hovered ? t.raised : t.surface;
    const QColor line = hovered ? blended(t.muted, t.border, 0.5) : t.border;
    roundedBox(painter, rect, fill, focused ? t.accent : line, focused ? 1.5 : 1);
}

void drawFocus(QPainter& painter, const QRect& rect) {
    const Saved saved(painter);
    painter.setPen(QPen(theme().accent, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(crisp(rect, 0.75), Theme::radius, Theme::radius);
}

void drawCheck(QPainter& painter, const QRect& rect, QStyle::State state) {
    const Theme& t = theme();
    const Saved saved(painter);
    const bool enabled = state & QStyle::State_Enabled;
    const bool on = state & (QStyle::State_On | QStyle::State_NoChange);
    const QColor fill = !on ? t.surface : enabled ? t.accent : t.border;
    const QColor line = on ? fill : state & QStyle::State_MouseOver ? t.accent : blended(t.muted, t.border, 0.6);
    painter.setPen(QPen(line, 1));
    painter.setBrush(fill);
    painter.drawRoundedRect(crisp(rect), 3, 3);
    if (state & QStyle::State_On)
        drawTick(painter, rect, t.onAccent);
    else if (state & QStyle::State_NoChange)
        painter.fillRect(QRectF(rect).adjusted(4, rect.height() / 2.0 - 1, -4, 1 - rect.height() / 2.0), t.onAccent);
    if (hasKeyboardFocus(state)) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(t.accent, 1));
        painter.drawRoundedRect(QRectF(rect).adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4);
    }
}

void drawRadio(QPainter& painter, const QRect& rect, QStyle::State state) {
    const Theme& t = theme();
    const Saved saved(painter);
    const bool on = state & QStyle::State_On;
    painter.setPen(QPen(on || (state & QStyle::State_MouseOver) ? t.accent : blended(t.muted, t.border, 0.6), 1));
    painter.setBrush(t.surface);
    painter.drawEllipse(crisp(rect));
    if (on) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.accent);
        painter.drawEllipse(crisp(rect, 4));
    }
}

void drawTick(QPainter& painter, const QRect& rect, const QColor& colour) {
    const Saved saved(painter);
    painter.setPen(QPen(colour, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    const QPointF c = QRectF(rect).center();
    const QPointF points[] = {c + QPointF(-3.5, 0.2), c + QPointF(-1.0, 2.8), c + QPointF(3.6, -2.6)};
    painter.drawPolyline(points, 3);
}

void drawChevron(QPainter& painter, const QRect& rect, Qt::ArrowType direction, QStyle::State state) {
    chevron(painter, QRectF(rect).center(), direction, 4, markColour(state));
}

void drawSmallChevron(QPainter& painter, const QRect& rect, Qt::ArrowType direction, QStyle::State state) {
    const QPointF centre = QRectF(rect).center() + QPointF(0, direction == Qt::UpArrow ? 1 : -1);
    chevron(painter, centre, direction, 3, markColour(state));
}

void drawSplitter(QPainter& painter, const QRect& rect, bool horizontal, bool active) {
    const Theme& t = theme();
    const int thick = active ? 3 : 1;
    const QPoint c = rect.center();
    const QRect line = horizontal ? QRect(c.x() - thick / 2, rect.top(), thick, rect.height())
                                  : QRect(rect.left(), c.y() - thick / 2, rect.width(), thick);
    painter.fillRect(line, active ? t.accent : t.border);
}

void drawBar(QPainter& painter, const QRect& rect, double share, const QColor& colour) {
    if (!(share > 0))
        return;
    const Saved saved(painter);
    QRectF bar(rect.left(), rect.top() + (rect.height() - 6) / 2.0, rect.width(), 6);
    bar.setWidth(std::max(6.0, bar.width() * std::min(1.0, share)));
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(bar, 3, 3);
}

void drawSlider(QPainter& painter, const QStyleOptionSlider& slider, const QRect& handle) {
    const Theme& t = theme();
    const Saved saved(painter);
    const bool horizontal = slider.orientation == Qt::Horizontal;
    const QPointF centre = QRectF(handle).center();
    QRectF groove = QRectF(slider.rect);
    if (horizontal)
        groove = QRectF(groove.left() + 6, centre.y() - 2, groove.width() - 12, 4);
    else
        groove = QRectF(centre.x() - 2, groove.top() + 6, 4, groove.height() - 12);
    QRectF done = groove;
    if (horizontal)
        done.setRight(centre.x());
    else
        done.setTop(centre.y());
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.border);
    painter.drawRoundedRect(groove, 2, 2);
    painter.setBrush(t.accent);
    painter.drawRoundedRect(done, 2, 2);
    painter.setPen(QPen(hasKeyboardFocus(slider.state) || (slider.state & QStyle::State_HasFocus) ? t.accent : t.muted, 1.5));
    painter.setBrush(t.surface);
    painter.drawEllipse(centre, 6, 6);
}

void drawScrollHandle(QPainter& painter, const QRect& rect, bool active) {
    const Theme& t = theme();
    const Saved saved(painter);
    painter.setPen(Qt::NoPen);
    painter.setBrush(active ? t.muted : blended(t.muted, t.surface, 0.4));
    const QRectF bar = QRectF(rect).adjusted(2, 2, -2, -2);
    const double radius = std::min(bar.width(), bar.height()) / 2;
    painter.drawRoundedRect(bar, radius, radius);
}

void drawMenuBarItem(QPainter& painter, const QStyleOptionMenuItem& item) {
    const Theme& t = theme();
    painter.fillRect(item.rect, t.window);
    if (item.state & (QStyle::State_Selected | QStyle::State_Sunken)) {
        const Saved saved(painter);
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.dark ? t.raised : t.border);
        painter.drawRoundedRect(item.rect.adjusted(0, 2, 0, -2), Theme::radius, Theme::radius);
    }
    painter.setPen(item.palette.color(item.state & QStyle::State_Enabled ? QPalette::Active : QPalette::Disabled,
                                      QPalette::ButtonText));
    painter.drawText(item.rect, Qt::AlignCenter | Qt::TextShowMnemonic | Qt::TextSingleLine, item.text);
}

QRect scrollBarPart(const QStyleOptionSlider& bar, QStyle::SubControl part) {
    const bool horizontal = bar.orientation == Qt::Horizontal;
    const int length = horizontal ? bar.rect.width() : bar.rect.height();
    const qint64 range = qint64(bar.maximum) - bar.minimum;
    int handle = length;
    if (range > 0)
        handle = std::clamp(int(qint64(bar.pageStep) * length / (range + bar.pageStep)), std::min(28, length), length);
    const int start = QStyle::sliderPositionFromValue(bar.minimum, bar.maximum, bar.sliderPosition, length - handle,
                                                      bar.upsideDown);
    const auto piece = [&](int from, int size) {
        return horizontal ? QRect(bar.rect.left() + from, bar.rect.top(), size, bar.rect.height())
                          : QRect(bar.rect.left(), bar.rect.top() + from, bar.rect.width(), size);
    };
    switch (part) {
    case QStyle::SC_ScrollBarSlider: return piece(start, handle);
    case QStyle::SC_ScrollBarGroove: return bar.rect;
    case QStyle::SC_ScrollBarSubPage: return piece(0, start);
    case QStyle::SC_ScrollBarAddPage: return piece(start + handle, length - start - handle);
    default: return {};
    }
}

} // namespace heirloom::look

// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/Pill.h"

#include "widgets/Theme.h"

#include <QEvent>
#include <QPainter>

namespace heirloom {

namespace {
constexpr int pillHeight = 18;
constexpr int pillSide = 8;
} // namespace

QSize pillSize(const QString& text) {
    return {QFontMetrics(smallFont()).horizontalAdvance(text) + 2 * pillSide, pillHeight};
}

void drawPill(QPainter& painter, const QRect& rect, const QString& text, const QColor& colour, bool dashed) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(colour, 1);
    if (dashed)
        pen.setDashPattern({3, 2});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    const QRectF shape = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.drawRoundedRect(shape, shape.height() / 2, shape.height() / 2);
    painter.setPen(colour);
    painter.setFont(smallFont());
    painter.drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, text);
    painter.restore();
}

Pill::Pill(const QString& text, Tone tone, QWidget* parent) : QWidget(parent), m_tone(tone) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setText(text);
}

void Pill::setText(const QString& text) {
    if (text != m_text) {
        m_text = text;
        setAccessibleName(text);
        updateGeometry();
        update();
    }
    if (m_text.isEmpty() != isHidden())
        setVisible(!m_text.isEmpty());
}

void Pill::setTone(Tone tone) {
    m_tone = tone;
    m_strategy.clear();
    update();
}

void Pill::setStrategy(const QString& name) {
    m_strategy = name;
    update();
}

void Pill::setDashed(bool dashed) {
    m_dashed = dashed;
    update();
}

QSize Pill::sizeHint() const { return pillSize(m_text); }

void Pill::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QColor colour = t.muted;
    if (!m_strategy.isEmpty())
        colour = t.strategy(m_strategy.toStdString());
    else
        switch (m_tone) {
        case Tone::Muted: break;
        case Tone::Accent: colour = t.accent; break;
        case Tone::Fine: colour = t.fine; break;
        case Tone::Warning: colour = t.warning; break;
        case Tone::Error: colour = t.error; break;
        }
    QPainter painter(this);
    drawPill(painter, rect(), m_text, colour, m_dashed);
}

void Pill::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

} // namespace heirloom

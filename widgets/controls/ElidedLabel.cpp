// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/ElidedLabel.h"

#include "widgets/Theme.h"

#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace heirloom {

ElidedLabel::ElidedLabel(const QString& text, Tone tone, QWidget* parent) : QWidget(parent), m_tone(tone) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setText(text);
}

void ElidedLabel::setText(const QString& text) {
    if (text == m_text)
        return;
    m_text = text;
    setAccessibleName(text);
    updateGeometry();
    update();
}

void ElidedLabel::setTone(Tone tone) {
    m_tone = tone;
    update();
}

void ElidedLabel::setElideMode(Qt::TextElideMode mode) {
    m_elide = mode;
    update();
}

void ElidedLabel::setAlignment(Qt::Alignment alignment) {
    m_alignment = alignment;
    update();
}

QSize ElidedLabel::sizeHint() const {
    return {fontMetrics().horizontalAdvance(m_text) + 1, fontMetrics().height() + 2};
}

QSize ElidedLabel::minimumSizeHint() const {
    return {fontMetrics().horizontalAdvance(QStringLiteral("…")), fontMetrics().height() + 2};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    switch (m_tone) {
    case Tone::Text: painter.setPen(palette().color(QPalette::WindowText)); break;
    case Tone::Muted: painter.setPen(t.muted); break;
    case Tone::Fine: painter.setPen(t.fine); break;
    case Tone::Warning: painter.setPen(t.warning); break;
    case Tone::Error: painter.setPen(t.error); break;
    }
    painter.drawText(rect(), int(m_alignment) | Qt::TextSingleLine,
                     fontMetrics().elidedText(m_text, m_elide, width()));
}

void ElidedLabel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

bool ElidedLabel::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && toolTip().isEmpty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (fontMetrics().horizontalAdvance(m_text) > width())
            QToolTip::showText(help->globalPos(), m_text.toHtmlEscaped(), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace heirloom

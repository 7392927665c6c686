// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/NumberLabel.h"

#include "widgets/Theme.h"

#include <QEvent>
#include <QPainter>

#include <algorithm>

namespace heirloom {

namespace {

int figureWidth(const QFontMetrics& metrics) {
    int widest = 0;
    for (char digit = '0'; digit <= '9'; ++digit)
        widest = std::max(widest, metrics.horizontalAdvance(QLatin1Char(digit)));
    return widest;
}

bool isFigure(QChar c) { return c >= QLatin1Char('0') && c <= QLatin1Char('9'); }

/// Calls visit(text, cellWidth) for each figure and for each run of other characters.
template <class Visit>
void forEachPiece(const QFontMetrics& metrics, const QString& text, Visit visit) {
    const int figure = figureWidth(metrics);
    for (qsizetype from = 0; from < text.size();) {
        if (isFigure(text[from])) {
            visit(text.mid(from, 1), figure);
            ++from;
            continue;
        }
        qsizetype to = from;
        while (to < text.size() && !isFigure(text[to]))
            ++to;
        const QString run = text.mid(from, to - from);
        visit(run, metrics.horizontalAdvance(run));
        from = to;
    }
}

} // namespace

int numbersWidth(const QFontMetrics& metrics, const QString& text) {
    int width = 0;
    forEachPiece(metrics, text, [&](const QString&, int cell) { width += cell; });
    return width;
}

void drawNumbers(QPainter& painter, const QRect& rect, Qt::Alignment alignment, const QString& text) {
    const QFontMetrics metrics = painter.fontMetrics();
    const int width = numbersWidth(metrics, text);
    int x = rect.left();
    if (alignment & Qt::AlignRight)
        x = rect.right() + 1 - width;
    else if (alignment & Qt::AlignHCenter)
        x = rect.left() + (rect.width() - width) / 2;
    forEachPiece(metrics, text, [&](const QString& piece, int cell) {
        const bool figure = isFigure(piece[0]);
        painter.drawText(QRect(x, rect.top(), cell, rect.height()),
                         (figure ? Qt::AlignHCenter : Qt::AlignLeft) | Qt::AlignVCenter | Qt::TextSingleLine |
                             Qt::TextDontClip | Qt::TextIncludeTrailingSpaces,
                         piece);
        x += cell;
    });
}

NumberLabel::NumberLabel(const QString& text, Tone tone, QWidget* parent) : QWidget(parent), m_tone(tone) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setText(text);
}

void NumberLabel::setText(const QString& text) {
    if (text == m_text)
        return;
    const int before = sizeHint().width();
    m_text = text;
    setAccessibleName(text);
    if (sizeHint().width() != before)
        updateGeometry();
    update();
}

void NumberLabel::setAlignment(Qt::Alignment alignment) {
    m_alignment = alignment;
    update();
}

void NumberLabel::reserve(const QString& widest) {
    m_widest = widest;
    updateGeometry();
}

QSize NumberLabel::sizeHint() const {
    const QFontMetrics metrics = fontMetrics();
    return {std::max(numbersWidth(metrics, m_text), numbersWidth(metrics, m_widest)) + 1, metrics.height() + 2};
}

QSize NumberLabel::minimumSizeHint() const { return sizeHint(); }

void NumberLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(m_tone == Tone::Muted ? theme().muted : theme().text);
    drawNumbers(painter, rect(), m_alignment, m_text);
}

void NumberLabel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

} // namespace heirloom

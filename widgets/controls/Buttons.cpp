// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/Buttons.h"

#include "widgets/LookPainting.h"
#include "widgets/Theme.h"

#include <QApplication>
#include <QPainter>

namespace heirloom {

namespace {
constexpr int markWidth = 14;
} // namespace

void setPrimary(QPushButton* button, bool primary) {
    button->setProperty("primary", primary);
    button->setFont(primary ? titleFont() : QApplication::font());
    button->update();
}

FoldButton::FoldButton(const QString& word, QWidget* parent) : QAbstractButton(parent) {
    setText(word);
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
}

void FoldButton::setFolded(QWidget* content) {
    content->setVisible(isChecked());
    connect(this, &QAbstractButton::toggled, content, &QWidget::setVisible);
}

QSize FoldButton::sizeHint() const {
    return {markWidth + fontMetrics().horizontalAdvance(text()) + Theme::tight, Theme::controlHeight};
}

void FoldButton::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    // The mark's stroke begins at the left edge, where the fields above begin.
    look::drawChevron(painter, QRect(-2, 0, 12, height()), isChecked() ? Qt::DownArrow : Qt::RightArrow,
                      underMouse() ? QStyle::State_Enabled | QStyle::State_MouseOver : QStyle::State_Enabled);
    painter.setPen(underMouse() ? t.text : t.muted);
    painter.drawText(rect().adjusted(markWidth, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, text());
    if (hasFocus())
        look::drawFocus(painter, rect());
}

} // namespace heirloom

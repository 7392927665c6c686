// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/FormParts.h"

#include "widgets/Theme.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>

#include <algorithm>

namespace heirloom {

FormArea::FormArea(QWidget* content, int width) : m_width(width) {
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    setWidget(content);
    content->installEventFilter(this);
}

QSize FormArea::sizeHint() const {
    // Lines that wrap make the content higher than its own hint says.
    const int height = widget()->hasHeightForWidth() ? widget()->heightForWidth(m_width) : 0;
    return {m_width, std::max(height, widget()->sizeHint().height())};
}

bool FormArea::eventFilter(QObject* watched, QEvent* event) {
    if (watched == widget() && event->type() == QEvent::LayoutRequest)
        updateGeometry();
    return QScrollArea::eventFilter(watched, event);
}

QLabel* fieldCaption(const QString& word, QWidget* field) {
    auto* label = new QLabel(word);
    label->setFont(smallFont());
    label->setForegroundRole(QPalette::PlaceholderText);
    label->setBuddy(field);
    field->setAccessibleName(QString(word).remove(QLatin1Char('&')));
    return label;
}

QLabel* mutedLine(const QString& objectName) {
    auto* label = new QLabel;
    label->setObjectName(objectName);
    label->setTextFormat(Qt::PlainText);
    label->setFont(smallFont());
    label->setForegroundRole(QPalette::PlaceholderText);
    label->setWordWrap(true);
    return label;
}

QGridLayout* fieldGrid(QWidget* owner) {
    auto* grid = new QGridLayout(owner);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(Theme::space);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(1, 1);
    return grid;
}

int addWide(QGridLayout& grid, int row, const QString& word, QWidget* field) {
    grid.addWidget(fieldCaption(word, field), row, 0, 1, 2);
    grid.addWidget(field, row + 1, 0, 1, 2);
    grid.setRowMinimumHeight(row + 2, Theme::space);
    return row + 3;
}

int addPair(QGridLayout& grid, int row, const QString& left, QWidget* leftField, const QString& right, QWidget* rightField) {
    grid.addWidget(fieldCaption(left, leftField), row, 0);
    grid.addWidget(fieldCaption(right, rightField), row, 1);
    grid.addWidget(leftField, row + 1, 0);
    grid.addWidget(rightField, row + 1, 1);
    grid.setRowMinimumHeight(row + 2, Theme::space);
    return row + 3;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ToolRow.h"

#include "widgets/Theme.h"
#include "widgets/controls/Buttons.h"
#include "widgets/controls/SegmentedControl.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QTimer>

namespace heirloom {

ToolRow::ToolRow(QWidget* parent)
    : QWidget(parent), m_screens(new SegmentedControl(this)), m_search(new QLineEdit(this)),
      m_export(new QPushButton(tr("Export student…"), this)),
      m_train(new QPushButton(tr("Fine-tune"), this)), m_searchDelay(new QTimer(this)) {
    setFixedHeight(Theme::toolbarHeight);
    auto* openTeacher = new QPushButton(tr("Open teacher…"), this);
    auto* openStudent = new QPushButton(tr("Open student…"), this);
    openTeacher->setObjectName("openTeacher");
    openStudent->setObjectName("openStudent");
    openTeacher->setToolTip(tr("Ctrl+O"));
    openStudent->setToolTip(tr("Ctrl+Shift+O"));
    m_screens->setObjectName("screens");
    m_screens->addSegment(tr("Map"), tr("Alt+1"));
    m_screens->addSegment(tr("Train"), tr("Alt+2"));
    m_screens->addSegment(tr("Export"), tr("Alt+3"));
    m_search->setObjectName("search");
    m_search->setPlaceholderText(tr("Search layers   Ctrl+F"));
    m_search->setToolTip(tr("A name, shape:384, or fresh"));
    m_search->setAccessibleName(tr("Search layers"));
    m_search->setClearButtonEnabled(true);
    m_search->setFixedWidth(210);
    m_export->setObjectName("exportStudent");
    m_export->setToolTip(tr("Ctrl+E"));
    m_train->setObjectName("fineTune");
    m_train->setToolTip(tr("T"));

    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(Theme::padding, 0, Theme::padding, 0);
    line->setSpacing(Theme::space);
    line->addWidget(openTeacher);
    line->addWidget(openStudent);
    line->addSpacing(Theme::group);
    line->addWidget(m_screens);
    line->addStretch(1);
    line->addWidget(m_search);
    line->addWidget(m_export);
    line->addWidget(m_train);

    m_searchDelay->setSingleShot(true);
    m_searchDelay->setInterval(150);
    connect(m_search, &QLineEdit::textChanged, m_searchDelay, qOverload<>(&QTimer::start));
    connect(
        m_searchDelay, &QTimer::timeout, this, [this] { emit searchChanged(m_search->text()); });
    connect(m_search, &QLineEdit::returnPressed, this, &ToolRow::searchLeft);
    connect(openTeacher, &QPushButton::clicked, this, &ToolRow::openTeacherRequested);
    connect(openStudent, &QPushButton::clicked, this, &ToolRow::openStudentRequested);
    connect(m_screens, &SegmentedControl::currentChanged, this, &ToolRow::screenRequested);
    connect(m_export, &QPushButton::clicked, this, &ToolRow::exportRequested);
    connect(m_train, &QPushButton::clicked, this, &ToolRow::trainRequested);
    setState(false, false);
}

void ToolRow::setScreen(int index) {
    const QSignalBlocker quiet(m_screens);
    m_screens->setCurrent(index);
    // One filled button a screen: the next step a user would take. On Train and Export the screens
    // hold their own.
    setPrimary(m_export, index == 0);
    m_export->setVisible(index != 2);
    m_train->setVisible(index == 0);
    m_search->setVisible(index == 0);
}

void ToolRow::setState(bool hasPlan, bool canExport) {
    m_screens->setSegmentEnabled(0, hasPlan);
    m_screens->setSegmentEnabled(1, hasPlan || canExport);
    m_screens->setSegmentEnabled(2, canExport);
    m_search->setEnabled(hasPlan);
    m_export->setEnabled(canExport);
    m_train->setEnabled(hasPlan);
}

void ToolRow::focusSearch() {
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void ToolRow::setMatches(int shown, int total) {
    m_search->setToolTip(total > 0 ? tr("%1 of %2").arg(shown).arg(total)
                                   : tr("A name, shape:384, or fresh"));
}

void ToolRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().surface);
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme().border);
}

} // namespace heirloom

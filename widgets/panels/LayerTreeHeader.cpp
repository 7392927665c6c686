// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/LayerTreeHeader.h"

#include "core/selection/LayerRule.h"
#include "widgets/Theme.h"
#include "widgets/controls/NotesButton.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/panels/LayerTree.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QResizeEvent>

#include <algorithm>

namespace heirloom {
namespace {

constexpr int comboSide = 22; ///< room for padding and the arrow on either side of its text

} // namespace

LayerTreeHeader::LayerTreeHeader(QWidget* parent)
    : QWidget(parent), m_teacher(new SectionTitle(tr("Teacher"), {}, this)),
      m_student(new SectionTitle(tr("Student"), {}, this)), m_teacherSource(new SourceButton),
      m_studentSource(new SourceButton), m_teacherNotes(new NotesButton),
      m_studentNotes(new NotesButton), m_rule(new QComboBox) {
    setFixedHeight(28);
    m_rule->setObjectName(QStringLiteral("layerRule"));
    m_rule->setAccessibleName(tr("Which teacher layers are taken"));
    m_rule->setToolTip(tr("Which teacher layers are taken, in each stack of blocks"));
    for (const LayerRule* rule : layerRules()) {
        m_rule->addItem(tr("Layers: %1").arg(QString::fromUtf8(rule->title)),
                        QString::fromUtf8(rule->name));
        m_rule->setItemData(m_rule->count() - 1, QString::fromUtf8(rule->meaning), Qt::ToolTipRole);
    }
    int longest = 0;
    for (int i = 0; i < m_rule->count(); ++i)
        longest = std::max(longest, m_rule->fontMetrics().horizontalAdvance(m_rule->itemText(i)));
    m_rule->view()->setMinimumWidth(longest + 2 * comboSide);
    m_rule->setFrame(false);
    m_teacher->setFixedHeight(height());
    m_student->setFixedHeight(height());
    m_teacherNotes->setObjectName(QStringLiteral("teacherNotes"));
    m_studentNotes->setObjectName(QStringLiteral("studentNotes"));
    m_teacherSource->setObjectName(QStringLiteral("teacherSource"));
    m_studentSource->setObjectName(QStringLiteral("studentSource"));
    m_teacher->addWidget(m_teacherSource);
    m_teacher->addWidget(m_teacherNotes);
    m_student->addWidget(m_studentSource);
    m_student->addWidget(m_studentNotes);
    connect(m_teacherSource, &SourceButton::chosen, this, &LayerTreeHeader::teacherSourceRequested);
    connect(m_studentSource, &SourceButton::chosen, this, &LayerTreeHeader::studentSourceRequested);
    m_student->addWidget(m_rule);
    connect(m_rule, &QComboBox::activated, this, [this](int index) {
        const QString rule = m_rule->itemData(index).toString();
        // What is shown is what the plan has; a rule that it refuses never stands here.
        m_rule->setCurrentIndex(m_rule->findData(m_shown));
        if (!rule.isEmpty())
            emit ruleRequested(rule.toStdString());
    });
}

void LayerTreeHeader::setTitles(const QString& teacher, const QString& student) {
    m_teacher->setDetail(teacher);
    m_student->setDetail(student);
}

void LayerTreeHeader::setNotes(const QStringList& teacher, const QStringList& student) {
    m_teacherNotes->setNotes(teacher);
    m_studentNotes->setNotes(student);
}

void LayerTreeHeader::setSources(const SourceChoices& teacher, const SourceChoices& student) {
    m_teacherSource->setChoices(teacher);
    m_studentSource->setChoices(student);
}

void LayerTreeHeader::setRule(const std::string& rule, bool enabled) {
    const int byHand = m_rule->findData(QString());
    if (rule.empty() && byHand < 0)
        m_rule->addItem(tr("Layers: by hand"), QString());
    else if (!rule.empty() && byHand >= 0)
        m_rule->removeItem(byHand);
    m_shown = QString::fromStdString(rule);
    m_rule->setCurrentIndex(m_rule->findData(m_shown));
    // As wide as what it shows, not as its longest entry: the student's name needs the room.
    m_rule->setFixedWidth(m_rule->fontMetrics().horizontalAdvance(m_rule->currentText()) +
                          2 * comboSide);
    m_rule->setVisible(enabled);
}

void LayerTreeHeader::resizeEvent(QResizeEvent*) {
    const int gutter = LayerTree::gutterWidth(width());
    const int side = (width() - gutter) / 2;
    m_teacher->setGeometry(0, 0, side, height());
    m_student->setGeometry(side + gutter, 0, width() - side - gutter, height());
}

} // namespace heirloom

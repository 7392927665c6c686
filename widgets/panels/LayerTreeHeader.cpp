// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/LayerTreeHeader.h"

#include "widgets/Theme.h"
#include "widgets/controls/SectionTitle.h"
#include "widgets/panels/LayerTree.h"

#include <QComboBox>
#include <QResizeEvent>

namespace heirloom {

LayerTreeHeader::LayerTreeHeader(QWidget* parent)
    : QWidget(parent), m_teacher(new SectionTitle(tr("Teacher"), {}, this)),
      m_student(new SectionTitle(tr("Student"), {}, this)), m_rule(new QComboBox) {
    setFixedHeight(28);
    m_rule->setObjectName(QStringLiteral("layerRule"));
    m_rule->setAccessibleName(tr("Which teacher layers are taken"));
    m_rule->setToolTip(tr("Which teacher layers are taken, in each stack of blocks"));
    m_rule->addItem(tr("First layers"), QStringLiteral("first"));
    m_rule->addItem(tr("Last layers"), QStringLiteral("last"));
    m_rule->addItem(tr("Spaced layers"), QStringLiteral("uniform"));
    m_rule->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_rule->setFrame(false);
    m_teacher->setFixedHeight(height());
    m_student->setFixedHeight(height());
    m_student->addWidget(m_rule);
    connect(m_rule, &QComboBox::activated, this, [this](int index) {
        const QString rule = m_rule->itemData(index).toString();
        if (!rule.isEmpty())
            emit ruleRequested(rule.toStdString());
    });
}

void LayerTreeHeader::setTitles(const QString& teacher, const QString& student) {
    m_teacher->setDetail(teacher);
    m_student->setDetail(student);
}

void LayerTreeHeader::setRule(const std::string& rule, bool enabled) {
    const int byHand = m_rule->findData(QString());
    if (rule.empty() && byHand < 0)
        m_rule->addItem(tr("Layers by hand"), QString());
    else if (!rule.empty() && byHand >= 0)
        m_rule->removeItem(byHand);
    m_rule->setCurrentIndex(m_rule->findData(QString::fromStdString(rule)));
    m_rule->setVisible(enabled);
}

void LayerTreeHeader::resizeEvent(QResizeEvent*) {
    const int gutter = LayerTree::gutterWidth(width());
    const int side = (width() - gutter) / 2;
    m_teacher->setGeometry(0, 0, side, height());
    m_student->setGeometry(side + gutter, 0, width() - side - gutter, height());
}

} // namespace heirloom

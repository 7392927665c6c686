// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/SectionTitle.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"

#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>

namespace heirloom {

SectionTitle::SectionTitle(const QString& title, const QString& detail, QWidget* parent) : QWidget(parent) {
    setFixedHeight(32);
    m_line = new QHBoxLayout(this);
    m_line->setSpacing(Theme::space);
    m_title = new QLabel;
    m_title->setTextFormat(Qt::PlainText);
    m_title->setFont(titleFont());
    m_detail = new ElidedLabel({}, ElidedLabel::Tone::Muted);
    m_line->addWidget(m_title);
    m_line->addWidget(m_detail, 1);
    setPadding(Theme::padding, Theme::padding);
    setTitle(title);
    setDetail(detail);
}

void SectionTitle::setTitle(const QString& title) { m_title->setText(title); }

void SectionTitle::setDetail(const QString& detail) {
    m_detail->setText(detail);
    // What stands at the right gives way before a short detail does.
    m_detail->setMinimumWidth(std::min(m_detail->sizeHint().width(), 120));
}

void SectionTitle::addWidget(QWidget* widget) { m_line->addWidget(widget, 0, Qt::AlignVCenter); }

void SectionTitle::setPadding(int left, int right) { m_line->setContentsMargins(left, 0, right, 0); }

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/StatusRow.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"

#include <QHBoxLayout>

#include <algorithm>

namespace heirloom {

StatusRow::StatusRow(QWidget* parent)
    : QWidget(parent), m_mapped(new ElidedLabel({}, ElidedLabel::Tone::Muted, this)),
      m_fresh(new ElidedLabel({}, ElidedLabel::Tone::Muted, this)),
      m_cell(new ElidedLabel({}, ElidedLabel::Tone::Muted, this)),
      m_device(new ElidedLabel({}, ElidedLabel::Tone::Muted, this)) {
    m_cell->setFont(monospaceFont());
    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(Theme::padding, 0, Theme::padding, 0);
    line->setSpacing(Theme::group);
    line->addWidget(m_mapped);
    line->addWidget(m_fresh);
    line->addWidget(m_cell, 1);
    line->addWidget(m_device);
}

void StatusRow::setPlan(const SelectionPlan* plan) {
    if (!plan) {
        m_mapped->setText({});
        m_fresh->setText({});
        return;
    }
    const auto& layers = plan->mapping.teacherLayer;
    const auto mapped =
        std::count_if(layers.begin(), layers.end(), [](int layer) { return layer >= 0; });
    const int fresh = plan->freshCount();
    m_mapped->setText(tr("%1 of %2 layers mapped").arg(mapped).arg(layers.size()));
    m_fresh->setText(fresh == 0   ? tr("nothing fresh")
                     : fresh == 1 ? tr("1 tensor fresh")
                                  : tr("%1 tensors fresh").arg(fresh));
}

void StatusRow::setCell(const QString& text) { m_cell->setText(text); }

void StatusRow::setDevice(const QString& text) { m_device->setText(text); }

} // namespace heirloom

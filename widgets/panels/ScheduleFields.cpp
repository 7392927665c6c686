// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/ScheduleFields.h"

#include "widgets/Theme.h"
#include "widgets/panels/FormParts.h"
#include "widgets/panels/NumberField.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QSpinBox>

#include <algorithm>
#include <array>

namespace heirloom {

ScheduleFields::ScheduleFields(QWidget* parent)
    : QWidget(parent), m_flip(new QCheckBox(tr("Flip half of the images"))), m_crop(new QSpinBox),
      m_smoothing(new NumberField(0, 0.999)), m_warmup(new NumberField(0, 100'000)),
      m_minimumRate(new NumberField(0, 1e3)), m_decay(new NumberField(0, 100)), m_momentum(new NumberField(0, 0.9999)),
      m_threads(new QSpinBox) {
    m_flip->setObjectName(QStringLiteral("flip"));
    m_crop->setObjectName(QStringLiteral("cropPadding"));
    m_crop->setRange(0, 256);
    m_crop->setSuffix(tr(" px"));
    m_crop->setToolTip(tr("Zero padding before a random crop of the image's size; 0: no crop"));
    m_smoothing->setObjectName(QStringLiteral("labelSmoothing"));
    m_warmup->setObjectName(QStringLiteral("warmupEpochs"));
    m_minimumRate->setObjectName(QStringLiteral("minimumRate"));
    m_minimumRate->setToolTip(tr("Learning rate at the end of the cosine"));
    m_decay->setObjectName(QStringLiteral("weightDecay"));
    m_momentum->setObjectName(QStringLiteral("momentum"));
    m_threads->setObjectName(QStringLiteral("threads"));
    m_threads->setRange(0, 1024);
    m_threads->setSpecialValueText(tr("automatic"));

    QGridLayout* grid = fieldGrid(this);
    grid->addWidget(m_flip, 0, 0, 1, 2);
    grid->setRowMinimumHeight(1, Theme::tight);
    int row = addPair(*grid, 2, tr("Crop padding"), m_crop, tr("Label smoothing"), m_smoothing);
    row = addPair(*grid, row, tr("Warm-up, epochs"), m_warmup, tr("Minimum rate"), m_minimumRate);
    row = addPair(*grid, row, tr("Weight decay"), m_decay, tr("Momentum (SGD)"), m_momentum);
    addWide(*grid, row, tr("CPU threads"), m_threads);

    connect(m_flip, &QCheckBox::toggled, this, &ScheduleFields::changed);
    for (QSpinBox* box : {m_crop, m_threads})
        connect(box, &QSpinBox::valueChanged, this, &ScheduleFields::changed);
    for (NumberField* field : {m_smoothing, m_warmup, m_minimumRate, m_decay, m_momentum})
        connect(field, &QLineEdit::textChanged, this, &ScheduleFields::changed);
}

void ScheduleFields::readFrom(const FineTuneOptions& options) {
    m_flip->setChecked(options.flip);
    m_crop->setValue(options.cropPadding);
    m_smoothing->setValue(options.labelSmoothing);
    m_warmup->setValue(options.warmupEpochs);
    m_minimumRate->setValue(options.minimumLearningRate);
    m_decay->setValue(options.weightDecay);
    m_momentum->setValue(options.momentum);
    m_threads->setValue(options.threads);
}

void ScheduleFields::writeTo(FineTuneOptions& options) const {
    options.flip = m_flip->isChecked();
    options.cropPadding = m_crop->value();
    options.labelSmoothing = m_smoothing->value();
    options.warmupEpochs = m_warmup->value();
    options.minimumLearningRate = m_minimumRate->value();
    options.weightDecay = m_decay->value();
    options.momentum = m_momentum->value();
    options.threads = m_threads->value();
}

void ScheduleFields::setOptimizer(Optimizer optimizer) { m_momentum->setEnabled(optimizer == Optimizer::Sgd); }

bool ScheduleFields::isValid() const {
    const std::array<const NumberField*, 5> fields = {m_smoothing, m_warmup, m_minimumRate, m_decay, m_momentum};
    return std::ranges::all_of(fields, &NumberField::isValid);
}

} // namespace heirloom

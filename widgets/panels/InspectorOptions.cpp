// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/InspectorOptions.h"

#include "widgets/Theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>

#include <algorithm>
#include <limits>

namespace heirloom {

InspectorOptions::InspectorOptions(QWidget* parent)
    : QWidget(parent), m_word(new QLabel(this)), m_seed(new QSpinBox(this)),
      m_position(new QComboBox(this)), m_norm(new QComboBox(this)) {
    m_seed->setObjectName(QStringLiteral("seed"));
    m_seed->setAccessibleName(tr("Seed of the random choice"));
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setKeyboardTracking(false);
    m_position->setObjectName(QStringLiteral("runPosition"));
    m_position->setAccessibleName(tr("Where the run starts"));
    m_position->addItem(tr("First"), static_cast<int>(RunPosition::First));
    m_position->addItem(tr("Centre"), static_cast<int>(RunPosition::Centre));
    m_position->addItem(tr("Last"), static_cast<int>(RunPosition::Last));
    m_norm->setObjectName(QStringLiteral("norm"));
    m_norm->setAccessibleName(tr("Norm of the magnitude"));
    m_norm->addItem(tr("L1"), 1);
    m_norm->addItem(tr("L2"), 2);

    auto* line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::space);
    line->addWidget(m_word);
    line->addStretch();
    for (QWidget* control : {static_cast<QWidget*>(m_seed),
                             static_cast<QWidget*>(m_position),
                             static_cast<QWidget*>(m_norm)}) {
        control->setFixedWidth(120);
        line->addWidget(control);
    }
    connect(m_seed, &QSpinBox::valueChanged, this, [this](int seed) {
        m_selection.seed = static_cast<std::uint64_t>(seed);
        emit selectionChanged(m_selection);
    });
    connect(m_position, &QComboBox::activated, this, [this](int index) {
        m_selection.position = static_cast<RunPosition>(m_position->itemData(index).toInt());
        emit selectionChanged(m_selection);
    });
    connect(m_norm, &QComboBox::activated, this, [this](int index) {
        m_selection.norm = m_norm->itemData(index).toInt();
        emit selectionChanged(m_selection);
    });
}

void InspectorOptions::setSelection(const ElementSelection& selection, std::uint64_t planSeed) {
    m_selection = selection;
    const bool isRandom = selection.strategy == "random";
    const bool isRun = selection.strategy == "consecutive";
    const bool isScore = selection.strategy == "magnitude";
    const QSignalBlocker quiet(m_seed);
    m_seed->setValue(static_cast<int>(std::min<std::uint64_t>(selection.seed.value_or(planSeed),
                                                              std::numeric_limits<int>::max())));
    m_position->setCurrentIndex(m_position->findData(static_cast<int>(selection.position)));
    m_norm->setCurrentIndex(m_norm->findData(selection.norm));
    m_seed->setVisible(isRandom);
    m_position->setVisible(isRun);
    m_norm->setVisible(isScore);
    m_word->setText(isRandom ? tr("Seed")
                    : isRun  ? tr("Run starts at the")
                             : tr("Scored by the norm"));
    setVisible(isRandom || isRun || isScore);
}

} // namespace heirloom

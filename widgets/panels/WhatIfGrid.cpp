// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/WhatIfGrid.h"

#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/plots/Thumbnail.h"

#include <QGridLayout>
#include <QVBoxLayout>

namespace heirloom {
namespace {

constexpr int cardsInRow = 3;

} // namespace

WhatIfGrid::WhatIfGrid(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout) {
    auto* caption =
        new ElidedLabel(tr("Choices, and the energy each keeps"), ElidedLabel::Tone::Muted);
    caption->setFont(smallFont());
    auto* lines = new QVBoxLayout(this);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(Theme::tight);
    lines->addWidget(caption);
    lines->addLayout(m_grid);
    m_grid->setSpacing(Theme::tight);
    for (int column = 0; column < cardsInRow; ++column)
        m_grid->setColumnStretch(column, 1);
}

void WhatIfGrid::setChoices(const std::vector<WhatIf>& choices, float range) {
    while (m_cards.size() < choices.size()) {
        const int at = static_cast<int>(m_cards.size());
        auto* card = new Thumbnail(this);
        m_grid->addWidget(card, at / cardsInRow, at % cardsInRow);
        m_cards.push_back(card);
    }
    for (std::size_t i = 0; i < m_cards.size(); ++i) {
        Thumbnail* card = m_cards[i];
        card->disconnect(this);
        card->setVisible(i < choices.size());
        if (i >= choices.size()) {
            card->setObjectName({}); // nobody shall find a hidden card by its name
            continue;
        }
        card->setWhatIf(choices[i], range);
        connect(
            card, &Thumbnail::clicked, this, [this, choice = choices[i]] { emit chosen(choice); });
    }
    setVisible(!choices.empty());
}

void WhatIfGrid::setStale() {
    for (Thumbnail* card : m_cards)
        card->setEnabled(false);
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"

#include <QWidget>

#include <vector>

class QGridLayout;

namespace heirloom {

class Thumbnail;

/// What each strategy would take, as cards three in a row; a click chooses one.
class WhatIfGrid final : public QWidget {
    Q_OBJECT

public:
    explicit WhatIfGrid(QWidget* parent = nullptr);

    /// \param range of the colours; no choices: hidden
    void setChoices(const std::vector<WhatIf>& choices, float range);
    /// The cards shown are of a plan that has gone; they wait, greyed, for the next choices.
    void setStale();

signals:
    void chosen(const heirloom::WhatIf& choice);

private:
    QGridLayout* m_grid;
    std::vector<Thumbnail*> m_cards;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/selection/WeightSelection.h"

#include <QMessageBox>

#include <vector>

namespace heirloom {

/// Says that the student is wider or deeper than its teacher, and offers the ways in which it can
/// grow all the same. Does not block.
class GrowthOffer final : public QMessageBox {
    Q_OBJECT

public:
    GrowthOffer(const Error& error, const std::vector<Growth>& ways, QWidget* parent = nullptr);

signals:
    void chosen(heirloom::Growth growth);
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <QWidget>

namespace heirloom {

class ElidedLabel;

/// The window's last line: what the plan maps and what is fresh, the cell under the mouse, the
/// training device.
class StatusRow final : public QWidget {
    Q_OBJECT

public:
    explicit StatusRow(QWidget* parent = nullptr);

    void setPlan(const SelectionPlan* plan); ///< null: says nothing
    void setCell(const QString& text);
    void setDevice(const QString& text);

private:
    ElidedLabel* m_mapped;
    ElidedLabel* m_fresh;
    ElidedLabel* m_cell;
    ElidedLabel* m_device;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/ElementSelection.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;

namespace heirloom {

/// The options of one strategy in a line: seed of random, position of consecutive, norm of
/// magnitude; hidden for the others.
class InspectorOptions final : public QWidget {
    Q_OBJECT

public:
    explicit InspectorOptions(QWidget* parent = nullptr);

    /// \param planSeed shown where the selection has no seed of its own
    void setSelection(const ElementSelection& selection, std::uint64_t planSeed);

signals:
    void selectionChanged(const heirloom::ElementSelection& selection);

private:
    ElementSelection m_selection;
    QLabel* m_word;
    QSpinBox* m_seed;
    QComboBox* m_position;
    QComboBox* m_norm;
};

} // namespace heirloom

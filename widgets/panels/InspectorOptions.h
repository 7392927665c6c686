// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/ElementSelection.h"

#include <QHash>
#include <QWidget>

class QFormLayout;

namespace heirloom {

/// The options of one strategy, a line each, made from what the strategy says of them; hidden where
/// it has none. A list of indices is not edited here.
class InspectorOptions final : public QWidget {
    Q_OBJECT

public:
    explicit InspectorOptions(QWidget* parent = nullptr);

    /// \param planSeed shown where the selection has no seed of its own
    void setSelection(const ElementSelection& selection, std::uint64_t planSeed);

signals:
    void selectionChanged(const heirloom::ElementSelection& selection);

private:
    void addOptions(); ///< of m_selection's strategy
    void setOption(const QString& name, const QString& value);

    ElementSelection m_selection;
    std::uint64_t m_planSeed = 0;
    QHash<QString, QString> m_values; ///< of the options that differ from their standard
    QFormLayout* m_lines;
};

} // namespace heirloom

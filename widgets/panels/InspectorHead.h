// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"
#include "core/selection/SelectionPlan.h"

#include <QWidget>

#include <string>
#include <vector>

class QHBoxLayout;
class QLabel;

namespace heirloom {

class ElidedLabel;
class ParameterSwitch;

/// The inspector's first lines: which parameter, from which shape to which, from where; or why it
/// starts fresh.
class InspectorHead final : public QWidget {
    Q_OBJECT

public:
    explicit InspectorHead(QWidget* parent = nullptr);

    /// \param module names of the parameters that share the row, the weight first
    /// \param view null until the weights are read
    void setParameter(const SelectionPlan& plan,
                      const std::string& parameter,
                      const std::vector<std::string>& module,
                      const ParameterView* view);

signals:
    void parameterRequested(const std::string& studentParameter);

private:
    QHBoxLayout* m_nameLine;
    ElidedLabel* m_name;
    ParameterSwitch* m_switch;
    QLabel* m_shapes;
    ElidedLabel* m_source;
    QLabel* m_fresh;
};

} // namespace heirloom

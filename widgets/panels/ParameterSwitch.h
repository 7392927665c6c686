// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <string>
#include <vector>

class QButtonGroup;
class QHBoxLayout;

namespace heirloom {

/// "weight | bias": which tensor of a module is looked at. Hidden where there is but one.
class ParameterSwitch final : public QWidget {
    Q_OBJECT

public:
    explicit ParameterSwitch(QWidget* parent = nullptr);

    void setParameters(const std::vector<std::string>& names, const std::string& current);

signals:
    void parameterChosen(const std::string& name);

private:
    QHBoxLayout* m_line;
    QButtonGroup* m_group;
    std::vector<std::string> m_names;
};

/// "running_mean" of "layer1.0.bn1.running_mean"; the whole name where it has no dot.
[[nodiscard]] std::string lastWord(const std::string& name);

} // namespace heirloom

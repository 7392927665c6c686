// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"
#include "core/selection/SelectionPlan.h"
#include "widgets/panels/MapPanel.h"

#include <QScrollArea>

#include <memory>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace heirloom {

class ElidedLabel;
class EnergyBar;
class HeadMatrixView;
class InspectorHead;
class InspectorOptions;
class InspectorStats;
class Pill;
class WhatIfGrid;

/// All about one student parameter: where it comes from, what decides that, what each other choice
/// would take, what is kept. Says what the plan says at once; what needs the weights comes with
/// setView() and setWhatIfs().
class Inspector final : public QScrollArea {
    Q_OBJECT

public:
    explicit Inspector(QWidget* parent = nullptr);

    /// \param module names of the parameters that share the row, the weight first
    void setParameter(std::shared_ptr<const SelectionPlan> plan,
                      const std::string& parameter,
                      const std::vector<std::string>& module);
    void clear();
    [[nodiscard]] const std::string& parameter() const { return m_parameter; }
    void setView(std::shared_ptr<const ParameterView> view);
    void setWhatIfs(std::shared_ptr<const std::vector<WhatIf>> choices);

    [[nodiscard]] QSize sizeHint() const override { return {300, 600}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {264, 200}; }

signals:
    void parameterRequested(
        const std::string& studentParameter); ///< the other half of the module: weight or bias
    void strategyRequested(const std::string& space,
                           const heirloom::ElementSelection& selection,
                           heirloom::StrategyScope scope);
    void publishedRequested(bool asPublished);

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    [[nodiscard]] QWidget* buildStrategy();
    [[nodiscard]] QWidget* buildScope();
    [[nodiscard]] QWidget* buildHeads();
    [[nodiscard]] QWidget* buildKept();
    void showStrategy();
    void showHeads();
    void showScope();
    void showKept();
    void fillStrategies();
    void request(const ElementSelection& selection);
    [[nodiscard]] const IndexSpace* space() const; ///< the main one; null: none
    [[nodiscard]] ElementSelection selection() const;
    [[nodiscard]] bool isTaken() const;
    [[nodiscard]] bool hasChoice() const;

    std::shared_ptr<const SelectionPlan> m_plan;
    std::shared_ptr<const ParameterView> m_view;
    std::shared_ptr<const std::vector<WhatIf>> m_choices;
    std::string m_parameter;
    std::vector<std::string> m_module;
    int m_space = -1;
    StrategyScope m_scope = StrategyScope::ThisSpace;

    QWidget* m_body;
    QLabel* m_empty;
    InspectorHead* m_head;
    QWidget* m_strategyBox;
    ElidedLabel* m_strategyCaption;
    QComboBox* m_strategy;
    InspectorOptions* m_options;
    WhatIfGrid* m_whatIfs;
    QWidget* m_headBox;
    Pill* m_headPill;
    HeadMatrixView* m_heads;
    QPushButton* m_keepWhole;
    QWidget* m_scopeBox;
    QToolButton* m_applyThis;
    QToolButton* m_applyAll;
    ElidedLabel* m_coupling;
    QWidget* m_keptBox;
    ElidedLabel* m_keptText;
    EnergyBar* m_kept;
    InspectorStats* m_stats;
};

} // namespace heirloom

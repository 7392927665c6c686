// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"
#include "core/model/ModelSpec.h"
#include "core/selection/SelectionPlan.h"
#include "widgets/controls/SourceButton.h"

#include <QStringList>
#include <QWidget>

#include <memory>
#include <string>
#include <vector>

namespace heirloom {

/// How far a change of strategy reaches.
enum class StrategyScope {
    ThisSpace, ///< the index space of the selected layer
    AllLikeIt  ///< the same space in every block: blocks.*.mlp
};

/// Teacher tree, gutter with links, student tree; the dual heatmap below; the inspector on the
/// right. Shows the plan it is given and asks by signal for another one.
class MapPanel final : public QWidget {
    Q_OBJECT

public:
    explicit MapPanel(QWidget* parent = nullptr);
    ~MapPanel() override;

    void setTitles(const QString& teacher,
                   const QString& student); ///< "vit_small_patch16_224 · 22.1 M · F32"
    /// What the teacher's file, and the student's file and the plan, have to tell.
    void setNotes(const QStringList& teacher, const QStringList& student);
    /// What of each file is read, and what else could be.
    void setSources(const SourceChoices& teacher, const SourceChoices& student);
    void setPlan(std::shared_ptr<const SelectionPlan>
                     plan); ///< keeps the selected row where it still exists; null: empty state.
                            ///< Emits no viewRequested: ask currentParameter()
    /// The student parameter shown now; empty when none.
    [[nodiscard]] std::string currentParameter() const;
    void selectParameter(const std::string& studentParameter);

    /// Answer to viewRequested; ignored when another parameter was selected meanwhile.
    void setView(std::shared_ptr<const ParameterView> view);
    void setWhatIfs(const std::string& studentParameter,
                    std::shared_ptr<const std::vector<WhatIf>> choices);
    void setViewBusy(bool busy);
    /// Inline bar above the inspector; the plan stays the last good one. Empty hides it.
    void showError(const QString& text);
    void setFilter(const QString& text); ///< from the search field: names, "shape:384", "fresh"
    void focusFilterResults();

signals:
    void viewRequested(const std::string& studentParameter);
    void strategyRequested(const std::string& space,
                           const heirloom::ElementSelection& selection,
                           heirloom::StrategyScope scope);
    void publishedRequested(bool asPublished);
    /// A student layer fed by another teacher layer of the same stack; -1: fresh.
    void layerRequested(const std::string& stack, int studentPosition, int teacherPosition);
    void layerRuleRequested(const std::string& rule); ///< name in layerRules()
    void teacherSourceRequested(const heirloom::SourceChoice& choice);
    void studentSourceRequested(const heirloom::SourceChoice& choice);
    void cellHovered(const QString& text); ///< "student [338, 76] ← teacher [676, 152] = 0.0134";
                                           ///< empty when left
    void matchCountChanged(int shown, int total);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    class Private;
    Private* d;
};

} // namespace heirloom

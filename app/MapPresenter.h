// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/Document.h"
#include "app/JobRunner.h"
#include "widgets/panels/MapPanel.h"

#include <QObject>

#include <string>

namespace heirloom {

/// Between the Map screen and the Document: answers what the panel asks to see, turns its wishes
/// into undo steps.
class MapPresenter final : public QObject {
    Q_OBJECT

public:
    MapPresenter(Document& document, JobRunner& jobs, MapPanel& panel, QObject* parent = nullptr);

    void setLayerRule(const std::string& rule);
    void setPublished(bool asPublished);

private:
    void showPlan();
    void view(const std::string& parameter);
    void setStrategy(const std::string& space,
                     const ElementSelection& selection,
                     StrategyScope scope);
    void setLayer(const std::string& stack, int studentPosition, int teacherPosition);

    Document& m_document;
    JobRunner& m_jobs;
    MapPanel& m_panel;
};

/// "blocks.3.mlp" -> "blocks.*.mlp": the same space in every block.
[[nodiscard]] std::string patternLike(const std::string& space);

/// `options` with another strategy for one space, or for all like it; entries that the new one
/// hides are dropped.
[[nodiscard]] SelectionOptions withStrategy(SelectionOptions options,
                                            const std::string& space,
                                            const ElementSelection& selection,
                                            StrategyScope scope);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <QUndoCommand>

#include <memory>

namespace heirloom {

class Document;

/// One change of the choices between teacher and student. Holds options and plans (index lists
/// shared between plans), never tensors.
class SetSelectionCommand final : public QUndoCommand {
public:
    struct State {
        SelectionOptions options;
        std::shared_ptr<const SelectionPlan> plan;
    };

    SetSelectionCommand(Document& document, State before, State after, const QString& text);

    void undo() override;
    void redo() override;

private:
    Document& m_document;
    State m_before;
    State m_after;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commands/SetSelectionCommand.h"

#include "app/Document.h"

namespace heirloom {

SetSelectionCommand::SetSelectionCommand(Document& document,
                                         State before,
                                         State after,
                                         const QString& text)
    : QUndoCommand(text), m_document(document), m_before(std::move(before)),
      m_after(std::move(after)) {}

void SetSelectionCommand::undo() { m_document.setSelection(m_before.options, m_before.plan); }

void SetSelectionCommand::redo() { m_document.setSelection(m_after.options, m_after.plan); }

} // namespace heirloom

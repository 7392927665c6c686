// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QStringList>

namespace heirloom {

/// "2 notes" in an outline: what a user should know of a file or a plan and need not act on. A
/// press shows the sentences in a small window that can be copied from; hidden without notes.
class NotesButton final : public QAbstractButton {
    Q_OBJECT

public:
    explicit NotesButton(QWidget* parent = nullptr);

    void setNotes(const QStringList& notes);
    [[nodiscard]] const QStringList& notes() const { return m_notes; }
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showNotes();

    QStringList m_notes;
};

} // namespace heirloom

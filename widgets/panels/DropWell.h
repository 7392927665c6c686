// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/controls/SourceButton.h"

#include <QStringList>
#include <QWidget>

class QVBoxLayout;

namespace heirloom {

/// A dashed field to drop a file on, with a button that asks for one; filled, it says what it holds.
class DropWell final : public QWidget {
    Q_OBJECT

public:
    /// \param word "Teacher"; `iconName` of resources/icons; `invitation` a muted line for the empty well
    DropWell(const QString& word, const QString& iconName, const QString& invitation, QWidget* parent = nullptr);
    ~DropWell() override;

    void setContent(const QString& title, const QString& detail); ///< empty title: nothing there
    void setSource(const SourceChoices& choices); ///< what of the file is read
    [[nodiscard]] bool isFilled() const;
    void setBusy(bool busy);
    void setSuggested(bool suggested); ///< its button is the next step: filled with the accent
    void addExtra(QWidget* widget);    ///< below the invitation of the empty well

signals:
    void filesDropped(const QStringList& paths); ///< one at least
    void chooseRequested();
    void sourceRequested(const heirloom::SourceChoice& choice);

protected:
    void paintEvent(QPaintEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    class Private;
    Private* d;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/controls/SourceButton.h"
#include "widgets/panels/RecentList.h"

#include <QList>
#include <QPair>
#include <QString>
#include <QWidget>

namespace heirloom {

/// Shown when nothing is open: two wells to drop files on, what was open before, and the built-in example.
/// Stays while only one of teacher and student is there: the filled well shows what it holds, and with a teacher the fitting students are offered as cards.
class StartPage final : public QWidget {
    Q_OBJECT

public:
    explicit StartPage(QWidget* parent = nullptr);
    ~StartPage() override;

    void setRecents(const QList<RecentFile>& recents);
    /// Empty title: the well is empty again. `detail` is a muted line below.
    void setTeacher(const QString& title, const QString& detail);
    void setStudent(const QString& title, const QString& detail);
    /// What of each file is read, and what else could be.
    void setSources(const SourceChoices& teacher, const SourceChoices& student);
    /// Names with a line each that fit the open teacher ("vit_tiny_patch16_224", "192 wide, 12 blocks · 5.7 M").
    void setSuggestions(const QList<QPair<QString, QString>>& students);
    void setBusy(bool teacher, bool student);
    /// An inline bar; an empty text hides it.
    void showError(const QString& text);

signals:
    void teacherFileRequested(const QString& path); ///< empty: ask the user for a file
    void studentFileRequested(const QString& path); ///< empty: ask the user for a file
    void studentNameRequested(const QString& name); ///< a timm name, with changes
    void exampleRequested();
    void teacherSourceRequested(const heirloom::SourceChoice& choice);
    void studentSourceRequested(const heirloom::SourceChoice& choice);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    class Private;
    Private* d;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QStringList>

class QMainWindow;

namespace heirloom {

/// What a dropped or chosen file is for.
enum class FileUse { Teacher, Student, Recipe };

/// Asks for files in dialogs that do not block, and sorts what is dropped.
class FileRequests final : public QObject {
    Q_OBJECT

public:
    explicit FileRequests(QMainWindow& window);

    void askFor(FileUse use);
    /// \param suggestion file name
    void askWhereToSaveRecipe(const QString& suggestion);
    /// Two checkpoints at once: the larger one is the teacher. One: the side that is still empty,
    /// the teacher first. A recipe goes after them.
    void drop(const QStringList& paths, bool hasTeacher, bool hasStudent);

signals:
    void chosen(heirloom::FileUse use, const QString& path);
    void recipePathChosen(const QString& path);

private:
    QMainWindow& m_window;
};

} // namespace heirloom

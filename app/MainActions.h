// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/StartPage.h"

#include <QObject>

class QAction;
class QMainWindow;
class QMenu;

namespace heirloom {

class Document;

/// The menu bar and every action with its key. Says what was asked for; does nothing itself.
class MainActions final : public QObject {
    Q_OBJECT

public:
    MainActions(QMainWindow& window, Document& document);

    /// Which actions make sense now.
    void setState(bool hasTeacher, bool hasPlan, bool hasRuns);
    /// Fills the menu of recent files.
    void setRecents(const QList<RecentFile>& files);

signals:
    void openTeacherRequested();
    void recentRequested(const QString& path);
    void openStudentRequested();
    void openStudentFileRequested();
    void exampleRequested();
    void exportRequested();
    void closeRequested();
    void screenRequested(int index); ///< 0 Map, 1 Train, 2 Export
    void findRequested();
    void copyCommandLineRequested();
    void openRecipeRequested();
    void saveRecipeRequested();
    void pauseRequested();
    void stopAllRequested();
    void resetLayoutRequested();
    void aboutRequested();

private:
    QMenu* m_recents;
    QAction* m_saveRecipe;
    QAction* m_export;
    QAction* m_close;
    QAction* m_copy;
    QAction* m_find;
    QAction* m_pause;
    QAction* m_stop;
};

} // namespace heirloom

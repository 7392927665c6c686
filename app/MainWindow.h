// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/Document.h"
#include "app/JobRunner.h"
#include "app/Recents.h"
#include "app/RunMonitor.h"

#include <QMainWindow>

class QStackedWidget;

namespace heirloom {

class ExportPanel;
class ExportPresenter;
class FileRequests;
class JobStrip;
class MainActions;
class MapPanel;
class MapPresenter;
class StartPage;
class StatusRow;
class ToolRow;
class TrainPanel;
class TrainPresenter;

/// Puts the screens together: start page, Map, Train, Export, the job strip and the status bar.
/// What the screens do is the presenters' work.
class MainWindow final : public QMainWindow {
    Q_OBJECT

public:
    enum class Screen { Start = -1, Map = 0, Train = 1, Export = 2 };

    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    void openTeacher(const QString& text);
    void openStudent(const QString& text);
    void openExample();
    void showScreen(Screen screen);

    [[nodiscard]] Document& document() { return m_document; }
    [[nodiscard]] RunMonitor& runs() { return m_runs; }
    [[nodiscard]] JobRunner& jobs() { return m_jobs; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildStatusBar();
    void connectActions();
    void connectStartPage();
    void connectDocument();
    void connectRuns();
    void offerGrowth(const Error& error, const std::vector<Growth>& ways);
    void askForStudent();
    void refresh();      ///< which screens and actions make sense now
    void refreshStart(); ///< wells and suggestions
    void refreshRecents();
    void showFinished(int id);

    JobRunner m_jobs; ///< first, so that presenters and panels can use it all their life
    Document m_document;
    RunMonitor m_runs;
    Recents m_recents;

    MainActions* m_actions;
    ToolRow* m_tools;
    QStackedWidget* m_screens;
    StartPage* m_start;
    MapPanel* m_map;
    TrainPanel* m_train;
    ExportPanel* m_export;
    JobStrip* m_strip;
    FileRequests* m_files;
    StatusRow* m_status;
    MapPresenter* m_mapPresenter;
    TrainPresenter* m_trainPresenter;
    ExportPresenter* m_exportPresenter;
    int m_stripRun = 0; ///< shown in the strip; 0: none
    bool m_splittersRestored = false;
    bool m_closing = false; ///< the user agreed to lose the runs
    Screen m_screen = Screen::Start;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/MainActions.h"

#include "app/Document.h"
#include "app/SelectionMenu.h"
#include "widgets/Theme.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QFileInfo>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>

namespace heirloom {
namespace {

QAction* add(QMenu* menu, const QString& text, const QKeySequence& key, const char* name) {
    auto* action = menu->addAction(text);
    action->setShortcut(key);
    action->setObjectName(name);
    return action;
}

} // namespace

MainActions::MainActions(QMainWindow& window, Document& document) : QObject(&window) {
    auto* bar = window.menuBar();

    auto* file = bar->addMenu(tr("&File"));
    connect(add(file, tr("Open &teacher…"), QKeySequence("Ctrl+O"), "actionOpenTeacher"),
            &QAction::triggered,
            this,
            &MainActions::openTeacherRequested);
    connect(add(file, tr("Open &student…"), QKeySequence("Ctrl+Shift+O"), "actionOpenStudent"),
            &QAction::triggered,
            this,
            &MainActions::openStudentRequested);
    connect(add(file, tr("Open student from &file…"), {}, "actionOpenStudentFile"),
            &QAction::triggered,
            this,
            &MainActions::openStudentFileRequested);
    m_recents = file->addMenu(tr("&Recent"));
    connect(add(file, tr("Built-in &example"), {}, "actionExample"),
            &QAction::triggered,
            this,
            &MainActions::exampleRequested);
    file->addSeparator();
    connect(add(file, tr("Open &recipe…"), {}, "actionOpenRecipe"),
            &QAction::triggered,
            this,
            &MainActions::openRecipeRequested);
    m_saveRecipe = add(file, tr("&Save recipe…"), QKeySequence("Ctrl+S"), "actionSaveRecipe");
    connect(m_saveRecipe, &QAction::triggered, this, &MainActions::saveRecipeRequested);
    m_export = add(file, tr("&Export student…"), QKeySequence("Ctrl+E"), "actionExport");
    connect(m_export, &QAction::triggered, this, &MainActions::exportRequested);
    m_close = add(file, tr("&Close both"), QKeySequence("Ctrl+W"), "actionClose");
    connect(m_close, &QAction::triggered, this, &MainActions::closeRequested);
    file->addSeparator();
    connect(add(file, tr("&Quit"), QKeySequence("Ctrl+Q"), "actionQuit"),
            &QAction::triggered,
            &window,
            &QWidget::close);

    auto* edit = bar->addMenu(tr("&Edit"));
    auto* undo = document.undoStack().createUndoAction(this, tr("&Undo"));
    undo->setShortcut(QKeySequence("Ctrl+Z"));
    undo->setObjectName("actionUndo");
    auto* redo = document.undoStack().createRedoAction(this, tr("&Redo"));
    redo->setShortcut(QKeySequence("Ctrl+Shift+Z"));
    redo->setObjectName("actionRedo");
    edit->addActions({undo, redo});
    edit->addSeparator();
    m_copy = add(
        edit, tr("&Copy as command line"), QKeySequence("Ctrl+Shift+C"), "actionCopyCommandLine");
    connect(m_copy, &QAction::triggered, this, &MainActions::copyCommandLineRequested);
    m_find = add(edit, tr("&Search layers"), QKeySequence("Ctrl+F"), "actionFind");
    connect(m_find, &QAction::triggered, this, &MainActions::findRequested);

    auto* view = bar->addMenu(tr("&View"));
    const char* const screens[] = {QT_TR_NOOP("&Map"), QT_TR_NOOP("&Train"), QT_TR_NOOP("&Export")};
    for (int i = 0; i < 3; ++i) {
        auto* action =
            add(view, tr(screens[i]), QKeySequence(QString("Alt+%1").arg(i + 1)), "actionScreen");
        connect(action, &QAction::triggered, this, [this, i] { emit screenRequested(i); });
    }
    view->addSeparator();
    auto* themes = view->addMenu(tr("T&heme"));
    auto* group = new QActionGroup(this);
    const std::pair<QString, ThemeChoice> choices[] = {{tr("&System"), ThemeChoice::System},
                                                       {tr("&Light"), ThemeChoice::Light},
                                                       {tr("&Dark"), ThemeChoice::Dark}};
    for (const auto& [text, choice] : choices) {
        auto* action = themes->addAction(text);
        action->setCheckable(true);
        action->setChecked(themeChoice() == choice);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [choice = choice] {
            applyTheme(*qApp, choice);
            QSettings().setValue("theme", static_cast<int>(choice));
        });
    }
    auto* full = add(view, tr("&Full screen"), QKeySequence("F11"), "actionFullScreen");
    full->setCheckable(true);
    connect(full, &QAction::toggled, &window, [&window](bool on) {
        on ? window.showFullScreen() : window.showNormal();
    });
    connect(add(view, tr("&Reset layout"), {}, "actionResetLayout"),
            &QAction::triggered,
            this,
            &MainActions::resetLayoutRequested);

    new SelectionMenu(bar->addMenu(tr("&Selection")), document);

    auto* train = bar->addMenu(tr("&Train"));
    connect(add(train, tr("&Fine-tune…"), QKeySequence("T"), "actionTrain"),
            &QAction::triggered,
            this,
            [this] { emit screenRequested(1); });
    m_pause = add(train, tr("&Pause or resume"), QKeySequence("P"), "actionPause");
    connect(m_pause, &QAction::triggered, this, &MainActions::pauseRequested);
    m_stop = add(train, tr("&Stop all runs"), {}, "actionStopAll");
    connect(m_stop, &QAction::triggered, this, &MainActions::stopAllRequested);

    auto* help = bar->addMenu(tr("&Help"));
    connect(add(help, tr("&About Heirloom"), {}, "actionAbout"),
            &QAction::triggered,
            this,
            &MainActions::aboutRequested);
    setState(false, false, false);
}

void MainActions::setRecents(const QList<RecentFile>& files) {
    m_recents->clear();
    for (int i = 0; i < files.size(); ++i) {
        auto* action = m_recents->addAction(QFileInfo(files[i].path).fileName());
        action->setShortcut(QKeySequence(QString("Ctrl+%1").arg(i + 1)));
        action->setEnabled(files[i].exists);
        action->setToolTip(files[i].path);
        connect(action, &QAction::triggered, this, [this, path = files[i].path] {
            emit recentRequested(path);
        });
    }
    m_recents->setEnabled(!files.isEmpty());
}

void MainActions::setState(bool hasTeacher, bool hasPlan, bool hasRuns) {
    m_export->setEnabled(hasPlan || hasRuns);
    m_close->setEnabled(hasTeacher);
    m_saveRecipe->setEnabled(hasPlan);
    m_copy->setEnabled(hasPlan);
    m_find->setEnabled(hasPlan);
    m_pause->setEnabled(hasRuns);
    m_stop->setEnabled(hasRuns);
}

} // namespace heirloom

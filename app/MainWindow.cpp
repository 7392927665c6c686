// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/MainWindow.h"

#include "app/Example.h"
#include "app/ExportPresenter.h"
#include "app/FileRequests.h"
#include "app/GrowthOffer.h"
#include "app/MainActions.h"
#include "app/MapPresenter.h"
#include "app/MessageBoxes.h"
#include "app/ModelSource.h"
#include "app/SelectCommand.h"
#include "app/StatusRow.h"
#include "app/StudentDialog.h"
#include "app/ToolRow.h"
#include "app/TrainPresenter.h"
#include "app/WindowLayout.h"
#include "widgets/Theme.h"
#include "widgets/panels/ExportPanel.h"
#include "widgets/panels/JobStrip.h"
#include "widgets/panels/MapPanel.h"
#include "widgets/panels/StartPage.h"
#include "widgets/panels/TrainPanel.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPointer>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QVBoxLayout>

#include <utility>

namespace heirloom {
namespace {

constexpr int noteTime = 10000; ///< ms that a note stays in the status bar

} // namespace

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent), m_document(m_jobs), m_actions(new MainActions(*this, m_document)),
      m_tools(new ToolRow(this)), m_screens(new QStackedWidget(this)), m_start(new StartPage(this)),
      m_map(new MapPanel(this)), m_train(new TrainPanel(this)), m_export(new ExportPanel(this)),
      m_strip(new JobStrip(this)), m_files(new FileRequests(*this)), m_status(new StatusRow(this)),
      m_mapPresenter(new MapPresenter(m_document, m_jobs, *m_map, this)),
      m_trainPresenter(new TrainPresenter(m_document, m_jobs, m_runs, *m_train, this)),
      m_exportPresenter(new ExportPresenter(m_document, m_jobs, m_runs, *m_export, this)) {
    setWindowTitle("Heirloom");
    setAcceptDrops(true);
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_tools);
    column->addWidget(m_screens, 1);
    column->addWidget(m_strip);
    for (QWidget* screen : {static_cast<QWidget*>(m_map),
                            static_cast<QWidget*>(m_train),
                            static_cast<QWidget*>(m_export),
                            static_cast<QWidget*>(m_start)})
        m_screens->addWidget(screen);
    setCentralWidget(centre);
    m_strip->hide();
    buildStatusBar();
    connectActions();
    connectStartPage();
    connectDocument();
    connectRuns();
    // The digits are offered as data whatever is open; a missing sample is told when the example is
    // asked for.
    if (const auto example = builtInExample()) {
        m_train->setBuiltInData(tr("Digits"), example->data);
        m_trainPresenter->setDefaults(example->data, example->options);
    }
    refreshRecents();
    heirloom::restoreGeometry(*this);
    showScreen(Screen::Start);
    refresh();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildStatusBar() {
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_status, 1);
    connect(m_map, &MapPanel::cellHovered, m_status, &StatusRow::setCell);
    connect(m_trainPresenter, &TrainPresenter::engineReady, this, [this] {
        m_status->setDevice(m_trainPresenter->deviceText());
    });
}

void MainWindow::connectActions() {
    connect(m_actions, &MainActions::openTeacherRequested, this, [this] {
        m_files->askFor(FileUse::Teacher);
    });
    connect(m_actions, &MainActions::recentRequested, this, &MainWindow::openTeacher);
    connect(m_actions, &MainActions::openStudentRequested, this, &MainWindow::askForStudent);
    connect(m_actions, &MainActions::openStudentFileRequested, this, [this] {
        m_files->askFor(FileUse::Student);
    });
    connect(m_actions, &MainActions::exampleRequested, this, &MainWindow::openExample);
    connect(m_actions, &MainActions::exportRequested, this, [this] { showScreen(Screen::Export); });
    connect(m_actions, &MainActions::closeRequested, &m_document, &Document::close);
    connect(m_actions, &MainActions::screenRequested, this, [this](int index) {
        showScreen(static_cast<Screen>(index));
    });
    connect(m_actions, &MainActions::findRequested, this, [this] {
        showScreen(Screen::Map);
        m_tools->focusSearch();
    });
    connect(m_actions, &MainActions::copyCommandLineRequested, this, [this] {
        QApplication::clipboard()->setText(selectCommand(m_document.teacherText(),
                                                         m_document.studentText(),
                                                         m_document.options(),
                                                         "student.safetensors"));
        statusBar()->showMessage(tr("Copied: the command that makes this student"), 3000);
    });
    connect(m_actions, &MainActions::openRecipeRequested, this, [this] {
        m_files->askFor(FileUse::Recipe);
    });
    connect(m_actions, &MainActions::saveRecipeRequested, this, [this] {
        m_files->askWhereToSaveRecipe("selection.heirloom.json");
    });
    connect(m_files, &FileRequests::chosen, this, [this](FileUse use, const QString& path) {
        use == FileUse::Teacher   ? openTeacher(path)
        : use == FileUse::Student ? openStudent(path)
                                  : m_document.openRecipe(path);
    });
    connect(m_files, &FileRequests::recipePathChosen, &m_document, &Document::saveRecipe);
    connect(m_actions, &MainActions::pauseRequested, this, [this] {
        if (const auto* run = m_runs.find(m_stripRun))
            run->snapshot().state == RunState::Paused ? m_runs.resume(m_stripRun)
                                                      : m_runs.pause(m_stripRun);
    });
    connect(m_actions, &MainActions::stopAllRequested, &m_runs, &RunMonitor::stopAll);
    connect(m_actions, &MainActions::resetLayoutRequested, this, [this] { setFirstSize(*this); });
    connect(m_actions, &MainActions::aboutRequested, this, [this] { showAbout(this); });
    connect(m_tools, &ToolRow::openTeacherRequested, this, [this] {
        m_files->askFor(FileUse::Teacher);
    });
    connect(m_tools, &ToolRow::openStudentRequested, this, &MainWindow::askForStudent);
    connect(m_tools, &ToolRow::screenRequested, this, [this](int index) {
        showScreen(static_cast<Screen>(index));
    });
    connect(m_tools, &ToolRow::searchChanged, m_map, &MapPanel::setFilter);
    connect(m_tools, &ToolRow::searchLeft, m_map, &MapPanel::focusFilterResults);
    connect(m_tools, &ToolRow::exportRequested, this, [this] { showScreen(Screen::Export); });
    connect(m_tools, &ToolRow::trainRequested, this, [this] { showScreen(Screen::Train); });
    connect(m_map, &MapPanel::matchCountChanged, m_tools, &ToolRow::setMatches);
}

void MainWindow::connectStartPage() {
    connect(m_start, &StartPage::teacherFileRequested, this, [this](const QString& path) {
        path.isEmpty() ? m_files->askFor(FileUse::Teacher) : openTeacher(path);
    });
    connect(m_start, &StartPage::studentFileRequested, this, [this](const QString& path) {
        path.isEmpty() ? askForStudent() : openStudent(path);
    });
    connect(m_start, &StartPage::studentNameRequested, this, &MainWindow::openStudent);
    connect(m_start, &StartPage::exampleRequested, this, &MainWindow::openExample);
    connect(m_start, &StartPage::teacherSourceRequested, &m_document, &Document::readTeacherFrom);
    connect(m_start, &StartPage::studentSourceRequested, &m_document, &Document::readStudentFrom);
}

void MainWindow::connectDocument() {
    connect(&m_jobs, &JobRunner::busyChanged, this, [this](const QString& lane, bool) {
        if (lane == "teacher" || lane == "student")
            m_start->setBusy(m_jobs.isBusy("teacher"), m_jobs.isBusy("student"));
    });
    const auto failed = [this](const Error& error) {
        m_start->showError(QString::fromStdString(error.message()));
        m_map->showError(QString::fromStdString(error.message()));
    };
    connect(&m_document, &Document::teacherFailed, this, failed);
    connect(&m_document, &Document::studentFailed, this, failed);
    connect(&m_document, &Document::planFailed, this, failed);
    connect(&m_document, &Document::recipeFailed, this, failed);
    connect(&m_document, &Document::growthOffered, this, &MainWindow::offerGrowth);
    connect(&m_document, &Document::recipeSaved, this, [this](const QString& path) {
        statusBar()->showMessage(tr("Recipe saved: %1").arg(path), noteTime);
    });
    connect(&m_document, &Document::recipeNoted, this, [this](const QString& text) {
        statusBar()->showMessage(text, noteTime);
        m_start->showError(text);
    });
    connect(&m_document, &Document::teacherChanged, this, [this] {
        m_start->showError({});
        if (const auto& teacher = m_document.teacher())
            m_recents.remember(recentText(*teacher, m_document.teacherText()),
                               QString::fromStdString(teacher->title()));
        refreshRecents();
        refreshStart();
        refresh();
    });
    connect(&m_document, &Document::studentChanged, this, [this] {
        m_start->showError({});
        if (const auto& student = m_document.student(); student && student->checkpoint)
            m_recents.remember(recentText(*student, m_document.studentText()),
                               QString::fromStdString(student->title()));
        refreshRecents();
        refreshStart();
        refresh();
    });
    connect(&m_document, &Document::planChanged, this, [this] {
        if (m_document.plan() && m_screen == Screen::Start)
            showScreen(Screen::Map);
        else if (!m_document.plan() && m_screen != Screen::Start && m_runs.ids().empty())
            showScreen(Screen::Start);
        refresh();
    });
}

void MainWindow::connectRuns() {
    connect(m_trainPresenter, &TrainPresenter::runAdded, this, [this](int id) {
        m_stripRun = id;
        refresh();
    });
    connect(m_trainPresenter, &TrainPresenter::exportRequested, this, [this](int id) {
        showScreen(Screen::Export);
        m_exportPresenter->show(id);
    });
    connect(&m_runs, &RunMonitor::snapshotTaken, this, [this](int id, const RunSnapshot& snapshot) {
        if (id != m_stripRun)
            return;
        m_strip->setRunCount(m_runs.activeCount());
        if (const auto* row = m_trainPresenter->row(id))
            m_strip->setRun(*row, snapshot, m_runs.recentLosses(id));
    });
    connect(&m_runs, &RunMonitor::finished, this, &MainWindow::showFinished);
    connect(m_strip, &JobStrip::pauseRequested, &m_runs, &RunMonitor::pause);
    connect(m_strip, &JobStrip::resumeRequested, &m_runs, &RunMonitor::resume);
    connect(m_strip, &JobStrip::stopRequested, &m_runs, &RunMonitor::stop);
    connect(m_strip, &JobStrip::clicked, this, [this] { showScreen(Screen::Train); });
}

void MainWindow::openTeacher(const QString& text) { m_document.openTeacher(text); }

void MainWindow::openStudent(const QString& text) { m_document.openStudent(text); }

void MainWindow::openExample() {
    const auto example = builtInExample();
    if (!example) {
        m_start->showError(QString::fromStdString(example.error().message()));
        return;
    }
    m_trainPresenter->setDefaults(example->data, example->options);
    m_document.close();
    openTeacher(QString::fromStdString(example->teacher.string()));
    openStudent(QString::fromStdString(example->studentName));
}

void MainWindow::offerGrowth(const Error& error, const std::vector<Growth>& ways) {
    auto* offer = new GrowthOffer(error, ways, this);
    connect(offer, &GrowthOffer::chosen, &m_document, &Document::grow);
    offer->open();
}

void MainWindow::askForStudent() {
    std::optional<ModelCost> cost;
    if (const auto& teacher = m_document.teacher())
        cost = modelCost(*teacher->spec);
    auto* dialog = new StudentDialog(cost ? &*cost : nullptr, m_document.studentText(), this);
    connect(dialog, &StudentDialog::studentChosen, this, &MainWindow::openStudent);
    connect(
        dialog, &StudentDialog::fileRequested, this, [this] { m_files->askFor(FileUse::Student); });
    connect(dialog, &StudentDialog::adviceRequested, this, [this, dialog](const Budget& budget) {
        m_document.requestAdvice(budget, [target = QPointer(dialog)](auto advice) {
            if (target)
                target->setAdvice(advice);
        });
    });
    dialog->open();
    dialog->start();
}

void MainWindow::showScreen(Screen screen) {
    m_screen = screen;
    switch (screen) {
    case Screen::Start:
        m_screens->setCurrentWidget(m_start);
        break;
    case Screen::Map:
        m_screens->setCurrentWidget(m_map);
        // Only once it has its size: the panel shares it out by itself when first shown.
        if (!std::exchange(m_splittersRestored, true))
            QTimer::singleShot(0, this, [this] { restoreSplitters(*this); });
        break;
    case Screen::Train:
        m_screens->setCurrentWidget(m_train);
        m_trainPresenter->prepare();
        break;
    case Screen::Export:
        m_screens->setCurrentWidget(m_export);
        m_exportPresenter->show(-1);
        break;
    }
    m_tools->setScreen(static_cast<int>(screen));
    refresh();
}

void MainWindow::refresh() {
    const auto plan = m_document.plan();
    const bool hasRuns = !m_runs.ids().empty();
    m_tools->setVisible(m_screen != Screen::Start);
    m_tools->setState(plan != nullptr, plan != nullptr || hasRuns);
    m_actions->setState(m_document.teacher().has_value(), plan != nullptr, hasRuns);
    // The Train screen has its own list of runs; the strip is for the other screens.
    m_strip->setVisible(m_stripRun != 0 && m_screen != Screen::Train);
    statusBar()->setVisible(m_screen != Screen::Start);
    m_status->setPlan(plan.get());
    if (!plan) {
        setWindowTitle("Heirloom");
        return;
    }
    setWindowTitle(tr("%1 → %2 · Heirloom")
                       .arg(QString::fromStdString(spokenName(*plan->teacher)),
                            QString::fromStdString(spokenName(*plan->student))));
}

void MainWindow::refreshStart() {
    const auto& teacher = m_document.teacher();
    const auto& student = m_document.student();
    const auto title = [](const auto& model) {
        return model ? QString::fromStdString(model->title()) : QString();
    };
    m_start->setTeacher(sourceName(teacher), title(teacher));
    m_start->setStudent(sourceName(student), title(student));
    m_start->setSources(sourceOf(teacher), sourceOf(student));
    m_start->setSuggestions(student ? QList<QPair<QString, QString>>()
                                    : m_document.suggestedStudents());
}

void MainWindow::refreshRecents() {
    const auto files = m_recents.files();
    m_start->setRecents(files);
    m_actions->setRecents(files);
}

void MainWindow::showFinished(int id) {
    const auto* run = m_runs.find(id);
    const auto* row = m_trainPresenter->row(id);
    if (!run || !row)
        return;
    const auto snapshot = run->snapshot();
    if (!snapshot.message.empty())
        statusBar()->showMessage(row->label + ": " + QString::fromStdString(snapshot.message),
                                 10000);
    if (id != m_stripRun)
        return;
    // Another run may still be on its way: the strip goes on to the newest of those.
    for (const int other : m_runs.ids())
        if (!m_runs.find(other)->isFinished())
            m_stripRun = other;
    refresh();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    saveLayout(*this, m_splittersRestored);
    if (m_runs.activeCount() == 0 || m_closing) {
        event->accept();
        return;
    }
    // Fine-tuning that has not ended is work that would be lost.
    event->ignore();
    askToQuit(this, m_runs.activeCount(), [this] {
        m_closing = true;
        close();
    });
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    QStringList paths;
    for (const auto& url : event->mimeData()->urls())
        if (url.isLocalFile())
            paths << url.toLocalFile();
    if (paths.isEmpty())
        return;
    event->acceptProposedAction();
    m_files->drop(paths, m_document.teacher().has_value(), m_document.student().has_value());
}

} // namespace heirloom

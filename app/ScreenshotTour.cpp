// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ScreenshotTour.h"

#include "app/MainWindow.h"
#include "widgets/Theme.h"
#include "widgets/panels/MapPanel.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QPixmap>
#include <QPushButton>
#include <QTimer>

#include <memory>

namespace heirloom {
namespace {

constexpr int settleMilliseconds = 700;
constexpr int patienceMilliseconds = 120000;
constexpr QSize sizes[] = {{1280, 800}, {2560, 1440}};

} // namespace

ScreenshotTour::ScreenshotTour(MainWindow& window, const QString& folder)
    : m_window(window), m_folder(folder) {}

void ScreenshotTour::start() {
    QDir().mkpath(m_folder.path());
    m_window.resize(sizes[0]);
    m_window.show();
    QTimer::singleShot(settleMilliseconds, this, [this] {
        grab("start");
        m_window.openExample();
        when([this] { return m_window.document().plan() != nullptr; }, [this] { showMap(); });
    });
}

void ScreenshotTour::when(std::function<bool()> isReady, std::function<void()> next) {
    auto* timer = new QTimer(this);
    auto waited = std::make_shared<QElapsedTimer>();
    waited->start();
    connect(timer,
            &QTimer::timeout,
            this,
            [timer, waited, isReady = std::move(isReady), next = std::move(next)] {
                if (waited->elapsed() > patienceMilliseconds) {
                    qWarning("the screen for a picture did not come");
                    QApplication::exit(1);
                    return;
                }
                if (!isReady())
                    return;
                timer->deleteLater();
                timer->stop();
                QTimer::singleShot(settleMilliseconds, next);
            });
    timer->start(50);
}

void ScreenshotTour::grab(const QString& screen) {
    for (const auto choice : {ThemeChoice::Light, ThemeChoice::Dark}) {
        applyTheme(*qApp, choice);
        for (const auto& size : sizes) {
            m_window.resize(size);
            // Heatmap tiles of the new size come from worker threads.
            QElapsedTimer settled;
            settled.start();
            while (settled.elapsed() < settleMilliseconds)
                QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents,
                                            50);
            m_window.grab().save(
                m_folder.filePath(QString("%1-%2-%3x%4.png")
                                      .arg(screen, choice == ThemeChoice::Light ? "light" : "dark")
                                      .arg(size.width())
                                      .arg(size.height())));
        }
    }
    m_window.resize(sizes[0]);
}

void ScreenshotTour::showMap() {
    m_window.findChild<MapPanel*>()->selectParameter("blocks.1.attn.qkv.weight");
    when([this] { return !m_window.jobs().isBusy("view") && !m_window.jobs().isBusy("choices"); },
         [this] {
             grab("map");
             m_window.showScreen(MainWindow::Screen::Train);
             when(
                 [this] {
                     return !m_window.jobs().isBusy("engine") && !m_window.jobs().isBusy("data");
                 },
                 [this] {
                     m_window.findChild<QPushButton*>("startTraining")->click();
                     showTraining();
                 });
         });
}

void ScreenshotTour::showTraining() {
    when([this] { return m_window.runs().ids().size() == 2 && m_window.runs().activeCount() == 0; },
         [this] {
             grab("train");
             showExport();
         });
}

void ScreenshotTour::showExport() {
    m_window.showScreen(MainWindow::Screen::Export);
    when([] { return true; },
         [this] {
             grab("export");
             QApplication::quit();
         });
}

} // namespace heirloom

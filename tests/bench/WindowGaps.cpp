// SPDX-License-Identifier: GPL-3.0-or-later
// How long the event loop is kept from its work while two runs train and every layer is clicked
// through: the gaps between the ticks of a 2 ms timer. usage: heirloom_window_gaps [TEACHER
// STUDENT]; the built-in example without words
#include "app/MainWindow.h"
#include "widgets/Theme.h"
#include "widgets/panels/MapPanel.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QPushButton>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
    using namespace heirloom;
    QApplication application(argc, argv);
    QApplication::setOrganizationName("HeirloomTests");
    QApplication::setApplicationName("HeirloomBench");
    applyTheme(application, ThemeChoice::Light);
    MainWindow window;
    window.resize(1920, 1080);
    window.show();

    std::vector<double> gaps;
    QElapsedTimer since;
    QTimer ticks;
    ticks.setTimerType(Qt::PreciseTimer);
    ticks.setInterval(2);
    QObject::connect(&ticks, &QTimer::timeout, [&] {
        gaps.push_back(static_cast<double>(since.nsecsElapsed()) / 1e6);
        since.start();
    });
    const auto report = [&](const char* what) {
        std::sort(gaps.begin(), gaps.end());
        if (!gaps.empty())
            std::printf("%-28s %6zu ticks  longest %.1f ms  99.9 %% %.1f ms  median %.1f ms\n",
                        what,
                        gaps.size(),
                        gaps.back(),
                        gaps[gaps.size() * 999 / 1000],
                        gaps[gaps.size() / 2]);
        gaps.clear();
        since.start();
    };

    QTest::qWait(500);
    since.start();
    ticks.start();
    if (argc == 3) {
        window.openTeacher(argv[1]);
        window.openStudent(argv[2]);
    } else {
        window.openExample();
    }
    if (!QTest::qWaitFor([&] { return window.document().plan() != nullptr; }, 60000))
        return 1;
    QTest::qWait(500);
    report("open and first map");
    auto* map = window.findChild<MapPanel*>();
    const auto clickThrough = [&] {
        for (const auto& parameter : window.document().plan()->parameters) {
            map->selectParameter(parameter.student);
            QTest::qWait(60);
        }
    };
    clickThrough();
    report("every layer, no training");
    window.showScreen(MainWindow::Screen::Train);
    if (!QTest::qWaitFor(
            [&] { return !window.jobs().isBusy("engine") && !window.jobs().isBusy("data"); },
            60000))
        return 1;
    QTest::qWait(500);
    report("engine loaded");
    if (argc == 3)
        return 0;
    window.findChild<QPushButton*>("startTraining")->click();
    QTest::qWait(1500);
    report("Train screen, two runs");
    window.showScreen(MainWindow::Screen::Map);
    clickThrough();
    report("every layer, two runs");
    return 0;
}

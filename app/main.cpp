// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/MainWindow.h"
#include "app/ScreenshotTour.h"
#include "widgets/Theme.h"
#include "widgets/controls/Icon.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QTimer>

int main(int argc, char** argv) {
    using namespace heirloom;
    QApplication application(argc, argv);
    QApplication::setOrganizationName("Heirloom");
    QApplication::setApplicationName("Heirloom");
    QApplication::setApplicationVersion(HEIRLOOM_VERSION);
    QApplication::setDesktopFileName("org.heirloom.Heirloom");

    QCommandLineParser words;
    words.setApplicationDescription(
        "Explorer for weight selection: start a small network from the weights of a larger one.");
    words.addHelpOption();
    words.addVersionOption();
    words.addPositionalArgument("TEACHER", "Checkpoint to open as the teacher.", "[TEACHER]");
    words.addOptions(
        {{"student",
          "Model name (vit_tiny_patch16_224:num_classes=100) or checkpoint to open as the student.",
          "S"},
         {"example", "Open the built-in example."},
         {"theme", "system, light or dark, for this start.", "NAME"},
         {"screenshots",
          "Walk through the example, save a picture of each screen in DIR, and quit.",
          "DIR"}});
    words.process(application);

    ThemeChoice choice = static_cast<ThemeChoice>(QSettings().value("theme", 0).toInt());
    const QString named = words.value("theme");
    if (!named.isEmpty())
        choice = named == "dark"    ? ThemeChoice::Dark
                 : named == "light" ? ThemeChoice::Light
                                    : ThemeChoice::System;
    applyTheme(application, choice);
    QApplication::setWindowIcon(programIcon());

    MainWindow window;
    if (words.isSet("screenshots")) {
        ScreenshotTour tour(window, words.value("screenshots"));
        tour.start();
        return QApplication::exec();
    }
    window.show();
    if (words.isSet("example"))
        window.openExample();
    if (const auto files = words.positionalArguments(); !files.isEmpty())
        window.openTeacher(files.first());
    if (words.isSet("student"))
        window.openStudent(words.value("student"));
    return QApplication::exec();
}

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QList>
#include <QObject>
#include <QSize>

#include <functional>

namespace heirloom {

class MainWindow;

/// Walks through the built-in example and saves a picture of each screen in both themes and at two
/// sizes, so that the pictures of the README are never older than the program.
class ScreenshotTour final : public QObject {
    Q_OBJECT

public:
    ScreenshotTour(MainWindow& window, const QString& folder);
    void start();

private:
    void grab(const QString& screen);
    /// Goes on once `isReady` holds, after the screen had time to settle; gives the tour up after a
    /// minute.
    void when(std::function<bool()> isReady, std::function<void()> next);
    void showMap();
    void showTraining();
    void showExport();

    MainWindow& m_window;
    QDir m_folder;
};

} // namespace heirloom

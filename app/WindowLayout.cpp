// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/WindowLayout.h"

#include <QMainWindow>
#include <QSettings>
#include <QSplitter>

namespace heirloom {
namespace {

constexpr QSize firstSize(1280, 800);
constexpr const char* splitters[] = {"mapRows", "mapColumns"};

} // namespace

void restoreGeometry(QMainWindow& window) {
    if (!window.restoreGeometry(QSettings().value("geometry").toByteArray()))
        setFirstSize(window);
}

void setFirstSize(QMainWindow& window) { window.resize(firstSize); }

void restoreSplitters(QMainWindow& window) {
    for (const char* name : splitters)
        if (auto* splitter = window.findChild<QSplitter*>(name))
            splitter->restoreState(QSettings().value(name).toByteArray());
}

void saveLayout(const QMainWindow& window, bool withSplitters) {
    QSettings settings;
    settings.setValue("geometry", window.saveGeometry());
    for (const char* name : splitters)
        if (const auto* splitter = window.findChild<QSplitter*>(name); splitter && withSplitters)
            settings.setValue(name, splitter->saveState());
}

} // namespace heirloom

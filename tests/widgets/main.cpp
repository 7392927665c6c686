// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/Theme.h"

#include <QApplication>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
    // Before the application: without a display even listing the tests would abort.
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    testing::InitGoogleTest(&argc, argv);
    QApplication application(argc, argv);
    heirloom::applyTheme(application, heirloom::ThemeChoice::Light);
    return RUN_ALL_TESTS();
}

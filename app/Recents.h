// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/StartPage.h"

#include <QList>
#include <QString>

namespace heirloom {

/// Files opened before, newest first, each with the words that chose its state dict; kept in
/// QSettings.
class Recents final {
public:
    void remember(const QString& path, const QString& summary);
    void clear();
    [[nodiscard]] QList<RecentFile> files() const;
};

} // namespace heirloom

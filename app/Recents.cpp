// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Recents.h"

#include "app/ModelSource.h"

#include <QFileInfo>
#include <QSettings>

namespace heirloom {
namespace {

constexpr int kept = 9; // Ctrl+1 to Ctrl+9

QList<RecentFile> stored() {
    QSettings settings;
    QList<RecentFile> files;
    const int size = settings.beginReadArray("recents");
    for (int i = 0; i < size; ++i) {
        settings.setArrayIndex(i);
        files.append(
            {settings.value("path").toString(), settings.value("summary").toString(), true});
    }
    settings.endArray();
    return files;
}

void store(const QList<RecentFile>& files) {
    QSettings settings;
    settings.beginWriteArray("recents", static_cast<int>(files.size()));
    for (int i = 0; i < files.size(); ++i) {
        settings.setArrayIndex(i);
        settings.setValue("path", files[i].path);
        settings.setValue("summary", files[i].summary);
    }
    settings.endArray();
}

} // namespace

void Recents::remember(const QString& path, const QString& summary) {
    auto list = stored();
    list.removeIf([&](const RecentFile& file) { return file.path == path; });
    list.prepend({path, summary, true});
    while (list.size() > kept)
        list.removeLast();
    store(list);
}

void Recents::clear() { store({}); }

QList<RecentFile> Recents::files() const {
    auto list = stored();
    for (auto& file : list) {
        file.exists = QFileInfo::exists(modelWords(file.path).file);
        if (!file.exists)
            file.summary = QObject::tr("not found");
    }
    return list;
}

} // namespace heirloom

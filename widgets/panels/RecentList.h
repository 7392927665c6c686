// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

class QVBoxLayout;

namespace heirloom {

/// A file opened before.
struct RecentFile {
    QString path;
    QString summary; ///< "vit_small_patch16_224 · 22.1 M · F32"; "not found" for a file that has gone
    bool exists = true;
};

/// The files opened before, each with its two uses.
class RecentList final : public QWidget {
    Q_OBJECT

public:
    explicit RecentList(QWidget* parent = nullptr);
    void setFiles(const QList<RecentFile>& files);

signals:
    void teacherRequested(const QString& path);
    void studentRequested(const QString& path);

private:
    QVBoxLayout* m_column;
};

} // namespace heirloom

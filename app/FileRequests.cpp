// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/FileRequests.h"

#include "core/storage/Recipe.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMainWindow>
#include <QSettings>

namespace heirloom {
namespace {

const QString folderKey = QStringLiteral("openFolder");

QString ending() { return QString::fromUtf8(recipeEnding); }

QString lastFolder() { return QSettings().value(folderKey, QDir::homePath()).toString(); }

/// By its name: an index of shards and a model's configuration are JSON too, and name models.
bool isRecipe(const QString& path) {
    return path.endsWith(QStringLiteral(".json")) &&
           !path.endsWith(QStringLiteral(".index.json")) &&
           QFileInfo(path).fileName() != QStringLiteral("config.json");
}

void rememberFolder(const QString& path) {
    QSettings().setValue(folderKey, QFileInfo(path).absolutePath());
}

} // namespace

FileRequests::FileRequests(QMainWindow& window) : QObject(&window), m_window(window) {}

void FileRequests::askFor(FileUse use) {
    const QString title = use == FileUse::Teacher   ? tr("Open teacher")
                          : use == FileUse::Student ? tr("Open student")
                                                    : tr("Open recipe");
    const QString checkpoints =
        tr("Checkpoints (*.safetensors *.index.json *.pth *.pt *.bin *.th *.ckpt *.tar *.h5 *.hdf5 "
           "*.npz *.npy *.gguf)");
    const QString filter =
        use == FileUse::Recipe ? tr("Recipes (*%1);;%2").arg(ending(), checkpoints) : checkpoints;
    auto* dialog = new QFileDialog(&m_window, title, lastFolder(), filter + tr(";;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this, use](const QString& path) {
        rememberFolder(path);
        emit chosen(use, path);
    });
    dialog->open();
}

void FileRequests::askWhereToSaveRecipe(const QString& suggestion) {
    auto* dialog = new QFileDialog(
        &m_window, tr("Save recipe"), lastFolder(), tr("Recipes (*%1)").arg(ending()));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(suggestion);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        rememberFolder(path);
        emit recipePathChosen(path.endsWith(ending()) ? path : path + ending());
    });
    dialog->open();
}

void FileRequests::drop(const QStringList& paths, bool hasTeacher, bool hasStudent) {
    QStringList checkpoints;
    QStringList recipes;
    for (const auto& path : paths)
        (isRecipe(path) ? recipes : checkpoints) << path;
    if (checkpoints.size() >= 2) {
        if (QFileInfo(checkpoints[0]).size() < QFileInfo(checkpoints[1]).size())
            checkpoints.swapItemsAt(0, 1);
        emit chosen(FileUse::Teacher, checkpoints[0]);
        emit chosen(FileUse::Student, checkpoints[1]);
    } else if (!checkpoints.isEmpty()) {
        emit chosen(hasTeacher && !hasStudent ? FileUse::Student : FileUse::Teacher,
                    checkpoints[0]);
    }
    if (!recipes.isEmpty())
        emit chosen(FileUse::Recipe, recipes[0]);
}

} // namespace heirloom

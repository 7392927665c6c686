// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ModelSource.h"

#include <QFileInfo>
#include <QStringList>

namespace heirloom {

SourceChoices sourceOf(const std::optional<OpenedModel>& model) {
    if (!model || !model->checkpoint)
        return {};
    const Checkpoint& file = *model->checkpoint;
    return {file.nests(),
            file.nest(),
            file.prefixes(),
            file.prefix(),
            model->spec->family == "unknown"};
}

QString sourceName(const std::optional<OpenedModel>& model) {
    if (!model)
        return {};
    return model->checkpoint
               ? QFileInfo(QString::fromStdString(model->checkpoint->path().string())).fileName()
               : QString::fromStdString(model->spec->name);
}

ModelWords modelWords(const QString& text) {
    const auto colon = text.lastIndexOf(':');
    if (colon <= 0 || QFileInfo::exists(text)) // a name with a colon is a file's first
        return {text, {}};
    return {text.left(colon), text.mid(colon + 1).split(',', Qt::SkipEmptyParts)};
}

QString recentText(const OpenedModel& model, const QString& text) {
    const auto words = modelWords(text).words;
    const auto file =
        QFileInfo(QString::fromStdString(model.checkpoint->path().string())).absoluteFilePath();
    return words.isEmpty() ? file : file + ':' + words.join(',');
}

QString textWithSource(const QString& text, const SourceChoice& choice) {
    auto [file, words] = modelWords(text);
    words.removeIf(
        [](const QString& word) { return word.startsWith("nest=") || word.startsWith("prefix="); });
    if (choice.nest)
        words << "nest=" + QString::fromStdString(*choice.nest);
    if (choice.prefix)
        words << "prefix=" + QString::fromStdString(*choice.prefix);
    return words.isEmpty() ? file : file + ':' + words.join(',');
}

} // namespace heirloom

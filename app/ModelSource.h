// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/OpenedModel.h"
#include "widgets/controls/SourceButton.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace heirloom {

/// What the model's file leaves to choose; nothing for a model without a file.
[[nodiscard]] SourceChoices sourceOf(const std::optional<OpenedModel>& model);

/// Name of the model's file or folder, else of the model; empty for none.
[[nodiscard]] QString sourceName(const std::optional<OpenedModel>& model);

/// "all.pth:heads=4,nest=model_ema" in its parts.
struct ModelWords {
    QString file;
    QStringList words;
};
[[nodiscard]] ModelWords modelWords(const QString& text);

/// What opens the model's file again as `text` did, from any folder. \pre the model has a file
[[nodiscard]] QString recentText(const OpenedModel& model, const QString& text);

/// "all.pth:heads=4" and the choice of a nest make "all.pth:heads=4,nest=model_ema", as openModel()
/// reads it. What is not chosen is left out, so that it follows from the file.
[[nodiscard]] QString textWithSource(const QString& text, const SourceChoice& choice);

} // namespace heirloom

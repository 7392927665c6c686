// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/SelectCommand.h"

#include "widgets/controls/ShellText.h"

#include <QStringList>

namespace heirloom {

QString selectCommand(const QString& teacher,
                      const QString& student,
                      const SelectionOptions& options,
                      const QString& out) {
    QStringList words = {
        "heirloom-cli", "select", shellQuoted(teacher), "--student", shellQuoted(student)};
    if (!out.isEmpty())
        words << "-o" << shellQuoted(out);
    if (options.asPublished)
        words << "--as-published";
    const auto layers = QString::fromStdString(layerSelectionText(options.layers));
    if (layers != "first")
        words << "--layers" << shellQuoted(layers);
    const auto element = QString::fromStdString(elementSelectionText(options.element));
    if (element != "uniform")
        words << "--element" << shellQuoted(element);
    for (const auto& [space, selection] : options.spaces)
        words << "--set"
              << shellQuoted(QString::fromStdString(space + "=" + elementSelectionText(selection)));
    const auto weights = QString::fromStdString(weightSelectionText(options.weights));
    if (weights != "copy")
        words << "--weights" << shellQuoted(weights);
    for (const auto& [parameter, rule] : options.parameters)
        words << "--set-weights"
              << shellQuoted(QString::fromStdString(parameter + "=" + weightSelectionText(rule)));
    if (options.growth != Growth::None)
        words << "--growth" << QString::fromStdString(std::string(growthText(options.growth)));
    if (options.seed != 0)
        words << "--seed" << QString::number(options.seed);
    return words.join(' ');
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/InspectorText.h"

#include "widgets/Theme.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

QString translated(const char* text) { return QCoreApplication::translate("InspectorText", text); }

QString withoutNumbers(const std::string& name) {
    static const QRegularExpression number(QStringLiteral("(?<=^|\\.)\\d+(?=\\.|$)"));
    return QString::fromStdString(name).replace(number, QStringLiteral("*"));
}

QString percent(double share) {
    const double value = share * 100;
    return QString::number(value, 'f', value > 0 && value < 9.95 ? 1 : 0) + QChar(0x202F) + u'%';
}

} // namespace

QString strategyCaption(const SelectionPlan& plan, int space) {
    if (space < 0)
        return {};
    const IndexSpace& of = plan.student->spaces[static_cast<std::size_t>(space)];
    switch (of.kind) {
    case SpaceKind::Heads:
        return translated("Strategy of this layer's heads");
    case SpaceKind::Mlp:
        return translated("Strategy of this layer's hidden units");
    case SpaceKind::Channels:
        return translated("Strategy of this layer's inner channels");
    case SpaceKind::Residual: {
        const QString name = QString::fromStdString(of.name);
        const auto residuals =
            std::ranges::count(plan.student->spaces, SpaceKind::Residual, &IndexSpace::kind);
        return residuals > 1 ? translated("Strategy of the residual stream %1").arg(name)
                             : translated("Strategy of the residual stream, all layers");
    }
    default:
        return translated("Strategy of this axis");
    }
}

int spacesLike(const SelectionPlan& plan, int space) {
    if (space < 0)
        return 0;
    const IndexSpace& of = plan.student->spaces[static_cast<std::size_t>(space)];
    const QString pattern = withoutNumbers(of.name);
    return static_cast<int>(
        std::ranges::count_if(plan.student->spaces, [&](const IndexSpace& other) {
            return other.kind == of.kind && withoutNumbers(other.name) == pattern;
        }));
}

QString couplingText(const CouplingSummary& coupling) {
    if (coupling.qEqualsK == coupling.size && coupling.vEqualsProj == coupling.size)
        return translated("✓ q = k and v = proj on all %1 positions")
            .arg(groupedNumber(coupling.size));
    return translated("! q = k on %1, v = proj on %2 of %3")
        .arg(groupedNumber(coupling.qEqualsK),
             groupedNumber(coupling.vEqualsProj),
             groupedNumber(coupling.size));
}

QString keptText(const KeptEnergy& kept) {
    return translated("Keeps %1 of the energy, %2 of weights")
        .arg(percent(kept.squaredNorm), percent(kept.elements));
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Naming.h"

#include "core/model/Families.h"

#include <algorithm>
#include <numeric>

namespace heirloom {
namespace {

/// More changes than this to a published name say less than the family's own sizes.
constexpr std::size_t fewChanges = 3;

HyperParameters followed(const Family& family,
                         HyperParameters changed,
                         const HyperParameters& base,
                         const std::vector<std::string>& given) {
    if (family.follow)
        family.follow(changed, base, given);
    return changed;
}

/// The fewest names that have to be given to come from `base` to `target`, in the family's order.
std::vector<std::string> neededChanges(const Family& family,
                                       const HyperParameters& base,
                                       const HyperParameters& target) {
    std::vector<std::string> given;
    auto reached = base;
    for (bool found = true; found;) {
        found = false;
        for (const auto& [name, value] : target.entries()) {
            const auto* has = reached.find(name);
            if ((has && *has == value) || std::ranges::find(given, name) != given.end())
                continue;
            given.push_back(name);
            auto changed = base;
            for (const auto& one : given)
                changed.set(one, *target.find(one));
            reached = followed(family, std::move(changed), base, given);
            found = true;
            break;
        }
    }
    return given;
}

std::string joined(std::string_view base,
                   const std::vector<std::string>& names,
                   const HyperParameters& hyper) {
    std::string text(base);
    for (std::size_t i = 0; i < names.size(); ++i)
        text +=
            fmt::format("{}{}={}", i == 0 ? ":" : ",", names[i], hyperText(*hyper.find(names[i])));
    return text;
}

/// The family's own name with every size, so that the text keeps its meaning should a default
/// change.
std::string familyName(const Family& family, const HyperParameters& hyper) {
    const auto defaults = family.named(family.name).value_or(HyperParameters{});
    const auto needed = neededChanges(family, defaults, hyper);
    std::vector<std::string> names;
    for (const auto& [name, value] : hyper.entries()) {
        const bool isSize =
            (std::holds_alternative<std::int64_t>(value) && value != HyperValue(std::int64_t{0})) ||
            std::holds_alternative<std::vector<std::int64_t>>(value);
        if (isSize || std::ranges::find(needed, name) != needed.end())
            names.push_back(name);
    }
    return joined(family.name, names, hyper);
}

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

std::string nameWithChanges(const Family& family,
                            std::string_view base,
                            const HyperParameters& baseHyper,
                            const HyperParameters& hyper) {
    if (base == family.name)
        return familyName(family, hyper);
    return joined(base, neededChanges(family, baseHyper, hyper), hyper);
}

std::string describeModel(std::string_view familyText, const HyperParameters& hyper) {
    const auto* family = findFamily(familyText);
    if (!family)
        return std::string(familyText);
    std::string best;
    std::size_t fewest = fewChanges + 1;
    for (const auto& name : family->names()) {
        const auto base = family->named(name);
        if (!base)
            continue;
        const auto changes = neededChanges(*family, *base, hyper);
        if (changes.size() < fewest) {
            fewest = changes.size();
            best = joined(name, changes, hyper);
        }
    }
    return best.empty() ? familyName(*family, hyper) : best;
}

Result<HyperParameters> applyChanges(const Family& family,
                                     const HyperParameters& base,
                                     std::string_view changes) {
    const auto parts = splitChanges(changes);
    if (!parts)
        return std::unexpected(parts.error());
    auto changed = withChanges(base, changes);
    if (!changed)
        return changed;
    std::vector<std::string> given;
    for (const auto& [name, text] : *parts)
        given.push_back(name);
    return followed(family, std::move(*changed), base, given);
}

std::vector<std::string> nearestNames(std::string_view name,
                                      const std::vector<std::string>& names) {
    name = name.substr(0, 128);
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const auto& known : names) {
        // a name broken off early is near too: vit_tinny
        const auto start = std::string_view(known).substr(0, name.size());
        const auto distance = std::min(editDistance(name, known), editDistance(name, start) + 1);
        if (distance <= std::max<std::size_t>(2, std::min(name.size(), known.size()) / 3))
            ranked.emplace_back(distance, known);
    }
    std::ranges::stable_sort(ranked, {}, [](const auto& entry) { return entry.first; });
    std::vector<std::string> nearest;
    for (const auto& [distance, known] : ranked)
        if (nearest.size() < 3)
            nearest.push_back(known);
    return nearest;
}

} // namespace heirloom

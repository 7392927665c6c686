// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"

#include "core/model/HubNames.h"
#include "core/model/Naming.h"
#include "core/model/families/Registry.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

#define HEIRLOOM_LIST(family) &family,
constexpr std::array registry = {HEIRLOOM_FAMILIES(HEIRLOOM_LIST)};
#undef HEIRLOOM_LIST

struct NamedModel {
    const Family* family;
    std::string base;
    HyperParameters hyper;
};

std::optional<NamedModel> findNamed(std::string_view name) {
    for (const auto* family : registry)
        if (auto hyper = family->named(name))
            return NamedModel{family, std::string(name), std::move(*hyper)};
    return std::nullopt;
}

std::unexpected<Error> unknownName(std::string_view name) {
    std::vector<std::string> known;
    for (const auto* family : registry) {
        if (family->named(family->name))
            known.emplace_back(family->name);
        for (auto& one : family->names())
            known.push_back(std::move(one));
    }
    const auto nearest = nearestNames(name, known);
    auto error = fail(std::string(name.substr(0, 128)), "no model of this name is known");
    error.error().advice = nearest.empty()
                               ? "Write a name of timm's like vit_tiny_patch16_224, or a family "
                                 "with its sizes like vit:dim=192,depth=12"
                               : fmt::format("Did you mean {}", fmt::join(nearest, " or "));
    return error;
}

} // namespace

std::span<const Family* const> families() { return registry; }

const Family* findFamily(std::string_view name) {
    const auto found = std::ranges::find(registry, name, &Family::name);
    return found == registry.end() ? nullptr : *found;
}

Result<ModelSpec> modelFromName(std::string_view nameWithChangesText) {
    const auto colon = std::min(nameWithChangesText.find(':'), nameWithChangesText.size());
    const auto name = nameWithChangesText.substr(0, colon);
    if (name == unknownFamily.name)
        return unknownFamily.build({});
    if (auto known = hubModel(name)) {
        if (colon + 1 < nameWithChangesText.size())
            known->append(",").append(nameWithChangesText.substr(colon + 1));
        return modelFromName(*known);
    }
    auto model = findNamed(name);
    // timm appends the training recipe: vit_tiny_patch16_224.augreg_in21k
    if (!model)
        model = findNamed(name.substr(0, name.find('.')));
    if (!model)
        return unknownName(name);
    const auto hyper =
        applyChanges(*model->family,
                     model->hyper,
                     nameWithChangesText.substr(std::min(colon + 1, nameWithChangesText.size())));
    if (!hyper)
        return std::unexpected(hyper.error());
    auto spec = model->family->build(*hyper);
    if (spec && model->base != model->family->name)
        spec->name = nameWithChanges(*model->family, model->base, model->hyper, spec->hyper);
    return spec;
}

std::string canonicalName(const ModelSpec& spec) {
    return spec.name.empty() ? describeModel(spec.family, spec.hyper) : spec.name;
}

} // namespace heirloom

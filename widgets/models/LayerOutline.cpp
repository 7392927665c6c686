// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/LayerOutline.h"

#include <algorithm>
#include <string_view>

namespace heirloom {
namespace {

std::string_view moduleOf(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(0, dot);
}

/// The entry of that path, made at the end where there is none yet.
OutlineEntry& entryIn(std::vector<OutlineEntry>& entries,
                      PairKind kind,
                      std::string_view path,
                      std::string_view label) {
    // Names of one module stand together, so the search is short; only interleaved models look
    // further back.
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        if (entry->path == path && entry->kind == kind)
            return *entry;
    }
    OutlineEntry& made = entries.emplace_back();
    made.kind = kind;
    made.path = path;
    made.label = label;
    return made;
}

void addParameter(std::vector<OutlineEntry>& entries,
                  const Parameter& parameter,
                  std::string_view prefix) {
    const std::string_view inside =
        std::string_view(parameter.name).substr(std::min(prefix.size(), parameter.name.size()));
    const std::string_view label = moduleOf(inside);
    OutlineEntry& module =
        entryIn(entries, PairKind::Module, std::string(prefix) + std::string(label), label);
    module.layer = parameter.layer;
    module.parameters.push_back(&parameter);
}

void finish(OutlineEntry& entry) {
    for (OutlineEntry& child : entry.children) {
        finish(child);
        entry.elements += child.elements;
    }
    for (const Parameter* parameter : entry.parameters)
        entry.elements += elementCount(parameter->shape).value_or(0);
    const auto weight = std::ranges::find_if(
        entry.parameters, [](const Parameter* p) { return p->name.ends_with("weight"); });
    if (weight != entry.parameters.end())
        std::rotate(entry.parameters.begin(), weight, weight + 1);
    if (entry.kind == PairKind::Stack)
        entry.label += " ×" + std::to_string(entry.children.size());
}

} // namespace

std::vector<OutlineEntry> layerOutline(const ModelSpec& spec) {
    std::vector<OutlineEntry> entries;
    for (const Parameter& parameter : spec.parameters) {
        if (parameter.layer < 0) {
            addParameter(entries, parameter, {});
            continue;
        }
        const Layer& layer = spec.layers[static_cast<std::size_t>(parameter.layer)];
        OutlineEntry& stack = entryIn(entries, PairKind::Stack, layer.stack, layer.stack);
        OutlineEntry& block =
            entryIn(stack.children, PairKind::Layer, layer.prefix, std::to_string(layer.position));
        block.layer = parameter.layer;
        addParameter(block.children, parameter, layer.prefix + ".");
    }
    for (OutlineEntry& entry : entries)
        finish(entry);
    return entries;
}

} // namespace heirloom

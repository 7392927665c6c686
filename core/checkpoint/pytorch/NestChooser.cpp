// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/NestChooser.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

using Id = PickleGraph::Id;

constexpr int deepest = 8;
constexpr std::size_t mostNests = 16;

/// Names under which training programs keep weights, the likeliest first.
constexpr std::array<std::string_view, 26> nestNames = {"state_dict",
                                                        "model_state_dict",
                                                        "model_state",
                                                        "model",
                                                        "module",
                                                        "net",
                                                        "network",
                                                        "params",
                                                        "weights",
                                                        "teacher",
                                                        "student",
                                                        "model_ema",
                                                        "state_dict_ema",
                                                        "ema",
                                                        "ema_state_dict",
                                                        "ema_model",
                                                        "params_ema",
                                                        "backbone",
                                                        "encoder",
                                                        "target_encoder",
                                                        "generator",
                                                        "g_ema",
                                                        "netG",
                                                        "netD",
                                                        "model_ema_state_dict",
                                                        "best_state_dict"};

/// What lies beside the weights and is not part of them.
constexpr std::array<std::string_view, 14> besideNames = {"optimizer",
                                                          "optimizer_state_dict",
                                                          "optimizer_states",
                                                          "optim",
                                                          "optimizers",
                                                          "scheduler",
                                                          "lr_scheduler",
                                                          "lr_schedulers",
                                                          "scaler",
                                                          "amp",
                                                          "callbacks",
                                                          "loops",
                                                          "rng_state",
                                                          "hyper_parameters"};

std::string joined(const std::string& path, std::string_view key) {
    std::string made = path;
    if (!path.empty())
        made += '.';
    return made.append(key);
}

/// The children under known names that hold tensors, the likeliest first; where there are none and
/// no tensors either, the only dictionary of tensors, whatever its name.
std::vector<PickleNest> inner(const PickleContainers& containers,
                              const PickleNest& at,
                              const std::vector<PickleContainers::Child>& children,
                              std::int64_t direct) {
    std::vector<PickleNest> found;
    for (const std::string_view name : nestNames)
        if (const Id id = containers.container(children, name);
            id != PickleGraph::none && containers.holdsTensors(id))
            found.push_back({joined(at.path, name), id});
    if (!found.empty() || direct > 0)
        return found;
    std::vector<PickleNest> other;
    for (const auto& child : children)
        if (containers.isNamed(child) && containers.isDict(child.value) &&
            !isBesideWeights(containers.name(child)) &&
            containers.countDirect(containers.children(child.value)) > 0)
            other.push_back({joined(at.path, containers.name(child)), child.value});
    return other.size() == 1 ? other : found;
}

/// Adds the state dicts in `at`, one step down at a time; `depth` bounds the recursion.
void addNests(const PickleContainers& containers,
              PickleNest at,
              int depth,
              std::vector<PickleNest>& nests) {
    if (nests.size() == mostNests)
        return;
    auto children = containers.children(at.id);
    while (depth < deepest && containers.isList(at.id) && children.size() == 1 &&
           containers.isDict(children[0].value)) {
        at.id = children[0].value;
        at.isInList = true;
        children = containers.children(at.id);
        ++depth;
    }
    std::vector<PickleNest> holding;
    const std::int64_t direct = containers.countDirect(children);
    if (containers.isDict(at.id) && depth < deepest)
        holding = inner(containers, at, children, direct);
    at.isOptimizer = direct == 0 && holding.empty() &&
                     containers.container(children, "state") != PickleGraph::none &&
                     containers.container(children, "param_groups") != PickleGraph::none;
    at.tensors = containers.countTensors(at.id);
    if (direct > 0 && !holding.empty()) {
        // A net may have a part called 'encoder'; a checkpoint may have a tensor beside its model.
        const std::int64_t first = containers.countTensors(holding.front().id);
        if (first < direct)
            holding.clear();
    }
    if (holding.empty())
        return nests.push_back(std::move(at));
    for (PickleNest& nest : holding) {
        nest.isInList = at.isInList;
        addNests(containers, std::move(nest), depth + 1, nests);
    }
}

} // namespace

bool isBesideWeights(std::string_view key) {
    return std::find(besideNames.begin(), besideNames.end(), key) != besideNames.end();
}

std::vector<PickleNest> findNests(const PickleContainers& containers, const PickleNest& from) {
    std::vector<PickleNest> nests;
    addNests(containers, from, 0, nests);
    return nests;
}

PickleNest nestAt(const PickleContainers& containers, std::string_view path) {
    PickleNest at{{}, containers.graph().root()};
    const std::string whole(path);
    while (!path.empty()) {
        // A key may hold dots: the longest one that fits is meant.
        Id best = PickleGraph::none;
        std::size_t length = 0;
        for (const auto& child : containers.children(at.id)) {
            if (!containers.isNamed(child) || !containers.isContainer(child.value))
                continue;
            const std::string key = containers.name(child);
            const bool fits =
                path.starts_with(key) && (path.size() == key.size() || path[key.size()] == '.');
            if (fits && !key.empty() && key.size() >= length) {
                best = child.value;
                length = key.size();
            }
        }
        if (best == PickleGraph::none)
            return {};
        at.id = best;
        path.remove_prefix(std::min(path.size(), length + 1));
    }
    at.path = whole;
    return at;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/StateDictNest.h"

#include "core/checkpoint/PickledTensor.h"
#include "core/checkpoint/PlainText.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace heirloom {
namespace {

using Id = PickleGraph::Id;
using Kind = PickleGraph::Kind;

/// Names under which training programs keep weights, the likeliest first.
constexpr std::array<std::string_view, 24> nestNames = {"state_dict",
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
                                                        "params_ema",
                                                        "backbone",
                                                        "encoder",
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

template <std::size_t Count>
bool isOneOf(const std::array<std::string_view, Count>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

class Finder {
public:
    explicit Finder(const PickleGraph& graph) : m_graph(graph) {}

    struct Child {
        std::string name;
        bool isNamed = true; ///< by a text or a whole number
        Id value;
    };

    bool isDict(Id id) const {
        return m_graph.kind(id) == Kind::Dict ||
               (m_graph.kind(id) == Kind::Object && !isPickledTensor(m_graph, id) &&
                (m_graph.hasPairs(id) || isEmptyDict(id)));
    }
    bool isList(Id id) const {
        return m_graph.kind(id) == Kind::List || m_graph.kind(id) == Kind::Tuple;
    }
    bool isContainer(Id id) const { return isDict(id) || isList(id); }

    std::vector<Child> children(Id id) const {
        std::vector<Child> found;
        if (isList(id)) {
            for (const Id item : m_graph.items(id))
                found.push_back({std::to_string(found.size()), true, item});
            return found;
        }
        // Python 2 gives an OrderedDict its pairs as an argument.
        if (m_graph.kind(id) == Kind::Object && m_graph.items(m_graph.arguments(id)).size() == 1)
            for (const Id pair : m_graph.items(m_graph.items(m_graph.arguments(id))[0]))
                if (const auto items = m_graph.items(pair); items.size() == 2)
                    found.push_back(child(items[0], items[1]));
        const auto items = m_graph.items(id);
        for (std::size_t i = 0; i + 1 < items.size(); i += 2)
            found.push_back(child(items[i], items[i + 1]));
        return found;
    }

    /// Tensors at any depth, each container looked into once.
    std::size_t count(Id root) const {
        std::vector<bool> seen(m_graph.size());
        std::vector<Id> open = {root};
        std::size_t tensors = 0;
        while (!open.empty()) {
            const Id id = open.back();
            open.pop_back();
            if (isPickledTensor(m_graph, id)) {
                ++tensors;
            } else if (isContainer(id) && !seen[id]) {
                seen[id] = true;
                for (const Child& next : children(id))
                    open.push_back(next.value);
            }
        }
        return tensors;
    }

    std::size_t countDirect(const std::vector<Child>& of) const {
        return static_cast<std::size_t>(std::count_if(of.begin(), of.end(), [&](const Child& next) {
            return next.isNamed && isPickledTensor(m_graph, next.value);
        }));
    }

    /// Whether some object in the pickle is a module: its state has what torch.nn.Module keeps.
    bool holdsModule() const {
        for (Id id = 0; id < m_graph.size(); ++id) {
            if (m_graph.kind(id) != Kind::Object || m_graph.state(id) == PickleGraph::none ||
                m_graph.kind(m_graph.state(id)) != Kind::Dict)
                continue;
            for (const Child& next : children(m_graph.state(id)))
                if (next.name == "_parameters" || next.name == "_modules")
                    return true;
        }
        return false;
    }

private:
    bool isEmptyDict(Id id) const {
        const Id callee = m_graph.callee(id);
        if (m_graph.kind(callee) != Kind::Global || !m_graph.items(id).empty())
            return false;
        for (const std::string_view name : {"collections OrderedDict",
                                            "builtins dict",
                                            "__builtin__ dict",
                                            "collections defaultdict"})
            if (m_graph.text(callee) == name)
                return true;
        return false;
    }

    Child child(Id key, Id value) const {
        if (m_graph.kind(key) == Kind::Text || m_graph.kind(key) == Kind::Bytes)
            return {std::string(m_graph.text(key)), true, value};
        if (m_graph.kind(key) == Kind::Int)
            return {std::to_string(m_graph.integer(key)), true, value};
        return {{}, false, value};
    }

    const PickleGraph& m_graph;
};

/// Steps from the root to the dictionary that holds the weights, and says each step.
Id chooseNest(const PickleGraph& graph, const Finder& finder, StateDictNest& nest) {
    Id at = graph.root();
    std::string path;
    constexpr int deepest = 8;
    for (int depth = 0; depth < deepest && finder.isContainer(at); ++depth) {
        const auto children = finder.children(at);
        if (finder.isList(at)) {
            if (children.size() != 1 || !finder.isDict(children[0].value))
                break;
            at = children[0].value;
            nest.notes.emplace_back("read from a list of one");
            continue;
        }
        std::unordered_map<std::string_view, Id> byName;
        for (const auto& child : children)
            if (child.isNamed && finder.isContainer(child.value))
                byName[child.name] = child.value;
        std::vector<std::string_view> holding;
        for (const std::string_view name : nestNames)
            if (const auto found = byName.find(name);
                found != byName.end() && finder.count(found->second) > 0)
                holding.push_back(name);
        const std::size_t direct = finder.countDirect(children);
        if (byName.contains("state") && byName.contains("param_groups") && holding.empty() &&
            direct == 0) {
            nest.notes.emplace_back(
                "this is an optimizer's state, not a state dict with the names of parameters");
            break;
        }
        std::string_view chosen = holding.empty() ? std::string_view() : holding.front();
        if (holding.empty() && direct == 0) {
            // A single dictionary of tensors under a name of its own is meant, whatever the name.
            std::vector<std::string_view> other;
            for (const auto& child : children)
                if (child.isNamed && finder.isDict(child.value) &&
                    !isOneOf(besideNames, child.name) &&
                    finder.countDirect(finder.children(child.value)) > 0)
                    other.push_back(child.name);
            if (other.size() == 1)
                chosen = other.front();
        }
        if (chosen.empty() || finder.count(byName.at(chosen)) < direct)
            break;
        if (byName.contains("lr_schedulers") || byName.contains("callbacks") ||
            byName.contains("loops"))
            nest.moreWrappers.emplace_back("model.");
        if (chosen == "teacher" || chosen == "student")
            nest.moreWrappers.emplace_back("backbone.");
        path += fmt::format("{}{}", path.empty() ? "" : ".", chosen);
        std::string others;
        for (std::size_t i = 1; i < holding.size(); ++i)
            others += fmt::format("{}'{}'", others.empty() ? "" : ", ", holding[i]);
        nest.notes.push_back(fmt::format(
            "read from '{}'{}{}", path, others.empty() ? "" : "; the file also holds ", others));
        at = byName.at(chosen);
    }
    return at;
}

/// Lists the tensors under `root` in the file's order.
Status listTensors(const PickleGraph& graph,
                   const Finder& finder,
                   Id root,
                   const std::string& where,
                   StateDictNest& nest) {
    struct Open {
        std::string prefix;
        std::vector<Finder::Child> children;
        std::size_t next = 0;
    };
    std::vector<bool> seen(graph.size());
    std::unordered_map<std::string, std::size_t> places;
    std::vector<Open> stack;
    std::size_t unnamed = 0;
    bool isNested = false;
    const bool isWholeBeside = finder.countDirect(finder.children(root)) == 0;
    constexpr std::size_t longestName = 4096;

    seen[root] = true;
    stack.push_back({"", finder.children(root)});
    while (!stack.empty()) {
        if (stack.back().next == stack.back().children.size()) {
            stack.pop_back();
            continue;
        }
        const Finder::Child child = stack.back().children[stack.back().next++];
        const bool isTensor = isPickledTensor(graph, child.value);
        if (!isTensor && (!finder.isContainer(child.value) || seen[child.value]))
            continue;
        if (!child.isNamed) {
            unnamed += isTensor ? 1 : finder.count(child.value);
            continue;
        }
        std::string name = stack.back().prefix + child.name;
        if (name.size() > longestName)
            return fail(where, "a tensor's name is longer than the limit of {} bytes", longestName);
        if (!isPlainUtf8(name))
            return fail(where, "a tensor's name is no valid UTF-8 text");
        if (isTensor) {
            isNested |= stack.size() > 1;
            const auto [place, isNew] = places.try_emplace(name, nest.entries.size());
            if (isNew)
                nest.entries.push_back({std::move(name), child.value});
            else
                nest.entries[place->second].tensor = child.value; // as a dictionary would
        } else if (isWholeBeside || !isOneOf(besideNames, child.name)) {
            seen[child.value] = true;
            stack.push_back({name + ".", finder.children(child.value)});
        }
    }
    if (unnamed > 0)
        nest.notes.push_back(
            fmt::format("{} under keys that are no text not listed",
                        unnamed == 1 ? "1 tensor" : fmt::format("{} tensors", unnamed)));
    if (isNested)
        nest.notes.emplace_back("tensors in nested groups or lists are named by their path");
    return {};
}

} // namespace

Result<StateDictNest> findStateDict(const PickleGraph& graph, const std::string& where) {
    const Finder finder(graph);
    StateDictNest nest;
    const auto isObject = [&] {
        return std::unexpected(
            Error{where,
                  "this file stores a Python object (a whole module), not a state dict",
                  "In Python, save model.state_dict() with torch.save or safetensors"});
    };
    if (isPickledTensor(graph, graph.root())) {
        nest.entries.push_back({"tensor", graph.root()});
        nest.notes.emplace_back("the file holds a single tensor without a name");
        return nest;
    }
    if (!finder.isContainer(graph.root()))
        return isObject();
    const Id root = chooseNest(graph, finder, nest);
    if (auto listed = listTensors(graph, finder, root, where, nest); !listed)
        return std::unexpected(listed.error());
    if (nest.entries.empty() && finder.holdsModule())
        return isObject();
    if (const std::size_t all = finder.count(graph.root());
        all > nest.entries.size() && root != graph.root())
        nest.notes.push_back(
            fmt::format("tensors outside it (an optimizer's, another copy's): {}, not listed",
                        all - nest.entries.size()));
    return nest;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/StateDictNest.h"

#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/pytorch/NestChooser.h"

#include <string_view>
#include <unordered_map>

namespace heirloom {
namespace {

using Id = PickleGraph::Id;

std::string counted(std::int64_t tensors) {
    return tensors == 1 ? "1 tensor" : fmt::format("{} tensors", tensors);
}

std::string listed(const std::vector<NestChoice>& nests) {
    std::string text;
    for (const NestChoice& nest : nests)
        text +=
            fmt::format("{}'{}' ({})", text.empty() ? "" : ", ", nest.path, counted(nest.tensors));
    return text;
}

Error noSuchNest(const std::string& where,
                 const std::string& asked,
                 const std::vector<PickleNest>& found) {
    std::vector<NestChoice> choices;
    for (const PickleNest& nest : found)
        if (!nest.path.empty())
            choices.push_back({nest.path, nest.tensors});
    Error error{where, fmt::format("it holds no state dict '{}'", asked), {}};
    if (choices.empty()) {
        error.text += "; its tensors lie in no nest";
        error.advice = "Leave the nest out";
    } else {
        error.text += "; there is " + listed(choices);
        error.advice = fmt::format("Take one of them, such as nest={}", choices.front().path);
    }
    return error;
}

/// Says which nest was taken and how to take another.
void noteChoice(const PickleNest& chosen, StateDictNest& nest) {
    if (chosen.isInList)
        nest.notes.emplace_back("read from a list of one");
    if (chosen.isOptimizer)
        nest.notes.emplace_back(
            "this is an optimizer's state, not a state dict with the names of parameters");
    std::vector<NestChoice> others;
    for (const NestChoice& other : nest.nests)
        if (other.path != chosen.path)
            others.push_back(other);
    std::string note =
        chosen.path.empty() ? std::string() : fmt::format("read from '{}'", chosen.path);
    if (!others.empty())
        note += fmt::format("{}the file also holds {}: nest={} takes it",
                            note.empty() ? "" : "; ",
                            listed(others),
                            others.front().path);
    if (!note.empty())
        nest.notes.push_back(std::move(note));
}

/// Lists the tensors under `root` in the file's order.
class Listing {
public:
    enum class Scope {
        Weights,   ///< without what is known to lie beside the weights
        Everything ///< all that is there
    };

    Listing(const PickleContainers& containers, const std::string& where, const Limits& limits)
        : m_containers(containers), m_where(where), m_limits(limits) {}

    Status run(Id root, Scope scope, StateDictNest& nest) {
        m_seen.resize(m_containers.graph().size());
        m_seen[root] = true;
        m_stack.push_back({"", m_containers.children(root)});
        while (!m_stack.empty()) {
            Open& open = m_stack.back();
            if (open.next == open.children.size()) {
                m_stack.pop_back();
                continue;
            }
            const auto child = open.children[open.next++];
            if (auto taken = take(child, scope, nest); !taken)
                return taken;
        }
        note(nest.notes);
        return {};
    }

private:
    struct Open {
        std::string prefix;
        std::vector<PickleContainers::Child> children;
        std::size_t next = 0;
    };

    Status take(const PickleContainers::Child& child, Scope scope, StateDictNest& nest) {
        const bool isTensor = m_containers.isTensor(child.value);
        if (!isTensor && (!m_containers.isContainer(child.value) || m_seen[child.value]))
            return {};
        if (!m_containers.isNamed(child)) {
            m_unnamed += isTensor ? 1 : m_containers.countTensors(child.value);
            if (!isTensor)
                m_seen[child.value] = true;
            return {};
        }
        const std::string key = m_containers.name(child);
        std::string name = m_stack.back().prefix + key;
        if (auto fits = m_limits.check(
                m_where, Limit::NameBytes, name.size(), "the bytes of a tensor's name are");
            !fits)
            return fits;
        if (!isPlainUtf8(name))
            return fail(m_where, "a tensor's name is no valid UTF-8 text");
        if (isTensor)
            return add(std::move(name), child.value, nest);
        if (scope == Scope::Weights && isBesideWeights(key))
            return {};
        m_seen[child.value] = true;
        m_stack.push_back({name + ".", m_containers.children(child.value)});
        return {};
    }

    Status add(std::string name, Id tensor, StateDictNest& nest) {
        m_isNested |= m_stack.size() > 1;
        const auto [place, isNew] = m_places.try_emplace(name, nest.entries.size());
        if (!isNew) {
            nest.entries[place->second].tensor = tensor; // as a dictionary would
            return {};
        }
        if (nest.entries.size() == m_limits[Limit::Tensors])
            return std::unexpected(m_limits.exceeded(m_where, Limit::Tensors, "its tensors are"));
        nest.entries.push_back({std::move(name), tensor});
        return {};
    }

    void note(std::vector<std::string>& notes) const {
        if (m_unnamed > 0)
            notes.push_back(
                fmt::format("{} under keys that are no text not listed", counted(m_unnamed)));
        if (m_isNested && m_containers.modules() == PickleContainers::Modules::Opaque)
            notes.emplace_back("tensors in nested groups or lists are named by their path");
    }

    const PickleContainers& m_containers;
    const std::string& m_where;
    const Limits& m_limits;
    std::vector<bool> m_seen;
    std::vector<Open> m_stack;
    std::unordered_map<std::string, std::size_t> m_places;
    std::int64_t m_unnamed = 0;
    bool m_isNested = false;
};

/// The nest to open, and what else there is.
Result<PickleNest> chooseNest(const PickleContainers& containers,
                              const std::string& where,
                              const OpenOptions& options,
                              StateDictNest& nest) {
    const auto found = findNests(containers, {{}, containers.graph().root()});
    PickleNest chosen = found.front();
    if (options.nest && options.nest->empty()) {
        chosen = {{}, containers.graph().root()};
    } else if (options.nest) {
        const PickleNest asked = nestAt(containers, *options.nest);
        if (asked.id == PickleGraph::none || !containers.holdsTensors(asked.id))
            return std::unexpected(noSuchNest(where, *options.nest, found));
        chosen = findNests(containers, asked).front();
    }
    if (found.size() > 1) {
        bool isAmong = false;
        for (const PickleNest& choice : found) {
            nest.nests.push_back({choice.path, choice.tensors});
            isAmong |= choice.path == chosen.path;
        }
        if (!isAmong && !chosen.path.empty())
            nest.nests.push_back({chosen.path, containers.countTensors(chosen.id)});
    }
    return chosen;
}

} // namespace

Result<StateDictNest> findStateDict(const PickleContainers& containers,
                                    const std::string& where,
                                    const OpenOptions& options) {
    const PickleGraph& graph = containers.graph();
    StateDictNest nest;
    const auto isObject = [&] {
        return std::unexpected(
            Error{where,
                  "this file stores a Python object (a whole module), not a state dict",
                  "In Python, save model.state_dict() with torch.save or safetensors"});
    };
    if (containers.isTensor(graph.root())) {
        nest.entries.push_back({"tensor", graph.root()});
        nest.notes.emplace_back("the file holds a single tensor without a name");
        return nest;
    }
    if (!containers.isContainer(graph.root()))
        return isObject();
    const auto chosen = chooseNest(containers, where, options, nest);
    if (!chosen)
        return std::unexpected(chosen.error());
    nest.path = chosen->path;
    noteChoice(*chosen, nest);
    const bool isWhole =
        options.nest || containers.countDirect(containers.children(chosen->id)) == 0;
    Listing listing(containers, where, options.limits);
    if (auto done = listing.run(
            chosen->id, isWhole ? Listing::Scope::Everything : Listing::Scope::Weights, nest);
        !done)
        return std::unexpected(done.error());
    if (nest.entries.empty() && containers.holdsModule())
        return isObject();
    if (const std::int64_t all = containers.countTensors(graph.root());
        all > static_cast<std::int64_t>(nest.entries.size()) && chosen->id != graph.root())
        nest.notes.push_back(
            fmt::format("tensors outside it (an optimizer's, another copy's): {}, not listed",
                        all - static_cast<std::int64_t>(nest.entries.size())));
    return nest;
}

} // namespace heirloom

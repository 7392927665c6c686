// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleContainers.h"

#include <algorithm>
#include <string_view>

namespace heirloom {
namespace {

using Kind = PickleGraph::Kind;

} // namespace

const PickledTensor* PickleContainers::outside(Id id) const {
    if (!m_outside || m_graph.kind(id) != Kind::Persistent)
        return nullptr;
    const auto key = pickledKey(m_graph, m_graph.arguments(id));
    const auto found = key ? m_outside->find(*key) : m_outside->end();
    return found == m_outside->end() ? nullptr : &found->second;
}

bool PickleContainers::isTensor(Id id) const {
    return isPickledTensor(m_graph, id) || outside(id) != nullptr;
}

Result<PickledTensor> PickleContainers::tensor(Id id) const {
    if (const PickledTensor* found = outside(id))
        return *found;
    return pickledTensor(m_graph, id);
}

bool PickleContainers::isList(Id id) const {
    return m_graph.kind(id) == Kind::List || m_graph.kind(id) == Kind::Tuple;
}

bool PickleContainers::isDict(Id id) const {
    if (m_graph.kind(id) == Kind::Dict)
        return true;
    return m_graph.kind(id) == Kind::Object && !isTensor(id) &&
           (m_graph.hasPairs(id) || isEmptyDict(id) || isScriptObject(id));
}

bool PickleContainers::isEmptyDict(Id id) const {
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

bool PickleContainers::isScriptObject(Id id) const {
    if (m_modules == Modules::Opaque)
        return false;
    const Id callee = m_graph.callee(id);
    const Id state = m_graph.state(id);
    return m_graph.kind(callee) == Kind::Global && m_graph.text(callee).starts_with("__torch__") &&
           state != PickleGraph::none && m_graph.kind(state) == Kind::Dict;
}

std::vector<PickleContainers::Child> PickleContainers::children(Id id) const {
    std::vector<Child> found;
    if (isList(id)) {
        const auto items = m_graph.items(id);
        found.reserve(items.size());
        for (const Id item : items)
            found.push_back({PickleGraph::none, item, found.size()});
        return found;
    }
    if (m_graph.kind(id) == Kind::Object && isScriptObject(id))
        id = m_graph.state(id);
    // Python 2 gives an OrderedDict its pairs as an argument.
    if (m_graph.kind(id) == Kind::Object && m_graph.items(m_graph.arguments(id)).size() == 1)
        for (const Id pair : m_graph.items(m_graph.items(m_graph.arguments(id))[0]))
            if (const auto items = m_graph.items(pair); items.size() == 2)
                found.push_back({items[0], items[1]});
    const auto items = m_graph.items(id);
    found.reserve(found.size() + items.size() / 2);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        found.push_back({items[i], items[i + 1]});
    return found;
}

bool PickleContainers::isNamed(const Child& child) const {
    if (child.key == PickleGraph::none)
        return true;
    const Kind kind = m_graph.kind(child.key);
    return kind == Kind::Text || kind == Kind::Bytes || kind == Kind::Int;
}

std::string PickleContainers::name(const Child& child) const {
    if (child.key == PickleGraph::none)
        return std::to_string(child.place);
    if (m_graph.kind(child.key) == Kind::Int)
        return std::to_string(m_graph.integer(child.key));
    return std::string(m_graph.text(child.key));
}

PickleContainers::Id PickleContainers::container(const std::vector<Child>& children,
                                                 std::string_view key) const {
    for (auto child = children.rbegin(); child != children.rend(); ++child)
        if (child->key != PickleGraph::none && m_graph.kind(child->key) != Kind::Int &&
            isNamed(*child) && m_graph.text(child->key) == key && isContainer(child->value))
            return child->value;
    return PickleGraph::none;
}

std::int64_t PickleContainers::countTensors(Id root) const {
    std::vector<bool> seen(m_graph.size());
    std::vector<Id> open = {root};
    std::int64_t tensors = 0;
    while (!open.empty()) {
        const Id id = open.back();
        open.pop_back();
        if (isTensor(id)) {
            ++tensors;
        } else if (isContainer(id) && !seen[id] && holdsTensors(id)) {
            seen[id] = true;
            for (const Child& next : children(id))
                open.push_back(next.value);
        }
    }
    return tensors;
}

std::int64_t PickleContainers::countDirect(const std::vector<Child>& children) const {
    return std::count_if(children.begin(), children.end(), [&](const Child& next) {
        return isNamed(next) && isTensor(next.value);
    });
}

bool PickleContainers::holdsTensors(Id root) const {
    if (isTensor(root))
        return true;
    if (!isContainer(root))
        return false;
    m_found.resize(m_graph.size(), Found::Unknown);
    if (m_found[root] != Found::Unknown)
        return m_found[root] == Found::Tensors;
    struct Open {
        Id id;
        std::vector<Child> children;
        std::size_t next = 0;
    };
    std::vector<Open> stack;
    m_found[root] = Found::Nothing; // until one is found; what names itself adds nothing
    stack.push_back({root, children(root)});
    while (!stack.empty()) {
        Open& open = stack.back();
        if (open.next == open.children.size()) {
            const bool holds = m_found[open.id] == Found::Tensors;
            stack.pop_back();
            if (holds && !stack.empty())
                m_found[stack.back().id] = Found::Tensors;
            continue;
        }
        const Id id = open.children[open.next++].value;
        if (isTensor(id) || m_found[id] == Found::Tensors) {
            m_found[open.id] = Found::Tensors;
        } else if (m_found[id] == Found::Unknown && isContainer(id)) {
            m_found[id] = Found::Nothing;
            stack.push_back({id, children(id)});
        }
    }
    return m_found[root] == Found::Tensors;
}

bool PickleContainers::holdsModule() const {
    for (Id id = 0; id < m_graph.size(); ++id) {
        if (m_graph.kind(id) != Kind::Object || m_graph.state(id) == PickleGraph::none ||
            m_graph.kind(m_graph.state(id)) != Kind::Dict)
            continue;
        for (const Child& next : children(m_graph.state(id)))
            if (m_graph.text(next.key) == "_parameters" || m_graph.text(next.key) == "_modules")
                return true;
    }
    return false;
}

} // namespace heirloom

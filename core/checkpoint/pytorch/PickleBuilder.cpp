// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PickleBuilder.h"

#include <limits>

namespace heirloom {

void PickleBuilder::charge(std::uint64_t bytes) {
    m_bytes += bytes; // each is less than the file has, so the sum cannot wrap before it is refused
    if (m_bytes > m_limits[Limit::PickleMemory])
        refuseLimit(m_limits, Limit::PickleMemory, "the bytes of its values are");
}

PickleBuilder::Id PickleBuilder::add(Kind kind, std::uint64_t first, std::uint32_t second) {
    charge(sizeof(PickleGraph::Node));
    m_graph.m_nodes.push_back({kind, second, first});
    return static_cast<Id>(m_graph.m_nodes.size() - 1);
}

void PickleBuilder::push(Kind kind, std::uint64_t value) { push(add(kind, value, 0)); }

std::uint64_t PickleBuilder::reserveText(std::uint64_t length) {
    if (length > std::numeric_limits<std::uint32_t>::max())
        refusePickle("a text of {} bytes is longer than 4 GiB", length);
    charge(length);
    return m_graph.m_text.size();
}

void PickleBuilder::pushText(Kind kind, std::string_view text) {
    pushText(kind, text.size(), [&](std::string& all) { all += text; });
}

void PickleBuilder::pushGlobal(std::string_view moduleName, std::string_view name) {
    pushText(Kind::Global, fmt::format("{} {}", moduleName, name));
}

void PickleBuilder::pushList(Kind kind, std::vector<Id> items) {
    charge(sizeof(items) + items.size() * sizeof(Id));
    m_graph.m_lists.push_back(std::move(items));
    push(kind, m_graph.m_lists.size() - 1);
}

void PickleBuilder::pushTuple(std::size_t count) {
    std::vector<Id> items(count);
    for (std::size_t i = count; i > 0; --i)
        items[i - 1] = pop();
    pushList(Kind::Tuple, std::move(items));
}

void PickleBuilder::pushObject(Id callee, Id arguments) {
    const Kind kind = m_graph.kind(callee);
    if (kind != Kind::Global && kind != Kind::Object && kind != Kind::Persistent)
        refusePickle("what it would call is no function or class");
    if (m_graph.kind(arguments) != Kind::Tuple)
        refusePickle("the arguments of a call are no tuple");
    charge(sizeof(PickleGraph::Object));
    m_graph.m_objects.push_back({callee, arguments, PickleGraph::none, false, {}});
    push(Kind::Object, m_graph.m_objects.size() - 1);
}

PickleBuilder::Id PickleBuilder::top() const {
    if (m_stack.size() <= base())
        refusePickle("the stack is empty");
    return m_stack.back();
}

PickleBuilder::Id PickleBuilder::pop() {
    const Id id = top();
    m_stack.pop_back();
    return id;
}

std::vector<PickleBuilder::Id> PickleBuilder::popToMark() {
    if (m_marks.empty())
        refusePickle("there is no mark on the stack");
    const auto first = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
    std::vector<Id> items(first, m_stack.end());
    m_stack.erase(first, m_stack.end());
    m_marks.pop_back();
    return items;
}

void PickleBuilder::popItemOrMark() {
    if (m_stack.size() == base() && !m_marks.empty())
        m_marks.pop_back();
    else
        static_cast<void>(pop());
}

std::vector<PickleBuilder::Id>& PickleBuilder::itemsOfTop(std::size_t added,
                                                          Kind wanted,
                                                          bool arePairs) {
    const Id target = top();
    charge(2 * added * sizeof(Id)); // a vector grows by doubling
    if (m_graph.kind(target) == wanted)
        return m_graph.m_lists[m_graph.m_nodes[target].first];
    if (m_graph.kind(target) != Kind::Object)
        refusePickle("items are added to something that holds none");
    auto& object = m_graph.m_objects[m_graph.m_nodes[target].first];
    if (!object.items.empty() && object.hasPairs != arePairs)
        refusePickle("an object is given both items and pairs");
    object.hasPairs = arePairs;
    return object.items;
}

void PickleBuilder::extend(const std::vector<Id>& added, Kind wanted, bool arePairs) {
    auto& items = itemsOfTop(added.size(), wanted, arePairs);
    items.insert(items.end(), added.begin(), added.end());
}

void PickleBuilder::appendItem() {
    const Id item = pop();
    itemsOfTop(1, Kind::List, false).push_back(item);
}

void PickleBuilder::setItem() {
    const Id value = pop();
    const Id key = pop();
    auto& items = itemsOfTop(2, Kind::Dict, true);
    items.push_back(key);
    items.push_back(value);
}

void PickleBuilder::setItems(const std::vector<Id>& pairs) {
    if (pairs.size() % 2 != 0)
        refusePickle("a key has no value");
    extend(pairs, Kind::Dict, true);
}

void PickleBuilder::build() {
    const Id state = pop();
    const Id target = top();
    if (m_graph.kind(target) != Kind::Object)
        refusePickle("a state is given to something that is no object");
    m_graph.m_objects[m_graph.m_nodes[target].first].state = state;
}

void PickleBuilder::memoize(std::uint64_t key) {
    if (key > std::numeric_limits<std::uint32_t>::max())
        refusePickle("the memo index {} is too large", key);
    constexpr std::uint64_t slack = 1024; // protocols 0 and 1 begin to count anywhere
    const Id remembered = top();
    if (key <= 2 * m_memo.size() + slack) {
        if (key >= m_memo.size()) {
            charge((key + 1 - m_memo.size()) * 2 * sizeof(Id));
            m_memo.resize(static_cast<std::size_t>(key) + 1, PickleGraph::none);
        }
        Id& place = m_memo[static_cast<std::size_t>(key)];
        if (place == PickleGraph::none && !m_farMemo.contains(key))
            ++m_memoized;
        place = remembered;
        return;
    }
    constexpr std::uint64_t entryBytes = 48; // node, bucket and what the allocator adds
    charge(entryBytes);
    if (m_farMemo.insert_or_assign(key, remembered).second)
        ++m_memoized;
}

void PickleBuilder::recall(std::uint64_t key) {
    if (key < m_memo.size() && m_memo[static_cast<std::size_t>(key)] != PickleGraph::none)
        return push(m_memo[static_cast<std::size_t>(key)]);
    const auto found = m_farMemo.find(key);
    if (found == m_farMemo.end())
        refusePickle("nothing was remembered under {}", key);
    push(found->second);
}

void PickleBuilder::callWithArguments() {
    const Id arguments = pop();
    const Id callee = pop();
    pushObject(callee, arguments);
}

void PickleBuilder::callWithKeywords() {
    const Id keywords = pop();
    if (m_graph.kind(keywords) != Kind::Dict)
        refusePickle("keyword arguments are no dictionary");
    callWithArguments();
}

void PickleBuilder::callFromMark() {
    std::vector<Id> items = popToMark();
    if (items.empty())
        refusePickle("there is no class to make an object of");
    const Id callee = items.front();
    items.erase(items.begin());
    pushList(Kind::Tuple, std::move(items));
    pushObject(callee, pop());
}

void PickleBuilder::globalFromStack() {
    const Id name = pop();
    const Id moduleName = pop();
    if (!m_graph.isText(name) || !m_graph.isText(moduleName))
        refusePickle("a name to import is no text");
    pushGlobal(m_graph.text(moduleName), m_graph.text(name));
}

PickleGraph PickleBuilder::finish() {
    m_graph.m_root = pop();
    return std::move(m_graph);
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Limits.h"
#include "core/checkpoint/pytorch/PickleGraph.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// Ends the reading of one pickle; thrown and caught inside the pickle machine only.
struct PickleRefusal {
    std::string text;
    std::string advice = {};
};

template <class... Args>
[[noreturn]] void refusePickle(fmt::format_string<Args...> format, Args&&... args) {
    throw PickleRefusal{fmt::format(format, std::forward<Args>(args)...)};
}

/// Ends it because of a limit: "{what} more than the limit pickle_nodes of ...".
[[noreturn]] inline void refuseLimit(const Limits& limits, Limit limit, std::string_view what) {
    Error error = limits.exceeded({}, limit, what);
    throw PickleRefusal{std::move(error.text), std::move(error.advice)};
}

/// The stack, marks and memo that a pickle's instructions work on, and the graph that grows from
/// them. Every deed that the instructions have no right to ends in a PickleRefusal.
class PickleBuilder {
public:
    using Id = PickleGraph::Id;
    using Kind = PickleGraph::Kind;

    /// Takes no more memory than `limits` allow a pickle. \pre `limits` outlive it
    explicit PickleBuilder(const Limits& limits) : m_limits(limits) {}

    void push(Id id) {
        charge(sizeof(Id));
        m_stack.push_back(id);
    }
    /// A node with a value: Int, Bool, Persistent, or none.
    void push(Kind kind, std::uint64_t value = 0);
    void pushText(Kind kind, std::string_view text);
    /// Room for `length` bytes, which `fill(std::string&)` appends.
    template <class Fill> void pushText(Kind kind, std::uint64_t length, Fill fill) {
        const std::uint64_t begin = reserveText(length);
        fill(m_graph.m_text);
        push(add(kind, begin, static_cast<std::uint32_t>(length)));
    }
    void pushGlobal(std::string_view moduleName, std::string_view name);
    void pushList(Kind kind, std::vector<Id> items);
    /// The topmost `count` as a tuple.
    void pushTuple(std::size_t count);
    /// A call that is not made.
    void pushObject(Id callee, Id arguments);

    /// Items below the last mark are out of reach.
    [[nodiscard]] Id top() const;
    Id pop();
    void mark() {
        charge(sizeof(std::size_t));
        m_marks.push_back(m_stack.size());
    }
    /// All above the last mark, and the mark with it.
    std::vector<Id> popToMark();
    /// The topmost item, or the mark where nothing lies above it.
    void popItemOrMark();

    /// Adds to the topmost: a `wanted` container, or an object (a subclass of it).
    void extend(const std::vector<Id>& added, Kind wanted, bool arePairs);
    void setItems(const std::vector<Id>& pairs);
    /// The topmost goes into the list below it; the topmost two, as key and value, into the
    /// dictionary below them.
    void appendItem();
    void setItem();
    /// Gives the topmost but one the topmost as its state.
    void build();
    void memoize(std::uint64_t key);
    void memoizeNext() { memoize(m_memoized); }
    void recall(std::uint64_t key);

    void callWithArguments();
    void callWithKeywords();
    void callFromMark();
    void globalFromStack();

    /// The graph, with the topmost as its root.
    [[nodiscard]] PickleGraph finish();

private:
    Id add(Kind kind, std::uint64_t first, std::uint32_t second);
    /// Where a text of `length` bytes will begin.
    std::uint64_t reserveText(std::uint64_t length);
    [[nodiscard]] std::size_t base() const { return m_marks.empty() ? 0 : m_marks.back(); }

    /// Counts bytes that are about to be taken; they are never given back.
    void charge(std::uint64_t bytes);
    /// Where the items of the topmost container go, after `added` more were charged.
    std::vector<Id>& itemsOfTop(std::size_t added, Kind wanted, bool arePairs);

    const Limits& m_limits;
    std::uint64_t m_bytes = 0;
    PickleGraph m_graph;
    std::vector<Id> m_stack;
    std::vector<std::size_t> m_marks;
    std::vector<Id> m_memo; ///< by index; `none` where nothing was remembered
    std::unordered_map<std::uint64_t, Id> m_farMemo; ///< for indices far beyond the others
    std::uint64_t m_memoized = 0;                    ///< different indices
};

} // namespace heirloom

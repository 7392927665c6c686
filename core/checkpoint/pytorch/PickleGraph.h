// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

/// What a pickle describes, as plain nodes: nothing was imported, called or built.
///
/// Nodes live in flat arrays and name each other by number, so that cycles, sharing and any depth
/// cost nothing to keep or to throw away.
class PickleGraph {
public:
    using Id = std::uint32_t;
    static constexpr Id none = 0xffffffffU;

    enum class Kind : std::uint8_t {
        None,
        Bool,
        Int,
        BigInt, ///< beyond 64 bits; kept as its little-endian bytes, or as its digits in protocol 0
        Float,
        Text,
        Bytes,
        Tuple,
        List,
        Dict, ///< items() are key, value, key, value ...
        Set,
        Global,     ///< a name, `module name`
        Persistent, ///< something that the pickle's surroundings hold; arguments() is its id
        Object ///< callee() applied to arguments(), then state() and items(): what Python would
               ///< have called
    };

    [[nodiscard]] Id root() const { return m_root; }
    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }
    [[nodiscard]] Kind kind(Id id) const { return m_nodes[id].kind; }
    /// Of Int and Bool.
    [[nodiscard]] std::int64_t integer(Id id) const {
        return static_cast<std::int64_t>(m_nodes[id].first);
    }
    [[nodiscard]] bool isText(Id id) const { return kind(id) == Kind::Text; }
    [[nodiscard]] bool hasText(Id id) const {
        return isText(id) || kind(id) == Kind::Bytes || kind(id) == Kind::BigInt ||
               kind(id) == Kind::Global;
    }
    /// Of Text, Bytes and BigInt; of a Global its module and name with a space between; empty for
    /// others. Lives as long as the graph.
    [[nodiscard]] std::string_view text(Id id) const {
        return hasText(id) ? std::string_view(m_text).substr(m_nodes[id].first, m_nodes[id].second)
                           : std::string_view();
    }
    [[nodiscard]] bool isGlobal(Id id, std::string_view name) const {
        return kind(id) == Kind::Global && text(id) == name;
    }
    /// Of Tuple, List, Dict, Set; of an Object what was appended or set on it.
    [[nodiscard]] std::span<const Id> items(Id id) const;
    /// Whether an Object's items are pairs of key and value.
    [[nodiscard]] bool hasPairs(Id id) const {
        return kind(id) == Kind::Dict || (kind(id) == Kind::Object && object(id).hasPairs);
    }
    /// Of an Object.
    [[nodiscard]] Id callee(Id id) const { return object(id).callee; }
    /// Of an Object: a Tuple. Of a Persistent: its id, of any kind.
    [[nodiscard]] Id arguments(Id id) const {
        return kind(id) == Kind::Persistent ? static_cast<Id>(m_nodes[id].first)
                                            : object(id).arguments;
    }
    /// Of an Object: what BUILD gave it; `none` when it was not built.
    [[nodiscard]] Id state(Id id) const { return object(id).state; }

private:
    friend class PickleBuilder;

    struct Node {
        Kind kind = Kind::None;
        std::uint32_t second = 0; ///< length of a text
        std::uint64_t first = 0;  ///< value, place in m_text, m_lists or m_objects
    };
    struct Object {
        Id callee = none;
        Id arguments = none;
        Id state = none;
        bool hasPairs = false;
        std::vector<Id> items;
    };

    [[nodiscard]] const Object& object(Id id) const { return m_objects[m_nodes[id].first]; }

    std::vector<Node> m_nodes;
    std::vector<std::vector<Id>> m_lists;
    std::vector<Object> m_objects;
    std::string m_text;
    Id m_root = none;
};

} // namespace heirloom

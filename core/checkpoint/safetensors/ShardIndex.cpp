// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors/ShardIndex.h"

#include "core/checkpoint/safetensors/JsonCursor.h"

#include <algorithm>
#include <map>

namespace heirloom {
namespace {

constexpr std::size_t longestFileName = 255;

std::unexpected<Error> refuse(const std::string& where, std::string text) {
    return std::unexpected(
        Error{where,
              "index of shards: " + std::move(text),
              "The file is damaged or was not written by a trustworthy program"});
}

/// Why a name may not be a shard's; empty for a base name.
std::string_view faultOf(std::string_view name) {
    if (name.empty())
        return "is empty";
    if (name.find_first_of("/\\") != std::string_view::npos)
        return "holds a separator; a shard lies beside its index";
    if (name == "." || name == "..")
        return "is a folder";
    if (name.size() > longestFileName)
        return "is too long for a file";
    if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
        return "holds a control character";
    return {};
}

class IndexParser {
public:
    IndexParser(std::string_view text, const std::string& where, const Limits& limits)
        : m_json(text), m_where(where), m_limits(limits) {}

    Result<ShardIndex> parse() {
        if (!m_json.accept('{'))
            return refuse(m_where,
                          std::string(m_json.nextKind()) + " stands where an object should");
        bool hasMap = false;
        if (!m_json.accept('}')) {
            do {
                std::string_view key;
                if (!m_json.string(key))
                    return invalid();
                const bool isMap = key == "weight_map";
                if (!m_json.expect(':'))
                    return invalid();
                if (isMap && std::exchange(hasMap, true))
                    return refuse(m_where, "weight_map comes twice");
                if (isMap) {
                    if (auto done = weightMap(); !done)
                        return std::unexpected(done.error());
                } else if (!m_json.skipValue(m_limits[Limit::JsonDepth])) {
                    return invalid();
                }
            } while (m_json.accept(','));
            if (!m_json.expect('}'))
                return invalid();
        }
        if (!m_json.expectEnd())
            return invalid();
        if (!hasMap)
            return std::unexpected(
                Error{m_where,
                      "this is a JSON file without a weight_map, so no index of shards",
                      "Open the folder, or the checkpoint itself"});
        return finish();
    }

private:
    Status weightMap() {
        if (!m_json.accept('{'))
            return refuse(m_where,
                          fmt::format("weight_map is {}, not an object", m_json.nextKind()));
        if (m_json.accept('}'))
            return {};
        do {
            std::string_view text;
            if (!m_json.string(text))
                return invalid();
            std::string tensor(text);
            if (auto fits = m_limits.check(
                    m_where, Limit::NameBytes, tensor.size(), "the bytes of a tensor's name are");
                !fits)
                return fits;
            if (m_index.promises.size() >= m_limits[Limit::Tensors])
                return std::unexpected(
                    m_limits.exceeded(m_where, Limit::Tensors, "the index names"));
            if (!m_json.expect(':'))
                return invalid();
            if (m_json.next() != '"')
                return refuse(m_where,
                              fmt::format("the shard of '{}' is {}, not a string",
                                          tensor,
                                          m_json.nextKind()));
            if (!m_json.string(text))
                return invalid();
            if (const auto fault = faultOf(text); !fault.empty())
                return refuse(
                    m_where,
                    fmt::format("the shard of '{}', '{}', {}", tensor, text.substr(0, 300), fault));
            auto found = m_shards.find(text);
            if (found == m_shards.end()) {
                if (m_shards.size() >= m_limits[Limit::Shards])
                    return std::unexpected(
                        m_limits.exceeded(m_where, Limit::Shards, "the index names"));
                found = m_shards.emplace(text, static_cast<std::uint32_t>(m_shards.size())).first;
            }
            m_index.promises.push_back({std::move(tensor), found->second});
        } while (m_json.accept(','));
        return m_json.expect('}') ? Status() : invalid();
    }

    /// Puts shards and tensors into the order of their names.
    Result<ShardIndex> finish() {
        if (m_index.promises.empty())
            return refuse(m_where, "weight_map names no tensor");
        std::vector<std::uint32_t> places(m_shards.size());
        for (const auto& [name, seen] : m_shards) {
            places[seen] = static_cast<std::uint32_t>(m_index.shards.size());
            m_index.shards.push_back(name);
        }
        for (auto& promise : m_index.promises)
            promise.shard = places[promise.shard];
        std::ranges::sort(m_index.promises, {}, &ShardIndex::Promise::tensor);
        const auto repeated =
            std::ranges::adjacent_find(m_index.promises, {}, &ShardIndex::Promise::tensor);
        if (repeated != m_index.promises.end())
            return refuse(m_where, fmt::format("weight_map names '{}' twice", repeated->tensor));
        return std::move(m_index);
    }

    [[nodiscard]] std::unexpected<Error> invalid() const {
        if (m_json.isTooDeep())
            return std::unexpected(
                m_limits.exceeded(m_where,
                                  Limit::JsonDepth,
                                  "lists and objects of the index stand inside each other"));
        return refuse(m_where, m_json.trouble());
    }

    JsonCursor m_json;
    const std::string& m_where;
    const Limits& m_limits;
    ShardIndex m_index;
    std::map<std::string, std::uint32_t, std::less<>> m_shards; ///< in the order they came
};

} // namespace

Result<ShardIndex> parseShardIndex(std::string_view text,
                                   const std::string& where,
                                   const Limits& limits) {
    return IndexParser(text, where, limits).parse();
}

} // namespace heirloom

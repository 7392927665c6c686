// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/ShardedCheckpoint.h"

#include "core/base/FilePool.h"
#include "core/checkpoint/CheckpointFolder.h"
#include "core/checkpoint/NamePrefix.h"
#include "core/checkpoint/OpenCheckpoint.h"
#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/safetensors/ShardIndex.h"

#include <algorithm>
#include <utility>

namespace heirloom {
namespace {

constexpr std::size_t mostNotes = 16;
constexpr std::string_view distrust =
    "The checkpoint is damaged or was not written by a trustworthy program";

class ShardedCheckpoint final : public Checkpoint {
public:
    explicit ShardedCheckpoint(std::filesystem::path path) { m_path = std::move(path); }

    Status open(ShardIndex index, const OpenOptions& options);

    std::vector<std::filesystem::path> files() const override {
        std::vector<std::filesystem::path> all = {m_path};
        for (const auto& shard : m_shards)
            all.push_back(shard->path());
        return all;
    }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const TensorInfo* found = find(tensor.name);
        if (!found)
            return fail(m_path.string(), "there is no tensor named '{}'", tensor.name);
        const Place place = m_places[static_cast<std::size_t>(found - m_tensors.data())];
        const Checkpoint& shard = *m_shards[place.shard];
        return shard.readRows(shard.tensors()[place.tensor], firstRow, rowCount, out);
    }

    Status readBytes(const TensorInfo& tensor,
                     std::int64_t first,
                     std::span<std::byte> out) const override {
        const TensorInfo* found = find(tensor.name);
        if (!found)
            return fail(m_path.string(), "there is no tensor named '{}'", tensor.name);
        const Place place = m_places[static_cast<std::size_t>(found - m_tensors.data())];
        const Checkpoint& shard = *m_shards[place.shard];
        return shard.readBytes(shard.tensors()[place.tensor], first, out);
    }

private:
    struct Place {
        std::uint32_t shard;
        std::uint32_t tensor; ///< in the shard's list
    };

    Status addShard(const std::string& name, const OpenOptions& options);
    Status keepPromises(const ShardIndex& index);
    Status takePrefix(const OpenOptions& options);
    void note(const std::string& text) {
        if (m_notes.size() < mostNotes && std::ranges::find(m_notes, text) == m_notes.end())
            m_notes.push_back(harmlessText(text));
    }

    std::shared_ptr<FilePool> m_pool = std::make_shared<FilePool>();
    std::vector<std::shared_ptr<const Checkpoint>> m_shards;
    std::vector<Place> m_places; ///< one for each of m_tensors
};

/// "safetensors" for safetensors, "pytorch" for both of torch's; empty for what has no shards.
std::string_view kindOf(const std::string& format) {
    if (format == "safetensors")
        return format;
    return format.starts_with("pytorch-") ? "pytorch" : std::string_view();
}

Status ShardedCheckpoint::addShard(const std::string& name, const OpenOptions& options) {
    const auto file = fileInFolder(m_path.parent_path(), name);
    if (!file)
        return std::unexpected(file.error());
    auto source = m_pool->open(*file);
    if (!source)
        return std::unexpected(source.error());
    auto inside = options; // prefixes are taken off all the names at once
    inside.prefix = std::string();
    const auto shard = openCheckpointBytes(std::move(*source), m_path.parent_path() / name, inside);
    if (!shard)
        return std::unexpected(shard.error());
    const auto kind = kindOf((*shard)->format());
    if (kind.empty() || (!m_shards.empty() && kind != kindOf(m_shards[0]->format())))
        return std::unexpected(
            Error{(*shard)->path().string(),
                  fmt::format("this shard is a {} file, {}",
                              (*shard)->format(),
                              m_shards.empty() ? "which is not saved in shards"
                                               : "but the first one is " + m_shards[0]->format()),
                  std::string(distrust)});
    if (auto fits = options.limits.check(m_path.string(),
                                         Limit::Tensors,
                                         m_tensors.size() + (*shard)->tensors().size(),
                                         "its tensors are");
        !fits)
        return fits;
    const auto number = static_cast<std::uint32_t>(m_shards.size());
    for (std::uint32_t i = 0; i < (*shard)->tensors().size(); ++i) {
        m_tensors.push_back((*shard)->tensors()[i]);
        m_places.push_back({number, i});
    }
    for (const auto& text : (*shard)->notes())
        note(text == "the file holds no tensors" ? name + " holds no tensors" : text);
    for (const auto& [key, value] : (*shard)->metadata())
        m_metadata.try_emplace(key, value);
    m_shards.push_back(*shard);
    return {};
}

Status ShardedCheckpoint::keepPromises(const ShardIndex& index) {
    for (const auto& [tensor, shard] : index.promises)
        if (!m_shards[shard]->find(tensor))
            return std::unexpected(
                Error{m_path.string(),
                      fmt::format("the index says that '{}' lies in '{}', which does not have it",
                                  tensor,
                                  index.shards[shard]),
                      std::string(distrust)});
    if (const TensorInfo* repeated = this->index()) {
        const auto shardOf = [&](const TensorInfo* tensor) -> const std::string& {
            return index
                .shards[m_places[static_cast<std::size_t>(tensor - m_tensors.data())].shard];
        };
        return std::unexpected(Error{m_path.string(),
                                     fmt::format("'{}' lies in two shards, '{}' and '{}'",
                                                 repeated->name,
                                                 shardOf(find(repeated->name)),
                                                 shardOf(repeated)),
                                     std::string(distrust)});
    }
    if (const auto more = m_tensors.size() - index.promises.size(); more > 0)
        note(fmt::format("{} that the index does not name listed too",
                         more == 1 ? "1 tensor" : fmt::format("{} tensors", more)));
    return {};
}

Status ShardedCheckpoint::takePrefix(const OpenOptions& options) {
    auto prefix = findPrefix(m_tensors, m_path.string(), options.prefix);
    if (!prefix)
        return std::unexpected(prefix.error());
    if (!prefix->taken.empty()) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < m_tensors.size(); ++i) {
            if (!hasPrefix(m_tensors[i].name, prefix->taken))
                continue;
            TensorInfo tensor = std::move(m_tensors[i]);
            tensor.name.erase(0, prefix->taken.size());
            m_tensors[kept] = std::move(tensor);
            m_places[kept++] = m_places[i];
        }
        m_tensors.resize(kept);
        m_places.resize(kept);
        index();
    }
    for (const auto& text : prefixNotes(*prefix))
        note(text);
    m_prefixes = std::move(prefix->offered);
    m_prefix = std::move(prefix->taken);
    return {};
}

Status ShardedCheckpoint::open(ShardIndex index, const OpenOptions& options) {
    for (const auto& name : index.shards)
        if (auto added = addShard(name, options); !added)
            return added;
    m_format = std::string(kindOf(m_shards[0]->format())) + "-sharded";
    if (auto kept = keepPromises(index); !kept)
        return kept;
    return takePrefix(options);
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openShards(const ByteSource& source,
                                                     const std::filesystem::path& path,
                                                     const OpenOptions& options) {
    if (path.empty())
        return fail(source.name(), "an index of shards is of no use without its folder");
    if (auto fits = options.limits.check(
            source.name(), Limit::IndexBytes, source.size(), "the bytes of the index are");
        !fits)
        return std::unexpected(fits.error());
    std::string text(static_cast<std::size_t>(source.size()), '\0');
    if (auto read = source.readAt(0, std::as_writable_bytes(std::span(text))); !read)
        return std::unexpected(read.error());
    auto index = parseShardIndex(text, source.name(), options.limits);
    if (!index)
        return std::unexpected(index.error());
    std::string().swap(text);
    auto checkpoint = std::make_shared<ShardedCheckpoint>(path);
    if (auto opened = checkpoint->open(std::move(*index), options); !opened)
        return std::unexpected(opened.error());
    return checkpoint;
}

} // namespace heirloom

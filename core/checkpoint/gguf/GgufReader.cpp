// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/gguf/GgufReader.h"

#include "core/base/LittleEndian.h"
#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/StoredCheckpoint.h"
#include "core/checkpoint/gguf/GgufTypes.h"
#include "core/checkpoint/gguf/GgufValues.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <set>

namespace heirloom {
namespace {

constexpr std::uint64_t longestKey = 65535; ///< by the format
constexpr std::size_t longestValue = 4096;  ///< of a text that is kept as metadata
constexpr std::uint32_t mostAxes = 8;       ///< the format has 4 today
constexpr std::size_t deepestArray = 4;     ///< arrays inside each other

class GgufReader {
public:
    GgufReader(const ByteSource& source, const Limits& limits)
        : m_source(source), m_limits(limits) {}

    Result<StoredContents> read(const std::filesystem::path& path) {
        m_contents.format = "gguf";
        m_contents.path = path;
        std::uint32_t version = 0;
        std::uint64_t tensors = 0, values = 0;
        m_at = 4; // behind "GGUF"
        if (auto done = number(version); !done)
            return std::unexpected(done.error());
        if (version == std::byteswap(std::uint32_t{3}) ||
            version == std::byteswap(std::uint32_t{2}))
            return std::unexpected(Error{m_source.name(),
                                         "this GGUF file is big-endian, which is not read",
                                         "Convert it with gguf_convert_endian.py"});
        if (version != 2 && version != 3)
            return std::unexpected(
                Error{m_source.name(),
                      fmt::format("this GGUF file is of version {}; 2 and 3 are read", version),
                      "Convert it with a current llama.cpp"});
        for (auto* count : {&tensors, &values})
            if (auto done = number(*count); !done)
                return std::unexpected(done.error());
        if (auto fits = m_limits.check(m_source.name(), Limit::Tensors, tensors, "its tensors are");
            !fits)
            return std::unexpected(fits.error());
        for (std::uint64_t i = 0; i < values; ++i)
            if (auto done = keyAndValue(); !done)
                return std::unexpected(done.error());
        for (std::uint64_t i = 0; i < tensors; ++i)
            if (auto done = tensor(); !done)
                return std::unexpected(done.error());
        if (auto done = place(); !done)
            return std::unexpected(done.error());
        noteQuantised();
        return std::move(m_contents);
    }

private:
    template <class... Args>
    [[nodiscard]] std::unexpected<Error> damaged(fmt::format_string<Args...> format,
                                                 Args&&... args) const {
        return std::unexpected(Error{m_source.name(),
                                     fmt::format(format, std::forward<Args>(args)...),
                                     "The file is damaged or incomplete; get it again"});
    }

    /// The next `size` bytes, at most a block's.
    Result<const std::byte*> bytes(std::size_t size) {
        if (size > m_source.size() - m_at)
            return damaged("the file ends at byte {}, inside its list of tensors", m_source.size());
        if (m_at + size > m_limits[Limit::HeaderBytes])
            return std::unexpected(m_limits.exceeded(
                m_source.name(), Limit::HeaderBytes, "the bytes before its data are"));
        if (m_at < m_blockBegin || m_at + size > m_blockBegin + m_block.size()) {
            constexpr std::uint64_t blockSize = 65536;
            m_block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(
                std::max<std::uint64_t>(blockSize, size), m_source.size() - m_at)));
            m_blockBegin = m_at;
            if (auto read = m_source.readAt(m_at, m_block); !read)
                return std::unexpected(read.error());
        }
        const std::byte* found = m_block.data() + (m_at - m_blockBegin);
        m_at += size;
        return found;
    }

    template <class Number> Status number(Number& value) {
        const auto found = bytes(sizeof(Number));
        if (!found)
            return std::unexpected(found.error());
        value = loadNumber<Number>(*found);
        return {};
    }

    Status skip(std::uint64_t count, std::uint64_t size) {
        std::uint64_t all = 0;
        if (__builtin_mul_overflow(count, size, &all) || all > m_source.size() - m_at)
            return damaged("the {} values at byte {} reach beyond the file", count, m_at);
        if (m_at + all > m_limits[Limit::HeaderBytes])
            return std::unexpected(m_limits.exceeded(
                m_source.name(), Limit::HeaderBytes, "the bytes before its data are"));
        m_at += all;
        return {};
    }

    /// A text of at most `longest` bytes; its size comes first.
    Status text(std::string& value, std::uint64_t longest, std::string_view what) {
        std::uint64_t size = 0;
        const auto at = m_at;
        if (auto done = number(size); !done)
            return done;
        if (size > longest)
            return damaged("{} at byte {} is said to have {} bytes; at most {} may be",
                           what,
                           at,
                           size,
                           longest);
        const auto found = bytes(static_cast<std::size_t>(size));
        if (!found)
            return std::unexpected(found.error());
        value.assign(reinterpret_cast<const char*>(*found), static_cast<std::size_t>(size));
        if (!isPlainUtf8(value))
            return damaged("{} at byte {} is not UTF-8 or holds a NUL", what, at);
        return {};
    }

    Status keyAndValue() {
        std::string key;
        std::uint32_t type = 0;
        if (auto done = text(key, longestKey, "the key"); !done)
            return done;
        constexpr std::uint64_t keyOverhead = 64; // of memory, so that empty keys count too
        m_keyBytes += key.size() + keyOverhead;
        if (m_keyBytes > m_limits[Limit::MetadataBytes])
            return std::unexpected(m_limits.exceeded(
                m_source.name(), Limit::MetadataBytes, "the bytes of its keys are"));
        if (!m_keys.insert(key).second)
            return damaged("the key '{}' comes twice", key);
        if (auto done = number(type); !done)
            return done;
        if (type == GgufValue::String) {
            std::uint64_t size = 0;
            const auto at = m_at;
            if (auto done = number(size); !done)
                return done;
            if (size > longestValue)
                return skip(size, 1);
            m_at = at;
            std::string value;
            // Programs put any bytes into texts that are not for them; those are passed over.
            const auto raw = bytes(static_cast<std::size_t>(size + 8));
            if (!raw)
                return std::unexpected(raw.error());
            value.assign(reinterpret_cast<const char*>(*raw) + 8, static_cast<std::size_t>(size));
            if (isPlainUtf8(value))
                m_contents.metadata.emplace(std::move(key), std::move(value));
            return {};
        }
        if (type == GgufValue::Array)
            return array(key);
        const auto size = ggufValueSize(type);
        if (size == 0)
            return damaged(
                "the value of '{}' is of type {}, which the format does not have", key, type);
        const auto found = bytes(static_cast<std::size_t>(size));
        if (!found)
            return std::unexpected(found.error());
        if (key == "general.alignment") {
            const auto alignment = type == GgufValue::U32 ? loadNumber<std::uint32_t>(*found) : 0;
            if (!std::has_single_bit(alignment) || alignment > (1U << 20))
                return damaged("general.alignment is no power of two up to 2^20");
            m_alignment = alignment;
        }
        m_contents.metadata.emplace(std::move(key), ggufValueText(type, *found));
        return {};
    }

    /// Passes over an array; arrays inside it wait on a short list.
    Status array(const std::string& key) {
        std::vector<std::uint64_t> waiting = {1}; // arrays still to come at each depth
        while (!waiting.empty()) {
            if (waiting.back() == 0) {
                waiting.pop_back();
                continue;
            }
            --waiting.back();
            std::uint32_t type = 0;
            std::uint64_t count = 0;
            if (auto done = number(type); !done)
                return done;
            if (auto done = number(count); !done)
                return done;
            if (type == GgufValue::Array) {
                if (waiting.size() == deepestArray)
                    return damaged("the arrays of '{}' lie more than {} deep", key, deepestArray);
                waiting.push_back(count);
                continue;
            }
            if (type == GgufValue::String) {
                for (std::uint64_t i = 0; i < count; ++i) {
                    std::uint64_t size = 0;
                    if (auto done = number(size); !done)
                        return done;
                    if (auto done = skip(size, 1); !done)
                        return done;
                }
                continue;
            }
            const auto size = ggufValueSize(type);
            if (size == 0)
                return damaged(
                    "the array '{}' is of type {}, which the format does not have", key, type);
            if (auto done = skip(count, size); !done)
                return done;
        }
        return {};
    }

    Status tensor() {
        TensorInfo info;
        if (auto done = text(info.name, m_limits[Limit::NameBytes], "the name of a tensor"); !done)
            return done;
        std::uint32_t axes = 0, type = 0;
        if (auto done = number(axes); !done)
            return done;
        if (axes > mostAxes)
            return damaged("{}: it has {} axes; at most {} may be", info.name, axes, mostAxes);
        for (std::uint32_t i = 0; i < axes; ++i) {
            std::uint64_t size = 0;
            if (auto done = number(size); !done)
                return done;
            if (size > (std::uint64_t{1} << 48))
                return damaged("{}: its size {} is larger than 2^48", info.name, size);
            info.shape.push_back(static_cast<std::int64_t>(size));
        }
        const std::int64_t fastest = info.shape.empty() ? 1 : info.shape.front();
        std::ranges::reverse(info.shape);
        StoredTensor stored;
        if (auto done = number(type); !done)
            return done;
        if (auto done = number(stored.storage.begin); !done)
            return done;
        const auto elements = elementCount(info.shape);
        if (!elements)
            return damaged("{}: the shape {} holds more elements than a number can count",
                           info.name,
                           shapeText(info.shape));
        const GgufType* known = findGgufType(type);
        if (!known) {
            ++m_unknown;
        } else {
            if (fastest % known->elements != 0)
                return damaged("{}: rows of {} elements are no whole blocks of {}, {} each",
                               info.name,
                               fastest,
                               known->name,
                               known->elements);
            std::int64_t bytes = 0;
            if (__builtin_mul_overflow(*elements / known->elements, known->bytes, &bytes))
                return damaged("{}: {} of {} has more bytes than a number can count",
                               info.name,
                               shapeText(info.shape),
                               known->name);
            stored.storage.size = static_cast<std::uint64_t>(bytes);
            info.dtype = known->dtype;
            if (info.dtype == DType::Unsupported) {
                ++m_quantised;
                m_quantisedTypes.insert(known->name);
            }
        }
        m_contents.tensors.push_back(std::move(info));
        m_contents.stored.push_back(stored);
        return {};
    }

    /// Offsets count from the data, which begins at the next multiple of the alignment.
    Status place() {
        const std::uint64_t data = (m_at + m_alignment - 1) / m_alignment * m_alignment;
        for (std::size_t i = 0; i < m_contents.tensors.size(); ++i) {
            auto& storage = m_contents.stored[i].storage;
            const auto& name = m_contents.tensors[i].name;
            if (storage.begin % m_alignment != 0)
                return damaged("{} begins at byte {} of the data, which is no multiple of {}",
                               name,
                               storage.begin,
                               m_alignment);
            const std::uint64_t size = m_source.size() > data ? m_source.size() - data : 0;
            if (storage.begin > size || storage.size > size - storage.begin)
                return damaged("the file ends before its tensors do: {} needs {} bytes from byte "
                               "{} of the data on, which has {}",
                               name,
                               storage.size,
                               storage.begin,
                               size);
            storage.begin += data;
        }
        return {};
    }

    void noteQuantised() {
        const auto count = [](std::size_t n, std::string_view what) {
            return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
        };
        if (m_quantised > 0)
            m_contents.notes.push_back(fmt::format("{} ({}) not supported",
                                                   count(m_quantised, "quantised tensor"),
                                                   fmt::join(m_quantisedTypes, ", ")));
        if (m_unknown > 0)
            m_contents.notes.push_back(count(m_unknown, "tensor") +
                                       " of unknown type not supported");
    }

    const ByteSource& m_source;
    const Limits& m_limits;
    StoredContents m_contents;
    std::set<std::string> m_keys;
    std::uint64_t m_keyBytes = 0;
    std::uint64_t m_alignment = 32;
    std::size_t m_quantised = 0;
    std::size_t m_unknown = 0;
    std::set<std::string_view> m_quantisedTypes;
    std::uint64_t m_at = 0; ///< in the file
    std::uint64_t m_blockBegin = 0;
    std::vector<std::byte> m_block; ///< bytes of the file from m_blockBegin on
};

} // namespace

Result<std::shared_ptr<const Checkpoint>> openGguf(std::shared_ptr<const ByteSource> source,
                                                   const std::filesystem::path& path,
                                                   const OpenOptions& options) {
    auto contents = GgufReader(*source, options.limits).read(path);
    if (!contents)
        return std::unexpected(contents.error());
    return storedCheckpoint(std::move(source), std::move(*contents), options);
}

} // namespace heirloom

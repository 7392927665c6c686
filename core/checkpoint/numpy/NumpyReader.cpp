// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/numpy/NumpyReader.h"

#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/StoredCheckpoint.h"
#include "core/checkpoint/archive/UnpackedSource.h"
#include "core/checkpoint/numpy/NpyHeader.h"

#include <algorithm>
#include <map>

namespace heirloom {
namespace {

constexpr std::string_view ending = ".npy";
constexpr std::size_t mostNotes = 8;

/// Arrays as they are found.
class Arrays {
public:
    Arrays(const ByteSource& source, const Limits& limits, StoredContents& contents)
        : m_source(source), m_limits(limits), m_contents(contents) {}

    /// The array in bytes [begin, begin + size).
    Status add(std::string name, std::uint64_t begin, std::uint64_t size) {
        const std::string where =
            name.empty() ? m_source.name() : m_source.name() + " (" + name + ")";
        auto header = readNpyHeader(m_source, begin, size, where);
        if (!header)
            return std::unexpected(header.error());
        StoredTensor stored;
        if (header->dtype == DType::Unsupported) {
            ++m_unsupported[kindOf(header->type)];
        } else {
            std::int64_t bytes = 0;
            const auto elements = elementCount(header->shape).value_or(0);
            if (__builtin_mul_overflow(elements, dtypeSize(header->dtype), &bytes) ||
                static_cast<std::uint64_t>(bytes) > size - header->dataBegin)
                return std::unexpected(Error{
                    where,
                    fmt::format("the file ends before its elements do: {} of {} needs {} bytes, "
                                "but {} are there",
                                shapeText(header->shape),
                                header->type,
                                bytes,
                                size - header->dataBegin),
                    "The file is damaged or incomplete; get it again"});
            const std::uint64_t more = size - header->dataBegin - static_cast<std::uint64_t>(bytes);
            if (auto fits = m_limits.check(where,
                                           Limit::TrailingBytes,
                                           more,
                                           "the bytes behind the array, which belong to none, are");
                !fits)
                return fits;
            stored.storage = {begin + header->dataBegin,
                              static_cast<std::uint64_t>(bytes),
                              0,
                              header->isBigEndian};
            if (header->isFortran && elements > 0)
                stored.strides = columnStrides(header->shape);
        }
        m_contents.tensors.push_back({std::move(name), header->dtype, std::move(header->shape)});
        m_contents.stored.push_back(std::move(stored));
        return {};
    }

    void noteUnsupported() {
        for (const auto& [kind, count] : m_unsupported) {
            if (m_contents.notes.size() == mostNotes)
                return m_contents.notes.push_back("more types not supported");
            m_contents.notes.push_back(
                fmt::format("{} of {} not supported",
                            count == 1 ? "1 array" : fmt::format("{} arrays", count),
                            kind));
        }
    }

private:
    static std::string kindOf(const std::string& type) {
        if (type == "structured")
            return "records";
        const auto kind = type.find_first_not_of("<>|=");
        if (kind != std::string::npos && type[kind] == 'O')
            return "Python objects";
        return "type " + type;
    }

    static std::vector<std::int64_t> columnStrides(const Shape& shape) {
        std::vector<std::int64_t> strides;
        std::int64_t stride = 1; // the product of all sizes is known not to overflow
        for (const std::int64_t size : shape) {
            strides.push_back(stride);
            stride *= size;
        }
        return strides;
    }

    const ByteSource& m_source;
    const Limits& m_limits;
    StoredContents& m_contents;
    std::map<std::string, std::size_t> m_unsupported;
};

/// Deflate makes at most 1,032 bytes of one.
bool canUnpackTo(const ZipEntry& entry) { return entry.size / 1032 <= entry.storedSize; }

} // namespace

bool isNpz(const ZipDirectory& directory) {
    const auto& entries = directory.entries();
    return !entries.empty() && std::ranges::all_of(entries, [](const ZipEntry& entry) {
        return entry.name.size() > ending.size() && entry.name.ends_with(ending);
    });
}

Result<std::shared_ptr<const Checkpoint>> openNpz(std::shared_ptr<const ByteSource> file,
                                                  const ZipDirectory& directory,
                                                  const std::filesystem::path& path,
                                                  const OpenOptions& options) {
    const std::string where = file->name();
    const auto source = unpackedSource(std::move(file));
    std::uint64_t unpacked = 0;
    for (const ZipEntry& entry : directory.entries()) {
        if (entry.isStored())
            continue;
        if (entry.method != 8)
            return std::unexpected(
                Error{where,
                      fmt::format("the record '{}' is compressed by method {}, which is not read",
                                  entry.name,
                                  entry.method),
                      "Save it again with np.savez"});
        if (!canUnpackTo(entry) || entry.size > options.limits[Limit::UnpackedBytes] - unpacked) {
            if (canUnpackTo(entry))
                return std::unexpected(options.limits.exceeded(
                    where, Limit::UnpackedBytes, "the bytes of its compressed records are"));
            return std::unexpected(
                Error{where,
                      fmt::format("the record '{}' of {} bytes cannot unpack to {}",
                                  entry.name,
                                  entry.storedSize,
                                  entry.size),
                      "The file is damaged or was not written by a trustworthy program"});
        }
        unpacked += entry.size;
    }
    StoredContents contents{"npz", path, {}, {}, {}, {}};
    Arrays arrays(*source, options.limits, contents);
    for (const ZipEntry& entry : directory.entries()) {
        if (auto fits = options.limits.check(
                where, Limit::Tensors, contents.tensors.size() + 1, "its arrays are");
            !fits)
            return std::unexpected(fits.error());
        const auto begin = entry.isStored() ? entry.dataOffset : source->add(entry);
        auto name = entry.name.substr(0, entry.name.size() - ending.size());
        if (!isPlainUtf8(name))
            return fail(where, "the name of the record '{}' is not UTF-8", name);
        if (auto added = arrays.add(std::move(name), begin, entry.size); !added)
            return std::unexpected(added.error());
    }
    arrays.noteUnsupported();
    return storedCheckpoint(source, std::move(contents), options);
}

Result<std::shared_ptr<const Checkpoint>> openNpy(std::shared_ptr<const ByteSource> source,
                                                  const std::filesystem::path& path,
                                                  const OpenOptions& options) {
    StoredContents contents{"npy", path, {}, {}, {}, {}};
    Arrays arrays(*source, options.limits, contents);
    const auto stem = path.stem().string();
    if (auto added = arrays.add({}, 0, source->size()); !added)
        return std::unexpected(added.error());
    contents.tensors[0].name = stem.empty() || !isPlainUtf8(stem) ? "array" : stem;
    arrays.noteUnsupported();
    return storedCheckpoint(std::move(source), std::move(contents), options);
}

} // namespace heirloom

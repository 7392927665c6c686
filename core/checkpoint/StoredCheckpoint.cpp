// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/StoredCheckpoint.h"

#include "core/checkpoint/NamePrefix.h"
#include "core/checkpoint/PlainText.h"

#include <algorithm>
#include <new>

namespace heirloom {
namespace {

/// Views may repeat elements, but not without end: 16 times the file, and always a few megabytes.
std::uint64_t mostBytes(std::uint64_t fileSize) {
    return std::max<std::uint64_t>(std::uint64_t{64} << 20,
                                   fileSize > (std::uint64_t{1} << 58) ? ~std::uint64_t{0}
                                                                       : fileSize * 16);
}

/// Whether the elements lie in order without gaps.
bool isRowMajor(const TensorInfo& tensor, const StoredTensor& stored) {
    std::int64_t stride = 1;
    for (std::size_t axis = stored.strides.size(); axis > 0; --axis) {
        if (tensor.shape[axis - 1] != 1 && stored.strides[axis - 1] != stride)
            return false;
        stride *= tensor.shape[axis - 1];
    }
    return true;
}

class StoredCheckpoint final : public Checkpoint {
public:
    StoredCheckpoint(std::shared_ptr<const ByteSource> source,
                     StoredContents contents,
                     NamePrefix prefix)
        : m_source(std::move(source)), m_stored(std::move(contents.stored)) {
        m_format = std::move(contents.format);
        m_path = std::move(contents.path);
        m_tensors = std::move(contents.tensors);
        m_notes = std::move(contents.notes);
        m_metadata = std::move(contents.metadata);
        m_nests = std::move(contents.nests);
        m_nest = std::move(contents.nest);
        m_prefixes = std::move(prefix.offered);
        m_prefix = std::move(prefix.taken);
        m_repeated = index();
    }

    /// The first tensor whose name an earlier one has already; null when there is none.
    const TensorInfo* repeated() const { return m_repeated; }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const TensorInfo* found = find(tensor.name);
        if (!found)
            return fail(m_path.string(), "there is no tensor named '{}'", tensor.name);
        if (found->dtype == DType::Unsupported)
            return fail(tensor.name, "tensors of this kind are listed but cannot be read");
        const auto place = static_cast<std::size_t>(found - m_tensors.data());
        try {
            if (auto done =
                    readStoredRows(*m_source, *found, m_stored[place], firstRow, rowCount, out);
                !done)
                return done;
        } catch (const std::bad_alloc&) {
            return fail(tensor.name, "there is not enough memory to read its rows");
        }
        return m_source->unchanged();
    }

    Status readBytes(const TensorInfo& tensor,
                     std::int64_t first,
                     std::span<std::byte> out) const override {
        const TensorInfo* found = find(tensor.name);
        if (!found || found->dtype == DType::Unsupported)
            return fail(tensor.name, "there is no such tensor to read");
        const StoredTensor& stored = m_stored[static_cast<std::size_t>(found - m_tensors.data())];
        const bool isWhole = static_cast<std::int64_t>(out.size()) == found->bytes();
        // Whole tensors go the other way, where checksums are compared.
        if (isWhole || !isRowMajor(*found, stored) || stored.storage.bigEndian)
            return Checkpoint::readBytes(*found, first, out);
        const auto begin = stored.offset * dtypeSize(found->dtype) + first;
        if (auto done =
                m_source->readAt(stored.storage.begin + static_cast<std::uint64_t>(begin), out);
            !done)
            return done;
        return m_source->unchanged();
    }

private:
    std::shared_ptr<const ByteSource> m_source;
    std::vector<StoredTensor> m_stored;
    const TensorInfo* m_repeated = nullptr;
};

Status checkLimits(const StoredContents& contents, const std::string& where, const Limits& limits) {
    if (auto fits = limits.check(where, Limit::Tensors, contents.tensors.size(), "its tensors are");
        !fits)
        return fits;
    for (const TensorInfo& tensor : contents.tensors)
        if (auto fits = limits.check(
                where, Limit::NameBytes, tensor.name.size(), "the bytes of a tensor's name are");
            !fits)
            return fits;
    std::uint64_t metadata = 0;
    for (const auto& [key, value] : contents.metadata)
        metadata += key.size() + value.size();
    return limits.check(where, Limit::MetadataBytes, metadata, "the bytes of its metadata are");
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> storedCheckpoint(std::shared_ptr<const ByteSource> source,
                                                           StoredContents contents,
                                                           const OpenOptions& options) {
    if (auto fits = checkLimits(contents, source->name(), options.limits); !fits)
        return std::unexpected(fits.error());
    const std::uint64_t most = mostBytes(source->size());
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < contents.tensors.size(); ++i) {
        TensorInfo& tensor = contents.tensors[i];
        if (tensor.dtype == DType::Unsupported)
            continue;
        if (auto checked = checkStoredTensor(tensor, contents.stored[i]); !checked) {
            Error error = checked.error();
            return std::unexpected(
                Error{source->name(),
                      error.where + ": " + error.text,
                      "The file is damaged or was not written by a trustworthy program"});
        }
        const auto bytes = static_cast<std::uint64_t>(tensor.bytes());
        if (bytes > most) {
            contents.notes.push_back(fmt::format("{} repeats a few elements to {} bytes, which is "
                                                 "larger than the limit of {}: not read",
                                                 tensor.name,
                                                 bytes,
                                                 most));
            tensor.dtype = DType::Unsupported;
            continue;
        }
        total += bytes; // below 2^63 each, and stopped at the first sum beyond the limit
        if (total > most)
            return fail(source->name(),
                        "its tensors would take more than {} bytes, far more than the file's {}: "
                        "many names share the same stored bytes",
                        most,
                        source->size());
    }
    auto prefix = findPrefix(contents.tensors, source->name(), options.prefix);
    if (!prefix)
        return std::unexpected(prefix.error());
    takeOff(*prefix, contents.tensors, contents.stored);
    for (std::string& note : prefixNotes(*prefix))
        contents.notes.push_back(std::move(note));
    if (contents.tensors.empty())
        contents.notes.emplace_back("the file holds no tensors");

    for (std::string& note : contents.notes)
        note = harmlessText(note);
    auto made =
        std::make_shared<const StoredCheckpoint>(source, std::move(contents), std::move(*prefix));
    if (const TensorInfo* repeated = made->repeated())
        return fail(source->name(), "two tensors are named '{}'", repeated->name);
    return made;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/StoredCheckpoint.h"

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

class StoredCheckpoint final : public Checkpoint {
public:
    StoredCheckpoint(std::shared_ptr<const ByteSource> source, StoredContents contents)
        : m_source(std::move(source)), m_stored(std::move(contents.stored)) {
        m_format = std::move(contents.format);
        m_path = std::move(contents.path);
        m_tensors = std::move(contents.tensors);
        m_notes = std::move(contents.notes);
        m_metadata = std::move(contents.metadata);
        index();
    }

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

private:
    std::shared_ptr<const ByteSource> m_source;
    std::vector<StoredTensor> m_stored;
};

} // namespace

std::string removeWrapperPrefixes(std::vector<TensorInfo>& tensors,
                                  const std::vector<std::string>& more) {
    std::vector<std::string> wrappers = {"module.", "_orig_mod."};
    wrappers.insert(wrappers.end(), more.begin(), more.end());
    std::string removed;
    for (bool again = !tensors.empty(); again;) {
        again = false;
        for (const std::string& wrapper : wrappers) {
            const auto hasIt = [&](const TensorInfo& tensor) {
                return tensor.name.size() > removed.size() + wrapper.size() &&
                       tensor.name.compare(removed.size(), wrapper.size(), wrapper) == 0;
            };
            if (std::all_of(tensors.begin(), tensors.end(), hasIt)) {
                removed += wrapper;
                again = true;
            }
        }
    }
    if (!removed.empty())
        for (TensorInfo& tensor : tensors)
            tensor.name.erase(0, removed.size());
    return removed;
}

Result<std::shared_ptr<const Checkpoint>> storedCheckpoint(std::shared_ptr<const ByteSource> source,
                                                           StoredContents contents) {
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
    if (const std::string removed = removeWrapperPrefixes(contents.tensors); !removed.empty())
        contents.notes.push_back(fmt::format("prefix '{}' taken off every name", removed));
    if (contents.tensors.empty())
        contents.notes.emplace_back("the file holds no tensors");

    for (std::string& note : contents.notes)
        note = harmlessText(note);
    auto made = std::make_shared<const StoredCheckpoint>(source, std::move(contents));
    for (const TensorInfo& tensor : made->tensors())
        if (made->find(tensor.name) != &tensor)
            return fail(source->name(), "two tensors are named '{}'", tensor.name);
    return made;
}

} // namespace heirloom

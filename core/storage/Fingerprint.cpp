// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Fingerprint.h"

#include "core/base/Sha256.h"

#include <algorithm>
#include <vector>

namespace heirloom {
namespace {

constexpr std::size_t sampledTensors = 4096;
constexpr std::size_t sampledBytes = 4096;
constexpr std::int64_t widestRow = 16 << 20; ///< bytes; wider ones are known by name and shape

void addText(Sha256& hash, std::string_view text) {
    hash.update(std::as_bytes(std::span(text.data(), text.size())));
    constexpr char end = '\0'; // so that no two lists of words run into the same bytes
    hash.update(std::as_bytes(std::span(&end, 1)));
}

/// Rows are read whole, so a wide row costs more than what is hashed of it.
Status addRow(Sha256& hash,
              const Checkpoint& checkpoint,
              const TensorInfo& tensor,
              std::int64_t row,
              std::vector<std::byte>& bytes) {
    const auto rows = tensor.shape.empty() ? 1 : tensor.shape[0];
    bytes.resize(static_cast<std::size_t>(tensor.bytes() / rows));
    if (auto read = checkpoint.readRows(tensor, row, 1, bytes); !read)
        return read;
    hash.update(std::span(bytes).first(std::min(bytes.size(), sampledBytes)));
    return {};
}

} // namespace

Result<std::string> weightFingerprint(const Checkpoint& checkpoint) {
    std::vector<const TensorInfo*> tensors;
    for (const auto& tensor : checkpoint.tensors())
        tensors.push_back(&tensor);
    std::ranges::sort(
        tensors, {}, [](const TensorInfo* tensor) -> const std::string& { return tensor->name; });
    Sha256 hash;
    for (const auto* tensor : tensors) {
        addText(hash, tensor->name);
        addText(hash, dtypeName(tensor->dtype));
        addText(hash, shapeText(tensor->shape));
    }
    const auto step = std::max<std::size_t>(1, tensors.size() / sampledTensors);
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < tensors.size(); i += step) {
        const auto& tensor = *tensors[i];
        if (tensor.bytes() == 0)
            continue; // no elements, or a dtype that cannot be read
        const auto rows = tensor.shape.empty() ? 1 : tensor.shape[0];
        if (tensor.bytes() / rows > widestRow)
            continue;
        if (auto added = addRow(hash, checkpoint, tensor, 0, bytes); !added)
            return std::unexpected(added.error());
        if (rows > 1)
            if (auto added = addRow(hash, checkpoint, tensor, rows - 1, bytes); !added)
                return std::unexpected(added.error());
    }
    return "v1:" + hash.hex();
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"

#include <QString>

#include <cstdint>
#include <optional>

class QComboBox;

namespace heirloom {

/// How the numbers of an exported student are stored.
struct ExportStorageChoice {
    std::optional<DType> dtype;      ///< of floating-point tensors; as they are unless given
    std::uint64_t maxShardBytes = 0; ///< 0: one file
    bool operator==(const ExportStorageChoice&) const = default;
};

/// "2 GB", "750 MB", "5e8" in bytes, powers of ten; 0 for a text that says one file; empty for
/// anything else.
[[nodiscard]] std::optional<std::uint64_t> shardBytesFromText(const QString& text);

/// The same as words of heirloom-cli, each behind a space: " --dtype BF16 --max-shard-size 2GB".
[[nodiscard]] QString storageWords(const ExportStorageChoice& choice);

/// The list of dtypes to convert to, with their meanings as tool tips.
[[nodiscard]] QComboBox* newDTypeBox();
[[nodiscard]] std::optional<DType> chosenDType(const QComboBox& box);

/// The list of shard sizes; another can be typed.
[[nodiscard]] QComboBox* newShardBox();

} // namespace heirloom

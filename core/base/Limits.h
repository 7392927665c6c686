// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heirloom {

/// What a file from a stranger may ask for at most. Each has a name that errors quote, and a value
/// that the user can raise.
enum class Limit {
    HeaderBytes,
    TrailingBytes,
    JsonDepth,
    Tensors,
    NameBytes,
    MetadataBytes,
    IndexBytes,
    Shards,
    ZipEntries,
    TarEntries,
    PickleBytes,
    PickleNodes,
    PickleMemory,
    UnpackedBytes,
    Hdf5Objects,
    Hdf5Memory,
    Hdf5Seconds
};

/// One row of the table.
struct LimitInfo {
    Limit limit;
    std::string_view name;    ///< "header_bytes": in errors and options
    std::uint64_t standard;   ///< the value unless the user raises it
    std::string_view meaning; ///< a clause for a person, with the unit
};

/// Every limit, in the order of the enumeration.
[[nodiscard]] std::span<const LimitInfo> limitTable();

/// The limits in force: the standard ones but for those that were set.
class Limits {
public:
    Limits();
    [[nodiscard]] std::uint64_t operator[](Limit limit) const {
        return m_values[static_cast<std::size_t>(limit)];
    }
    void set(Limit limit, std::uint64_t value) {
        m_values[static_cast<std::size_t>(limit)] = value;
    }
    /// "header_bytes=200000000". An Error that lists the names for an unknown one.
    [[nodiscard]] Status set(std::string_view text);
    /// An Error when `found` is over the limit: "{what} {found}, over the limit header_bytes of
    /// 100000000", and how to raise it.
    [[nodiscard]] Status check(const std::string& where,
                               Limit limit,
                               std::uint64_t found,
                               std::string_view what) const;
    /// That Error, for a reader that stopped counting at the limit: "{what} more than ...".
    [[nodiscard]] Error exceeded(const std::string& where,
                                 Limit limit,
                                 std::string_view what) const;
    bool operator==(const Limits&) const = default;

private:
    std::array<std::uint64_t, 17> m_values;
};

} // namespace heirloom

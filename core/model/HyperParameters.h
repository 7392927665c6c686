// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace heirloom {

using HyperValue = std::variant<std::int64_t, bool, double, std::string, std::vector<std::int64_t>>;

/// Named sizes and switches of an architecture, in a family's own order: dim=192, depth=12, heads=3.
class HyperParameters {
public:
    void set(std::string name, HyperValue value); ///< replaces in place or appends
    [[nodiscard]] const HyperValue* find(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback = 0) const;
    [[nodiscard]] bool flag(std::string_view name, bool fallback = false) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, HyperValue>>& entries() const { return m_entries; }
    bool operator==(const HyperParameters&) const = default;

private:
    std::vector<std::pair<std::string, HyperValue>> m_entries;
};

/// "192", "true", "3-3-9-3": the words that a model name's changes are written in.
[[nodiscard]] std::string hyperText(const HyperValue& value);

/// One "name=value" of a model name's changes: name and text of the value.
using HyperChange = std::pair<std::string, std::string>;

/// The parts of "depth=6,num_classes=100". A part without "=", or a name given twice, is an Error.
[[nodiscard]] Result<std::vector<HyperChange>> splitChanges(std::string_view changes);

/// Applies "depth=6,num_classes=100,dims=48-96-192-384". A name that `values` lacks, or a value of the wrong kind or not positive
/// (zero is a value of num_classes and register_tokens), is an Error that lists the names there are.
[[nodiscard]] Result<HyperParameters> withChanges(HyperParameters values, std::string_view changes);

} // namespace heirloom

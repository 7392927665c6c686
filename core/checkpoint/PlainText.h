// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace heirloom {

/// Whether `text` is well-formed UTF-8 without a NUL: what a tensor's name must be.
[[nodiscard]] bool isPlainUtf8(std::string_view text);

/// For errors and notes that quote a stranger's file and reach terminals and logs: control
/// characters and broken UTF-8 become '?', and the length has an end.
[[nodiscard]] std::string harmlessText(std::string_view text);

} // namespace heirloom

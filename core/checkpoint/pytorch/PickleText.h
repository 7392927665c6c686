// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"

#include <string>
#include <string_view>

namespace heirloom {

/// The bytes that a quoted, escaped string of pickle protocol 0 stands for: `'a\x00\n'`.
[[nodiscard]] Result<std::string> unquotedPickleString(std::string_view line);

/// UTF-8 for a "raw unicode escape" line of pickle protocol 0: Latin-1 bytes, \uXXXX and
/// \UXXXXXXXX.
[[nodiscard]] Result<std::string> unescapedPickleUnicode(std::string_view line);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace heirloom {

/// A word as a shell reads it back: in quotes where it has characters with a meaning of their own.
[[nodiscard]] QString shellQuoted(const QString& word);

} // namespace heirloom

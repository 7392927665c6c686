// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hdf5reader/Channel.h"

#include <hdf5.h>

#include <optional>
#include <string>

namespace heirloom {

/// The value of an attribute that is one text of fixed length; variable-length texts are left
/// alone, since reading them is not safe in old HDF5 versions.
[[nodiscard]] std::optional<std::string> textAttribute(hid_t object, const char* name);

/// Sends the texts beside the root group; at most 10,000.
void sendAttributes(hid_t root, Channel& channel);

} // namespace heirloom

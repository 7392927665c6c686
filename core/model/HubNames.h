// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace heirloom {

/// What a vision model's id on the Hugging Face hub stands for, as a published name with changes:
/// "facebook/deit-tiny-patch16-224" is "deit_tiny_patch16_224:names=transformers4", spelled as the
/// files there are. Text models are known by their ids already; nothing for those and for others.
/// Nothing is asked of any server.
[[nodiscard]] std::optional<std::string> hubModel(std::string_view id);

} // namespace heirloom

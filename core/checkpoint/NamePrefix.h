// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/OpenOptions.h"
#include "core/checkpoint/TensorInfo.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace heirloom {

/// What stands before the names of a file's tensors, and what of it is taken off.
struct NamePrefix {
    std::string taken;                ///< "module."; empty for nothing
    std::vector<std::string> offered; ///< whole prefixes that could be taken off, `taken` among
                                      ///< them: "module.", "module.backbone."
    std::size_t without = 0;          ///< tensors that do not have `taken`, so are left out
};

/// Finds the prefixes. Those of wrappers, `module.` (DataParallel) and `_orig_mod.`
/// (torch.compile), are taken off where every name has them; those that may be a part of the net
/// itself
/// (`backbone.`, `encoder.`, `model.`) only where `asked`, which counts from the front of the name
/// or from behind the wrappers.
/// \return an Error that lists what there is when no name has the asked prefix
[[nodiscard]] Result<NamePrefix> findPrefix(std::span<const TensorInfo> tensors,
                                            const std::string& where,
                                            const std::optional<std::string>& asked);

/// "prefix 'module.' taken off every name", "3 tensors without the prefix ... left out".
[[nodiscard]] std::vector<std::string> prefixNotes(const NamePrefix& prefix);

/// Whether the name is more than the prefix and begins with it.
[[nodiscard]] bool hasPrefix(std::string_view name, std::string_view prefix);

/// Takes `prefix` off the names and leaves out the tensors that do not have it, with what lies in
/// the same places of `beside`.
template <class Beside>
void takeOff(const NamePrefix& prefix,
             std::vector<TensorInfo>& tensors,
             std::vector<Beside>& beside) {
    if (prefix.taken.empty())
        return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (!hasPrefix(tensors[i].name, prefix.taken))
            continue;
        tensors[i].name.erase(0, prefix.taken.size());
        if (kept != i) {
            tensors[kept] = std::move(tensors[i]);
            beside[kept] = std::move(beside[i]);
        }
        ++kept;
    }
    tensors.resize(kept);
    beside.resize(kept);
}

} // namespace heirloom

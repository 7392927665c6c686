// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/OpenOptions.h"
#include "core/model/OpenedModel.h"

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace heirloom::cli {

/// --seed: a whole number of [0, 2^64), nothing that would wrap round.
void addSeed(CLI::App& command, std::uint64_t& seed, const std::string& meaning);

/// --limit NAME=NUMBER, which may be given several times; a word that names no limit is a wrong
/// use.
void addLimits(CLI::App& command, OpenOptions& options);

/// An Error, with what kept the tensors from being recognised, when there is no family to train.
[[nodiscard]] Status requireKnownFamily(const OpenedModel& model, const std::string& file);

} // namespace heirloom::cli

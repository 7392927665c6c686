// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace heirloom {

/// A folder that may hold LibTorch (lib/libtorch_cpu.so), and why it was thought of.
struct TorchCandidate {
    std::filesystem::path folder;
    std::string reason; ///< "the setting", "TORCH_DIR", "python3", "the folder of the build"
    bool isChosen =
        false; ///< named by the user: when it is wrong the search ends there and says so
};

/// Places to look, best first. Asks the active Python where its torch lies without importing it
/// (0.1 to 0.2 s).
[[nodiscard]] std::vector<TorchCandidate> torchCandidates(const std::filesystem::path& setting);

/// Whether lib/libtorch_cpu.so and lib/libc10.so are there.
[[nodiscard]] bool holdsTorch(const std::filesystem::path& folder);

/// "2.13" as the folder's own files tell (version.py, version.h, build-version); empty when none of
/// them does. Only a hint for choosing: the loaded library's own word decides.
[[nodiscard]] std::optional<std::string> torchVersionOf(const std::filesystem::path& folder);

/// Runs `program` with `arguments`, at most `milliseconds` long.
/// \return the first 4096 bytes of its standard output; empty when it did not start, failed or took
/// too long
[[nodiscard]] std::optional<std::string> outputOf(const std::string& program,
                                                  std::vector<std::string> arguments,
                                                  int milliseconds);

} // namespace heirloom

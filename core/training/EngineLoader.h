// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/Engine.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace heirloom {

/// Where to look for LibTorch, best first: the setting, TORCH_DIR, the active Python's torch, the folder of the build.
struct EngineSearch {
    std::filesystem::path torchFolder;  ///< from the settings; may be empty
    std::filesystem::path engineFolder; ///< where libheirloom_engine-*.so lies; empty: beside the program (../lib)
};

/// Loads LibTorch and the engine once a process; later calls return the same one. Takes 0.2 to 0.4 s the first time; call it on a worker thread.
/// \return an Error that says where was looked and how to get LibTorch, or which minor version the engine was built against and which was found
[[nodiscard]] Result<std::shared_ptr<const Engine>> loadEngine(const EngineSearch& search = {});

} // namespace heirloom

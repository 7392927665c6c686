// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelConfig.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a config.json, and the model that it describes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto config =
        parseModelConfig({reinterpret_cast<const char*>(data), size}, "config.json");
    if (config)
        static_cast<void>(modelFromConfig(*config));
    return 0;
}

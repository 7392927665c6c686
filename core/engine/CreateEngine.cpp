// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/TorchEngine.h"

#include <algorithm>
#include <cstring>

/// The only symbol of the engine's library: an engine that the caller owns, or null with the reason
/// in `why` (at most `size` bytes with the final zero).
extern "C" __attribute__((visibility("default"))) heirloom::Engine* heirloomCreateEngine(
    char* why, std::size_t size) noexcept {
    std::string reason = "no reason is known";
    try {
        auto engine = heirloom::makeTorchEngine();
        if (engine)
            return engine->release();
        reason = engine.error().message();
    } catch (...) { // no exception may cross the border
    }
    if (why && size > 0) {
        const std::size_t length = std::min(size - 1, reason.size());
        std::memcpy(why, reason.data(), length);
        why[length] = '\0';
    }
    return nullptr;
}

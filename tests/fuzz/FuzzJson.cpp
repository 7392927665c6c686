// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors/JsonCursor.h"
#include "tests/fuzz/Fuzz.h"

#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace heirloom;

/// Any bytes as JSON: what the cursor passes over whole, another parser reads too.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    JsonCursor cursor(text);
    if (!cursor.skipValue(8) || !cursor.expectEnd())
        return 0;
    // That one passes over a byte order mark and stops at a NUL, which the cursor refuses.
    try {
        [[maybe_unused]] const auto value = nlohmann::json::parse(text);
    } catch (const nlohmann::json::out_of_range&) { // 1e999 is JSON, but no double
    } catch (const nlohmann::json::exception&) {
        std::abort();
    }
    return 0;
}

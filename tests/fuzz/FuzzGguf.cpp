// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/gguf/GgufReader.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a GGUF file.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::readSome(openGguf(fuzz::source(data, size), {}, {}));
    return 0;
}

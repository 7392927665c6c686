// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/numpy/NpyHeader.h"
#include "core/checkpoint/numpy/NumpyReader.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as an array, and as the dictionary of one.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::readSome(openNpy(fuzz::source(data, size), {}, {}));
    static_cast<void>(parseNpyDictionary({reinterpret_cast<const char*>(data), size}, "array"));
    return 0;
}

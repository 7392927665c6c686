// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/numpy/NumpyReader.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a zip of arrays, stored and compressed.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto source = fuzz::source(data, size);
    OpenOptions options;
    options.limits.set(Limit::UnpackedBytes, 1 << 20);
    if (const auto directory = ZipDirectory::read(*source, options.limits);
        directory && isNpz(*directory))
        fuzz::readSome(openNpz(source, *directory, {}, options));
    return 0;
}

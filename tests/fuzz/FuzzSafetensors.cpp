// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/LittleEndian.h"
#include "core/checkpoint/safetensors/SafetensorsReader.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a safetensors file; once as they are, and once as a header of the right length
/// before 64 bytes of data, which chance would not find.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::readSome(openSafetensors(fuzz::source(data, size), {}, {}));
    std::vector<std::byte> whole;
    appendNumber<std::uint64_t>(whole, size);
    const auto bytes = std::as_bytes(std::span(data, size));
    whole.insert(whole.end(), bytes.begin(), bytes.end());
    whole.resize(whole.size() + 64);
    OpenOptions options;
    options.limits.set(Limit::TrailingBytes, 64);
    fuzz::readSome(openSafetensors(memorySource(std::move(whole)), {}, options));
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/OpenCheckpoint.h"
#include "core/model/Families.h"
#include "tests/fuzz/Fuzz.h"

#include <algorithm>
#include <string>

using namespace heirloom;

/// Any bytes as the header of a safetensors file, with as much data as it asks for up to 1 MiB, and
/// the architecture that its tensors make.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string file;
    for (int i = 0; i < 8; ++i)
        file += static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * i));
    file.append(reinterpret_cast<const char*>(data), size);
    std::size_t need = 0; // the largest offset that the header names
    for (std::size_t i = 0; i < size; ++i) {
        std::size_t number = 0;
        for (; i < size && data[i] >= '0' && data[i] <= '9' && number < (1U << 20); ++i)
            number = 10 * number + (data[i] - '0');
        need = std::max(need, number);
    }
    file.append(std::min<std::size_t>(need, 1U << 20), '\0');
    OpenOptions options;
    options.limits.set(Limit::TrailingBytes, 1U << 20);
    const auto bytes = std::as_bytes(std::span(file));
    const auto opened =
        openCheckpointBytes(memorySource({bytes.begin(), bytes.end()}), {}, options);
    if (opened)
        static_cast<void>(recognizeModel(**opened, {}));
    return 0;
}

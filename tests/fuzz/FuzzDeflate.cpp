// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/archive/DeflateStream.h"
#include "tests/fuzz/Fuzz.h"

#include <algorithm>
#include <cstdlib>

using namespace heirloom;

/// The first two bytes say how much the others are said to unpack to; they are read in pieces, and
/// once more from a copy made on the way.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::uint64_t announced = data[0] + 256U * data[1];
    DeflateStream stream(fuzz::source(data + 2, size - 2), {0, size - 2, announced, 0});
    std::vector<std::byte> piece(1000);
    while (stream.position() < announced) {
        const auto wanted = static_cast<std::size_t>(
            std::min<std::uint64_t>(piece.size(), announced - stream.position()));
        DeflateStream copy(stream);
        auto again = std::vector<std::byte>(wanted);
        const auto one = stream.read(std::span(piece).first(wanted));
        const auto other = copy.read(again);
        if (one.has_value() != other.has_value() ||
            (one && !std::equal(again.begin(), again.end(), piece.begin())))
            std::abort();
        if (!one)
            break;
    }
    return 0;
}

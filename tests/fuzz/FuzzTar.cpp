// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PyTorchReaders.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a tar of torch 0.1. Headers are given their checksums, which chance would not find.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint8_t> bytes(data, data + size);
    constexpr std::size_t block = 512, begin = 148, end = 156;
    for (std::size_t at = 0; at + block <= bytes.size(); at += block) {
        if (bytes[at + 257] != 'u')
            continue;
        unsigned sum = 0;
        for (std::size_t i = 0; i < block; ++i)
            sum += i >= begin && i < end ? ' ' : bytes[at + i];
        for (std::size_t i = 0; i < 6; ++i)
            bytes[at + begin + i] = static_cast<std::uint8_t>('0' + (sum >> (3 * (5 - i)) & 7));
        bytes[at + begin + 6] = 0;
    }
    fuzz::readSome(openPyTorchTar(fuzz::source(bytes.data(), bytes.size()), {}, {}));
    return 0;
}

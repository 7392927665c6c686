// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PyTorchReaders.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a stream of torch.save before 1.6.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::readSome(openPyTorchLegacy(fuzz::source(data, size), {}, {}));
    return 0;
}

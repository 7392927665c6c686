// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch/PyTorchReaders.h"
#include "tests/fuzz/Fuzz.h"

using namespace heirloom;

/// Any bytes as a zip archive of torch.save.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::readSome(openPyTorchZip(fuzz::source(data, size), {}, {}));
    return 0;
}

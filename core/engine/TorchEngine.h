// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/Engine.h"

#include <memory>

namespace heirloom {

/// The engine over the LibTorch that this process has loaded. Opens libtorch_cuda.so beside it when
/// there is one. Free of torch's headers, so that tests need not see them.
[[nodiscard]] Result<std::unique_ptr<Engine>> makeTorchEngine();

} // namespace heirloom

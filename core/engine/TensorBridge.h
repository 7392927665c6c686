// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/StateDict.h"
#include "core/engine/Torch.h"

#include <string>

namespace heirloom {

/// A copy on `device`: floating point and halves as float32, integers as int64.
[[nodiscard]] Result<at::Tensor> toTorch(const HostTensor& tensor,
                                         at::Device device,
                                         const std::string& name);

/// A copy on the host: float32, or int64 for integers.
[[nodiscard]] HostTensor toHost(const at::Tensor& tensor);

/// "[4, 3, 32, 32]".
[[nodiscard]] std::string sizesText(at::IntArrayRef sizes);

/// "cpu", "cuda", "cuda:1" -> a device that can be used now, or an Error that lists those that can.
[[nodiscard]] Result<at::Device> deviceFromName(const std::string& name);

/// CUDA devices that can be used now.
[[nodiscard]] int cudaDevices();

} // namespace heirloom

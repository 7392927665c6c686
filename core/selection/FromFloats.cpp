// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/FromFloats.h"

#include "core/checkpoint/FloatCast.h"

#include <cassert>

namespace heirloom {

bool canCastTo(DType dtype) {
    return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 ||
           dtype == DType::BF16;
}

HostTensor castFloats(HostTensor tensor, DType dtype) {
    assert(tensor.dtype == DType::F32 && canCastTo(dtype));
    if (dtype == DType::F32)
        return tensor;
    auto made = HostTensor::zeros(dtype, tensor.shape);
    convertFloats(DType::F32, tensor.bytes, dtype, made.bytes);
    return made;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/TensorBridge.h"

#include <cstring>

namespace heirloom {

Result<at::Tensor> toTorch(const HostTensor& tensor, at::Device device, const std::string& name) {
    const auto count = elementCount(tensor.shape);
    if (!count || dtypeSize(tensor.dtype) == 0 ||
        tensor.bytes.size() !=
            static_cast<std::size_t>(*count) * static_cast<std::size_t>(dtypeSize(tensor.dtype)))
        return fail(name,
                    "a tensor {} of {} does not hold {} bytes",
                    shapeText(tensor.shape),
                    dtypeName(tensor.dtype),
                    tensor.bytes.size());
    if (tensor.dtype == DType::I64) {
        at::Tensor result = at::empty(tensor.shape, at::kLong);
        std::memcpy(result.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
        return result.to(device);
    }
    at::Tensor result = at::empty(tensor.shape, at::kFloat);
    toFloats(
        tensor.dtype, tensor.bytes, {result.data_ptr<float>(), static_cast<std::size_t>(*count)});
    return result.to(device);
}

HostTensor toHost(const at::Tensor& tensor) {
    const bool isInteger = at::isIntegralType(tensor.scalar_type(), true);
    const at::Tensor host =
        tensor.detach().to(at::kCPU, isInteger ? at::kLong : at::kFloat).contiguous();
    HostTensor result = HostTensor::zeros(isInteger ? DType::I64 : DType::F32, host.sizes().vec());
    std::memcpy(result.bytes.data(), host.data_ptr(), result.bytes.size());
    return result;
}

std::string sizesText(at::IntArrayRef sizes) {
    return fmt::format("[{}]", fmt::join(sizes.begin(), sizes.end(), ", "));
}

int cudaDevices() {
    return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

Result<at::Device> deviceFromName(const std::string& name) {
    if (name == "cpu" || name.empty())
        return at::Device(at::kCPU);
    const int count = cudaDevices();
    const int index = name.starts_with("cuda:") ? std::atoi(name.c_str() + 5) : 0;
    if ((name == "cuda" || name.starts_with("cuda:")) && index >= 0 && index < count)
        return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
    return std::unexpected(
        Error{{},
              fmt::format("device '{}' cannot be used; there are {} CUDA devices", name, count),
              "Use cpu"});
}

} // namespace heirloom

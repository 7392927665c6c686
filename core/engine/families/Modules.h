// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/Network.h"

#include <string>

namespace heirloom {

/// Images in the memory order N, H, W, C, which the CPU's convolutions take without reordering;
/// shapes stay [N, C, H, W].
inline at::Tensor channelsLast(const at::Tensor& images) {
    return images.contiguous(at::MemoryFormat::ChannelsLast);
}

/// weight [out, in] and bias [out], which may be undefined.
struct Linear {
    at::Tensor weight, bias;
    Linear() = default;
    Linear(WeightTable& weights, const std::string& name)
        : weight(weights.get(name + ".weight")), bias(weights.find(name + ".bias")) {}
    explicit operator bool() const { return weight.defined(); }
    at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }
};

/// Over the last axis; eps 1e-6 as in timm's models, where torch's own default is 1e-5.
struct LayerNorm {
    at::Tensor weight, bias;
    double eps = 1e-6;
    LayerNorm() = default;
    LayerNorm(WeightTable& weights, const std::string& name, double eps_ = 1e-6)
        : weight(weights.get(name + ".weight")), bias(weights.find(name + ".bias")), eps(eps_) {}
    explicit operator bool() const { return weight.defined(); }
    at::Tensor operator()(const at::Tensor& x) const {
        return at::layer_norm(x, weight.sizes(), weight, bias, eps);
    }
    /// Over the channels of [N, C, H, W].
    at::Tensor overChannels(const at::Tensor& x) const {
        return (*this)(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
    }
};

/// weight [out, in / groups, kH, kW] and bias, which may be undefined.
struct Convolution {
    at::Tensor weight, bias;
    std::int64_t stride = 1, padding = 0, groups = 1;
    Convolution() = default;
    Convolution(WeightTable& weights,
                const std::string& name,
                std::int64_t stride_ = 1,
                std::int64_t padding_ = 0)
        : weight(weights.get(name + ".weight")), bias(weights.find(name + ".bias")),
          stride(stride_), padding(padding_) {}
    explicit operator bool() const { return weight.defined(); }
    at::Tensor operator()(const at::Tensor& x) const {
        return at::conv2d(x, weight, bias, {stride, stride}, {padding, padding}, {1, 1}, groups);
    }
};

/// Momentum 0.1, eps 1e-5, as torch's default.
struct BatchNorm {
    at::Tensor weight, bias, runningMean, runningVariance, batches;
    BatchNorm() = default;
    BatchNorm(WeightTable& weights, const std::string& name)
        : weight(weights.get(name + ".weight")), bias(weights.get(name + ".bias")),
          runningMean(weights.get(name + ".running_mean")),
          runningVariance(weights.get(name + ".running_var")),
          batches(weights.find(name + ".num_batches_tracked")) {}
    at::Tensor operator()(const at::Tensor& x, Mode mode) const {
        if (mode == Mode::Training && batches.defined())
            batches.add_(1);
        return at::batch_norm(
            x, weight, bias, runningMean, runningVariance, mode == Mode::Training, 0.1, 1e-5, true);
    }
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/Network.h"

#include <memory>
#include <span>
#include <string_view>

namespace heirloom {

/// How a family of core/model becomes a module. \throws std::runtime_error when a tensor is missing
/// that the family always has
struct NetworkFamily {
    std::string_view name;
    std::unique_ptr<Network> (*make)(const ModelSpec& model, WeightTable weights);
};

[[nodiscard]] std::span<const NetworkFamily> networkFamilies();

std::unique_ptr<Network> makeVit(const ModelSpec& model, WeightTable weights);
std::unique_ptr<Network> makeConvNext(const ModelSpec& model, WeightTable weights);
std::unique_ptr<Network> makeResNet(const ModelSpec& model, WeightTable weights);
std::unique_ptr<Network> makeCifarResNet(const ModelSpec& model, WeightTable weights);
std::unique_ptr<Network> makeMlpMixer(const ModelSpec& model, WeightTable weights);

} // namespace heirloom

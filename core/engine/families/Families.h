// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/Network.h"

#include <memory>
#include <span>
#include <string_view>

namespace heirloom {

/// \param library whose class computes the model ("timm", "transformers", "torchvision"): some
/// differ in what no tensor shows, such as the eps of a norm
/// \return an Error for what is not built here
/// \throws std::runtime_error when a tensor is missing that the module always has
using MakeNetwork = Result<std::unique_ptr<Network>>(const ModelSpec& model,
                                                     std::string_view library,
                                                     WeightTable weights);

/// How a family of core/model becomes a module.
struct NetworkFamily {
    std::string_view name;
    MakeNetwork* make;
};

[[nodiscard]] std::span<const NetworkFamily> networkFamilies();

MakeNetwork makeVit, makeEva02, makeSwin, makeConvNext, makeResNet, makeCifarResNet, makeMlpMixer;

} // namespace heirloom

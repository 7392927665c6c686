// SPDX-License-Identifier: GPL-3.0-or-later
//
// A net of no known family: no hyper-parameters; each axis of each tensor is an index space of its
// own, named "<tensor>.<axis>". What holds two axes together is not known, so nothing but the
// published per-tensor rule can be applied, and the report says so.
#include "core/model/families/Registry.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

std::optional<HyperParameters> recognize(std::span<const TensorInfo>, std::vector<std::string>&) {
    return std::nullopt;
}

Result<ModelSpec> build(const HyperParameters&) {
    auto error = fail("unknown", "a net of unknown family cannot be built from a name");
    error.error().advice = "Open a file of its tensors instead";
    return error;
}

std::optional<HyperParameters> named(std::string_view) { return std::nullopt; }

std::vector<std::string> names() { return {}; }

bool isBufferName(const TensorInfo& tensor) {
    return tensor.name.ends_with("running_mean") || tensor.name.ends_with("running_var") ||
           tensor.name.ends_with("num_batches_tracked") || !isFloatingPoint(tensor.dtype);
}

/// A guess, for a fresh draw has to be something: gains 1, biases and means 0, matrices small.
void chooseDraw(Parameter& parameter) {
    const bool isVector = parameter.shape.size() < 2;
    if (!isVector && !parameter.isBuffer)
        return;
    parameter.init = InitRule::Constant;
    const bool isGain = !parameter.isBuffer && parameter.name.ends_with("weight");
    parameter.initScale = isGain || parameter.name.ends_with("running_var") ? 1 : 0;
}

struct NameMark {
    std::string_view part; ///< anywhere in a tensor's name
    std::string_view whose;
};
constexpr std::array<NameMark, 16> marks = {
    {{"visual.transformer.resblocks.", "CLIP (OpenAI, OpenCLIP)"},
     {"vision_model.encoder.layers.", "CLIP or SigLIP (transformers)"},
     {"encoder.layers.encoder_layer_0.", "torchvision's vision transformer"},
     {"relative_position_bias_table", "Swin"},
     {"layernorm_before.weight", "transformers' ViT"},
     {"layer_scale1.lambda1", "transformers' DINOv2"},
     {"pwconv1.weight", "transformers' or the original ConvNeXt"},
     {"features.1.0.layer_scale", "torchvision's ConvNeXt"},
     {"attention.self.query.weight", "BERT or RoBERTa (transformers)"},
     {"attention.q_lin.weight", "DistilBERT (transformers)"},
     {"attn.c_attn.weight", "GPT-2 (transformers)"},
     {"self_attn.q_proj.weight", "Llama, Mistral or Qwen (transformers)"},
     {"se.conv_reduce.weight", "EfficientNet or MobileNetV3 (timm)"},
     {"attn.q_bias", "EVA (timm)"},
     {"conv1.6.weight", "a ResNet with a deep stem (timm)"},
     {"lstm", "a recurrent net"}}};

} // namespace

std::string_view knownNames(std::span<const TensorInfo> tensors) {
    for (const auto& mark : marks)
        for (const auto& tensor : tensors)
            if (tensor.name.find(mark.part) != std::string::npos)
                return mark.whose;
    return {};
}

ModelSpec unknownModel(std::span<const TensorInfo> tensors, std::vector<std::string> notes) {
    ModelSpec spec;
    spec.family = "unknown";
    spec.name = "unknown";
    spec.notes = std::move(notes);
    std::size_t unreadable = 0;
    for (const auto& tensor : tensors) {
        if (tensor.dtype == DType::Unsupported) {
            ++unreadable;
            continue;
        }
        Parameter parameter;
        parameter.name = tensor.name;
        parameter.shape = tensor.shape;
        parameter.dtype = tensor.dtype;
        parameter.isBuffer = isBufferName(tensor);
        for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
            parameter.axes.push_back({{AxisSegment{{static_cast<int>(spec.spaces.size())}}}});
            spec.spaces.push_back(
                {fmt::format("{}.{}", tensor.name, i), tensor.shape[i], SpaceKind::Unknown, -1});
        }
        chooseDraw(parameter);
        spec.parameters.push_back(std::move(parameter));
    }
    if (unreadable > 0)
        spec.notes.push_back(fmt::format("{} tensors of unsupported dtype left out", unreadable));
    return spec;
}

constinit const Family unknownFamily{
    "unknown", "Any other net: each axis on its own", recognize, build, named, names};

} // namespace heirloom

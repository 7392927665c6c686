// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/LlamaNames.h"

#include "core/model/families/TextNames.h"

namespace heirloom {
namespace {

HyperParameters hyperOf(const LlamaSize& size) {
    HyperParameters hyper;
    hyper.set("dim", size.dim);
    hyper.set("depth", size.depth);
    hyper.set("heads", size.heads);
    hyper.set("kv_heads", size.kvHeads);
    hyper.set("head_dim", size.headDim);
    hyper.set("mlp", size.mlp);
    hyper.set("vocab", size.vocab);
    hyper.set("num_classes", std::int64_t{0});
    hyper.set("kind", std::string(size.kind));
    hyper.set("head", std::string("lm"));
    hyper.set("tied", size.tied);
    hyper.set("qkv_bias", size.kind == "qwen2");
    hyper.set("out_bias", false);
    hyper.set("mlp_bias", false);
    hyper.set("qk_norm", size.kind == "qwen3");
    hyper.set("wrapper", true);
    return hyper;
}

} // namespace

const std::vector<LlamaSize>& llamaSizes() {
    static const std::vector<LlamaSize> sizes = {
        {"SmolLM-135M", "llama", 576, 30, 9, 3, 64, 1536, 49152, true},
        {"SmolLM-360M", "llama", 960, 32, 15, 5, 64, 2560, 49152, true},
        {"Qwen2-0.5B", "qwen2", 896, 24, 14, 2, 64, 4864, 151936, true},
        {"Qwen3-0.6B", "qwen3", 1024, 28, 16, 8, 128, 3072, 151936, true},
        {"TinyLlama-1.1B", "llama", 2048, 22, 32, 4, 64, 5632, 32000, false},
        {"Llama-3.2-1B", "llama", 2048, 16, 32, 8, 64, 8192, 128256, true},
        {"Qwen2-1.5B", "qwen2", 1536, 28, 12, 2, 128, 8960, 151936, true},
        {"SmolLM-1.7B", "llama", 2048, 24, 32, 32, 64, 8192, 49152, true},
        {"Qwen3-1.7B", "qwen3", 2048, 28, 16, 8, 128, 6144, 151936, true},
        {"Llama-3.2-3B", "llama", 3072, 28, 24, 8, 128, 8192, 128256, true},
        {"Qwen3-4B", "qwen3", 2560, 36, 32, 8, 128, 9728, 151936, true},
        {"Llama-2-7b", "llama", 4096, 32, 32, 32, 128, 11008, 32000, false},
        {"Mistral-7B-v0.1", "mistral", 4096, 32, 32, 8, 128, 14336, 32000, false},
        {"Mistral-7B-v0.3", "mistral", 4096, 32, 32, 8, 128, 14336, 32768, false},
        {"Qwen2-7B", "qwen2", 3584, 28, 28, 4, 128, 18944, 152064, false},
        {"Llama-3.1-8B", "llama", 4096, 32, 32, 8, 128, 14336, 128256, false},
        {"Qwen3-8B", "qwen3", 4096, 36, 32, 8, 128, 12288, 151936, false},
        {"Llama-2-13b", "llama", 5120, 40, 40, 40, 128, 13824, 32000, false}};
    return sizes;
}

std::optional<HyperParameters> llamaNamed(std::string_view name) {
    struct Alias {
        std::string_view said, meant;
    };
    // other names of the same shape
    constexpr std::array<Alias, 12> aliases = {{{"llama", "SmolLM-135M"},
                                                {"mistral", "Mistral-7B-v0.1"},
                                                {"qwen2", "Qwen2-0.5B"},
                                                {"qwen3", "Qwen3-0.6B"},
                                                {"SmolLM2-135M", "SmolLM-135M"},
                                                {"SmolLM2-360M", "SmolLM-360M"},
                                                {"Qwen2.5-0.5B", "Qwen2-0.5B"},
                                                {"Qwen2.5-1.5B", "Qwen2-1.5B"},
                                                {"Qwen2.5-7B", "Qwen2-7B"},
                                                {"Mistral-7B", "Mistral-7B-v0.1"},
                                                {"Llama-2-7b-hf", "Llama-2-7b"},
                                                {"Llama-2-13b-hf", "Llama-2-13b"}}};
    for (const auto& alias : aliases)
        if (sameModelName(name, alias.said))
            name = alias.meant;
    for (const auto& size : llamaSizes())
        if (sameModelName(name, size.name))
            return hyperOf(size);
    return std::nullopt;
}

std::vector<std::string> llamaNames() {
    std::vector<std::string> names;
    for (const auto& size : llamaSizes())
        names.emplace_back(size.name);
    return names;
}

} // namespace heirloom

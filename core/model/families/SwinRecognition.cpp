// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/SwinRecognition.h"

#include "core/model/ConfigValues.h"
#include "core/model/SpecBuilder.h"
#include "core/model/families/ConfigList.h"
#include "core/model/families/SwinDialects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

struct Spoken {
    const SwinDialect* dialect;
    bool isWrapped;
};

std::optional<Spoken> spokenBy(const TensorTable& table) {
    for (const auto& dialect : swinDialects())
        for (const bool isWrapped : {false, true}) {
            const auto block = dialect.base(isWrapped) + dialect.blockName(0, 0) + ".";
            // the index of relative positions is a constant that may be left out
            const auto isThere = [&](const Word& word) {
                const auto name = block + std::string(word.name);
                return word.role.ends_with("_index") || table.has(name) ||
                       table.has(name + ".weight");
            };
            const bool isTimm = dialect.names == "timm";
            const bool isAuthors = isTimm && (table.has("layers.0.downsample.norm.weight") ||
                                              table.has("head.weight"));
            if (!isAuthors && std::ranges::all_of(dialect.block, isThere))
                return Spoken{&dialect, isWrapped && !dialect.wrapper.empty()};
        }
    return std::nullopt;
}

/// Side of the windows whose table has `offsets` rows, or 0.
std::int64_t windowFrom(std::int64_t offsets) {
    if (offsets < 1 || offsets > maximumWidth)
        return 0;
    const auto side = std::llround(std::sqrt(static_cast<double>(offsets)));
    return side * side == offsets && side % 2 == 1 ? (side + 1) / 2 : 0;
}

} // namespace

std::optional<HyperParameters> recognizeSwin(std::span<const TensorInfo> tensors,
                                             std::vector<std::string>&) {
    const TensorTable table(tensors);
    const auto spoken = spokenBy(table);
    if (!spoken)
        return std::nullopt;
    const auto& dialect = *spoken->dialect;
    const auto base = dialect.base(spoken->isWrapped);
    RoleTable roles(table);
    roles.add(dialect.front, {}, base);
    roles.add(dialect.head);
    std::vector<std::int64_t> depths, dims, heads, windows;
    for (std::size_t stage = 0; stage < maximumSwinStages; ++stage) {
        const auto role = fmt::format("{}.", stage);
        roles.add(dialect.block, role, base + dialect.blockName(stage, 0) + ".");
        if (!roles.has(role + "attn.qkv.weight"))
            break;
        std::int64_t depth = 0;
        for (;; ++depth) {
            RoleTable block(table);
            block.add(dialect.block,
                      {},
                      base + dialect.blockName(stage, static_cast<std::size_t>(depth)) + ".");
            if (!block.has("attn.qkv.weight"))
                break;
        }
        depths.push_back(depth);
        dims.push_back(roles.size(role + "attn.qkv.weight", 1));
        heads.push_back(roles.size(role + "attn.relative_position_bias_table", 1));
        windows.push_back(windowFrom(roles.size(role + "attn.relative_position_bias_table", 0)));
    }
    if (depths.empty() || dims[0] < 1 || windows[0] < 1)
        return std::nullopt;
    auto hyper = *swinNamed("swin");
    hyper.set("depths", depths);
    hyper.set("dims", dims);
    hyper.set("heads", heads);
    hyper.set("mlp_ratio", roles.size("0.mlp.fc1.weight", 0) / dims[0]);
    const auto patch = roles.size("patch_embed.proj.weight", 2);
    hyper.set("patch", patch);
    hyper.set("window", windows[0]);
    if (patch < 1 || patch > maximumWidth)
        return std::nullopt;
    // A smaller window in a later stage is that stage's whole image; else the published nets' rule:
    // the last stage is one window.
    std::size_t whole = depths.size() - 1;
    for (std::size_t stage = depths.size(); stage-- > 1;)
        if (windows[stage] != windows[0])
            whole = stage;
    hyper.set("image", (windows[whole] * patch) << whole);
    hyper.set("channels", roles.size("patch_embed.proj.weight", 1));
    hyper.set("num_classes", roles.size("head.fc.weight", 0));
    hyper.set("qkv_bias", roles.has("0.attn.qkv.bias"));
    hyper.set("names", std::string(dialect.names));
    hyper.set("wrapper", spoken->isWrapped);
    return hyper;
}

std::optional<HyperParameters> swinConfigured(const nlohmann::json& config) {
    if (configText(config, "model_type") != "swin")
        return std::nullopt;
    auto hyper = *swinNamed("swin");
    const auto depths = configIntegers(config, "depths", {2, 2, 6, 2});
    const auto dim = configInteger(config, "embed_dim", 96);
    if (dim < 1 || dim > maximumWidth || depths.size() > maximumSwinStages)
        return std::nullopt;
    hyper.set("depths", depths);
    hyper.set("dims", swinDoubled(dim, depths.size()));
    hyper.set("heads", configIntegers(config, "num_heads", {3, 6, 12, 24}));
    if (const auto ratio = config.find("mlp_ratio"); ratio != config.end() && ratio->is_number()) {
        const auto value = ratio->get<double>();
        hyper.set("mlp_ratio",
                  value >= 1 && value <= 1024 && std::floor(value) == value
                      ? static_cast<std::int64_t>(value)
                      : std::int64_t{-1});
    }
    hyper.set("patch", configInteger(config, "patch_size", 4));
    hyper.set("window", configInteger(config, "window_size", 7));
    hyper.set("image", configInteger(config, "image_size", 224));
    hyper.set("channels", configInteger(config, "num_channels", 3));
    hyper.set("qkv_bias", configFlag(config, "qkv_bias", true));
    const bool hasHead = configClass(config).find("ForImageClassification") != std::string::npos;
    hyper.set("num_classes", hasHead ? configClasses(config) : std::int64_t{0});
    hyper.set("wrapper", hasHead);
    hyper.set("names", std::string("transformers"));
    return hyper;
}

bool isSwinLeftover(const TensorInfo& tensor) { return tensor.name.ends_with(".attn_mask"); }

} // namespace heirloom

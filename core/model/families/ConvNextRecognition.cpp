// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ConfigValues.h"
#include "core/model/families/ConfigList.h"
#include "core/model/families/ConvNextDialects.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace heirloom {
namespace {

struct Spoken {
    const ConvNextDialect* dialect;
    bool isWrapped;
};

std::optional<Spoken> spokenBy(const TensorTable& table) {
    for (const auto& dialect : convNextDialects())
        for (const bool isWrapped : {false, true}) {
            const auto base = dialect.base(isWrapped);
            RoleTable roles(table);
            roles.add(dialect.stem, {}, base);
            roles.add(dialect.block, {}, base + dialect.blockName(0, 0) + ".");
            if (roles.rank("stem.0.weight") == 4 && roles.rank("conv_dw.weight") == 4 &&
                roles.has("mlp.fc1.weight"))
                return Spoken{&dialect, isWrapped && !dialect.wrapper.empty()};
        }
    return std::nullopt;
}

} // namespace

std::optional<HyperParameters> recognizeConvNext(std::span<const TensorInfo> tensors,
                                                 std::vector<std::string>&) {
    const TensorTable table(tensors);
    const auto spoken = spokenBy(table);
    if (!spoken)
        return std::nullopt;
    const auto& dialect = *spoken->dialect;
    const auto base = dialect.base(spoken->isWrapped);
    const auto depthwise =
        std::string(std::ranges::find(dialect.block, "conv_dw", &Word::role)->name) + ".weight";
    std::vector<std::int64_t> depths, dims;
    for (std::size_t stage = 0; stage < convNextStages; ++stage) {
        const auto nameOf = [&](std::size_t number) {
            return fmt::format("{}{}.{}", base, dialect.blockName(stage, number), depthwise);
        };
        std::size_t depth = 0;
        while (table.has(nameOf(depth)))
            ++depth;
        depths.push_back(static_cast<std::int64_t>(depth));
        dims.push_back(table.size(nameOf(0), 0));
    }
    RoleTable roles(table);
    roles.add(dialect.stem, {}, base);
    roles.add(dialect.head);
    roles.add(dialect.block, {}, base + dialect.blockName(0, 0) + ".");
    auto hyper = *convNextNamed("convnext");
    hyper.set("depths", depths);
    hyper.set("dims", dims);
    hyper.set("patch", roles.size("stem.0.weight", 2));
    hyper.set("kernel", roles.size("conv_dw.weight", 2));
    hyper.set("channels", roles.size("stem.0.weight", 1));
    hyper.set("num_classes", roles.size("head.fc.weight", 0));
    hyper.set("layer_scale", roles.has("gamma"));
    hyper.set("grn", roles.has("mlp.grn.weight"));
    hyper.set("conv_mlp", roles.rank("mlp.fc1.weight") == 4);
    hyper.set("names", std::string(dialect.names));
    hyper.set("wrapper", spoken->isWrapped);
    return hyper;
}

std::optional<HyperParameters> convNextConfigured(const nlohmann::json& config) {
    const auto type = configText(config, "model_type");
    if (type != "convnext" && type != "convnextv2")
        return std::nullopt;
    const bool isSecond = type == "convnextv2";
    auto hyper = *convNextNamed("convnext");
    hyper.set("depths", configIntegers(config, "depths", {3, 3, 9, 3}));
    hyper.set("dims", configIntegers(config, "hidden_sizes", {96, 192, 384, 768}));
    hyper.set("patch", configInteger(config, "patch_size", 4));
    hyper.set("image", configInteger(config, "image_size", 224));
    hyper.set("channels", configInteger(config, "num_channels", 3));
    hyper.set("layer_scale", !isSecond);
    hyper.set("grn", isSecond);
    const bool hasHead = configClass(config).find("ForImageClassification") != std::string::npos;
    hyper.set("num_classes", hasHead ? configClasses(config) : std::int64_t{0});
    hyper.set("wrapper", hasHead);
    hyper.set("names", std::string("transformers"));
    return hyper;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small models as transformers, timm and torchvision themselves spell them; dialects.json.
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

using namespace heirloom;
using namespace heirloom::test;

namespace {

const nlohmann::json& dialectModels() {
    static const auto models = [] {
        std::ifstream file(dataFolder() / "golden" / "dialects" / "dialects.json");
        return nlohmann::json::parse(file)["models"];
    }();
    return models;
}

std::vector<std::string> labels() {
    std::vector<std::string> all;
    for (const auto& model : dialectModels())
        all.push_back(model["model"].get<std::string>());
    return all;
}

const nlohmann::json& modelOf(const std::string& label) {
    return *std::ranges::find_if(dialectModels(),
                                 [&](const auto& model) { return model["model"] == label; });
}

ModelSpec recognizedFrom(const nlohmann::json& rows, std::string_view changes = {}) {
    auto tensors = tensorsOf(rows);
    std::ranges::sort(tensors, {}, &TensorInfo::name);
    auto spec = recognizeModel(*namesOnly(tensors), changes);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

std::vector<TensorInfo> sorted(std::vector<TensorInfo> tensors) {
    std::ranges::sort(tensors, {}, &TensorInfo::name);
    return tensors;
}

class Dialects : public testing::TestWithParam<std::string> {};

} // namespace

TEST_P(Dialects, AreRecognizedInEveryNameShapeAndPlace) {
    const auto& model = modelOf(GetParam());
    const auto spec = recognizedFrom(model["entries"]);
    EXPECT_NE(spec.family, "unknown") << testing::PrintToString(spec.notes);
    EXPECT_EQ(tensorsOf(spec), tensorsOf(model["entries"]));
    EXPECT_EQ(spec.parameterCount(), model["parameters"].get<std::int64_t>());
    for (std::size_t i = 0; i < std::min(spec.parameters.size(), model["entries"].size()); ++i)
        EXPECT_EQ(spec.parameters[i].isBuffer, model["entries"][i][3].get<bool>())
            << spec.parameters[i].name;
    const auto again = modelFromName(canonicalName(spec));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->hyper, spec.hyper);
    EXPECT_EQ(tensorsOf(*again), tensorsOf(spec));
}

TEST_P(Dialects, AreRecognizedAsTransformersSavesThem) {
    const auto& model = modelOf(GetParam());
    if (model["saved"].is_null())
        GTEST_SKIP() << "not a model of transformers";
    const auto spec = recognizedFrom(model["saved"]);
    EXPECT_NE(spec.family, "unknown") << testing::PrintToString(spec.notes);
    EXPECT_EQ(sorted(tensorsOf(spec)), tensorsOf(model["saved"]));
}

TEST_P(Dialects, AreWhatTheirConfigSays) {
    const auto& model = modelOf(GetParam());
    if (model["config"].is_null())
        GTEST_SKIP() << "not a model of transformers";
    const auto spec = recognizedFrom(model["entries"]);
    auto hyper = findFamily(spec.family)->configured(model["config"]);
    ASSERT_TRUE(hyper);
    // what a config cannot tell: whether ViTModel was made without its pooler, and since which
    // version CLIP's bare tower has no name in front
    if (GetParam() == "vit-plain")
        hyper->set("pooler", false);
    if (GetParam() == "clip-vision")
        hyper->set("wrapper", false);
    const auto built = findFamily(spec.family)->build(*hyper);
    ASSERT_TRUE(built) << built.error().message();
    EXPECT_EQ(tensorsOf(*built), tensorsOf(model["entries"]));
    for (const auto name : {"heads", "depth", "mlp", "dims", "depths"}) {
        const auto* value = hyper->find(name);
        EXPECT_TRUE(!value || *value == *spec.hyper.find(name)) << name;
    }
}

/// Roles and parts of two spellings are the same tensors on the same spaces.
TEST_P(Dialects, KeepTheSpacesOfTheFirstDialect) {
    const auto spec = recognizedFrom(modelOf(GetParam())["entries"]);
    auto hyper = spec.hyper;
    if (!hyper.find("names"))
        return;
    hyper.set("names", std::string("timm"));
    const auto timm = findFamily(spec.family)->build(hyper);
    ASSERT_TRUE(timm) << timm.error().message();
    ASSERT_EQ(spec.layers.size(), timm->layers.size());
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        EXPECT_EQ(spec.layers[i].stack, timm->layers[i].stack);
        EXPECT_EQ(spec.layers[i].position, timm->layers[i].position);
    }
    std::map<std::string, std::int64_t> elements;
    for (const auto& parameter : spec.parameters) {
        const auto role = parameter.role.empty() ? parameter.name : parameter.role;
        const auto* stock = timm->find(role);
        if (!stock) {
            EXPECT_TRUE(role.starts_with("pooler") || role == "mask_token" ||
                        role.ends_with("relative_position_index"))
                << role;
            continue;
        }
        elements[role] += elementCount(parameter.shape).value_or(0);
        EXPECT_EQ(parameter.layer, stock->layer) << parameter.name;
        EXPECT_EQ(parameter.positions, stock->positions) << parameter.name;
        EXPECT_EQ(parameter.isClassifier, stock->isClassifier) << parameter.name;
        // the names of its spaces are those of its stretch
        const auto namesOn = [](const ModelSpec& of, const AxisSegment& segment) {
            std::string text;
            for (const int space : segment.spaces)
                text += of.spaces[static_cast<std::size_t>(space)].name + " ";
            return text;
        };
        const auto lengthOf = [](const AxisLayout& axis) { return axis.segments.size(); };
        if (parameter.shape.size() != stock->shape.size())
            continue; // axes of one
        ASSERT_EQ(lengthOf(parameter.axes[0]) * static_cast<std::size_t>(parameter.roleParts),
                  lengthOf(stock->axes[0]))
            << parameter.name;
        for (std::size_t i = 0; i < lengthOf(parameter.axes[0]); ++i)
            EXPECT_EQ(namesOn(spec, parameter.axes[0].segments[i]),
                      namesOn(*timm,
                              stock->axes[0].segments[static_cast<std::size_t>(parameter.rolePart) *
                                                          lengthOf(parameter.axes[0]) +
                                                      i]))
                << parameter.name;
    }
    for (const auto& parameter : timm->parameters)
        EXPECT_EQ(elements[parameter.name], elementCount(parameter.shape)) << parameter.name;
}

INSTANTIATE_TEST_SUITE_P(All, Dialects, testing::ValuesIn(labels()), [](const auto& tested) {
    std::string name = tested.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST(Dialects, RefuseWhatALibraryCannotWrite) {
    for (const auto& [text, words] : std::map<std::string, std::string>{
             {"vit_b_16:register_tokens=4", "reg_token"},
             {"vit_b_16:layer_scale=true", "ls1.gamma"},
             {"vit_tiny_patch16_224:pool=avg,names=transformers", "fc_norm"},
             {"vit_tiny_patch16_224:qk_norm=true,names=transformers4", "attn.q_norm"},
             {"convnextv2_atto:names=torchvision", "mlp.grn"},
             {"vit_tiny_patch16_224:names=keras", "names must be"},
             {"swin_t:names=keras", "names must be"},
             {"convnext_tiny:names=keras", "names must be"},
             {"eva02_tiny_patch14_224:names=transformers", "names must be"}}) {
        const auto spec = modelFromName(text);
        ASSERT_FALSE(spec) << text;
        EXPECT_NE(spec.error().message().find(words), std::string::npos) << spec.error().message();
    }
}

TEST(Dialects, OfBrokenConfigsAreRefusedLater) {
    const auto configured = [](const char* family, const char* text) {
        return findFamily(family)->configured(nlohmann::json::parse(text));
    };
    EXPECT_FALSE(configured("vit", R"({"model_type": "bert"})"));
    EXPECT_FALSE(configured("vit", R"({"model_type": 7})"));
    EXPECT_FALSE(configured("vit", R"({"model_type": "clip", "vision_config": 3})"));
    EXPECT_FALSE(configured("swin", R"({"model_type": "vit"})"));
    EXPECT_FALSE(configured("convnext", R"({})"));
    const std::map<std::string, const char*> broken = {
        {R"({"model_type": "vit", "hidden_size": "many"})", "vit"},
        {R"({"model_type": "vit", "hidden_size": 1e30})", "vit"},
        {R"({"model_type": "vit", "num_hidden_layers": 9223372036854775807})", "vit"},
        {R"({"model_type": "dinov2", "mlp_ratio": 18446744073709551615})", "vit"},
        {R"({"model_type": "swin", "depths": 4})", "swin"},
        {R"({"model_type": "swin", "num_heads": ["a"]})", "swin"},
        {R"({"model_type": "swin", "mlp_ratio": 1e300})", "swin"},
        {R"({"model_type": "swin", "window_size": 9223372036854775807})", "swin"},
        {R"({"model_type": "convnext", "hidden_sizes": [1, 2, 3, -4]})", "convnext"}};
    for (const auto& [text, family] : broken) {
        const auto hyper = configured(family, text.c_str());
        EXPECT_FALSE(hyper && findFamily(family)->build(*hyper)) << text;
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace heirloom;
using namespace heirloom::test;

namespace {

struct GoldenCase {
    const char* label;
    const char* name; ///< what modelFromName() is asked for
    const char* family;
    const char* recognized =
        nullptr; ///< name after recognition where another model has the same tensors
};

void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.label; }

std::string testName(const testing::TestParamInfo<GoldenCase>& info) {
    std::string name = info.param.label;
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

class GoldenModels : public testing::TestWithParam<GoldenCase> {};

/// The hyper-parameters that the golden file tells are those of the spec.
void expectFacts(const HyperParameters& hyper, const nlohmann::json& facts) {
    const auto dims = hyper.integers("dims");
    const auto same = [&](const char* fact, std::int64_t value) {
        if (facts.contains(fact) && facts[fact].is_number()) {
            EXPECT_EQ(facts[fact].get<std::int64_t>(), value) << fact;
        }
    };
    same("num_classes", hyper.integer("num_classes"));
    same("width", dims.empty() ? hyper.integer("dim") : dims[0]);
    same("mlp", hyper.integer("mlp"));
    same("depth", hyper.integer("depth"));
    same("heads", hyper.integer("heads"));
    same("register_tokens", hyper.integer("register_tokens"));
    same("token_hidden", hyper.integer("tokens_mlp"));
    same("channel_hidden", hyper.integer("mlp"));
    same("kernel", hyper.integer("kernel"));
    for (const auto flag : {"layer_scale", "conv_mlp", "grn"})
        if (facts.contains(flag)) {
            EXPECT_EQ(facts[flag].get<bool>(), hyper.flag(flag)) << flag;
        }
    for (const auto side : {"patch", "image", "window"})
        if (facts.contains(side)) {
            EXPECT_EQ(facts[side][0].get<std::int64_t>(), hyper.integer(side)) << side;
        }
    for (const auto list : {"depths", "dims", "heads"})
        if (facts.contains(list) && facts[list].is_array()) {
            EXPECT_EQ(facts[list].get<std::vector<std::int64_t>>(), hyper.integers(list)) << list;
        }
    if (facts.contains("layers")) {
        EXPECT_EQ(facts["layers"].get<std::vector<std::int64_t>>(), hyper.integers("depths"));
    }
    if (facts.contains("global_pool") && hyper.find("pool")) {
        EXPECT_EQ(facts["global_pool"].get<std::string>(), hyper.text("pool"));
    }
    if (facts.contains("prefix_tokens")) {
        EXPECT_EQ(facts["prefix_tokens"].get<std::int64_t>(), prefixTokens(hyper));
    }
}

} // namespace

TEST_P(GoldenModels, TheNameGivesTheStockStateDict) {
    const auto golden = goldenModel(GetParam().label);
    const auto spec = modelFromName(GetParam().name);
    ASSERT_TRUE(spec) << spec.error().message();
    EXPECT_EQ(spec->family, GetParam().family);
    EXPECT_EQ(spec->name, GetParam().name);
    EXPECT_EQ(spec->parameterCount(), golden["parameters"].get<std::int64_t>());
    EXPECT_EQ(tensorsOf(*spec), tensorsOf(golden["entries"]));
    for (std::size_t i = 0; i < spec->parameters.size(); ++i)
        EXPECT_EQ(spec->parameters[i].isBuffer, golden["entries"][i][3].get<bool>())
            << spec->parameters[i].name;
    expectFacts(spec->hyper, golden["facts"]);
}

TEST_P(GoldenModels, TheStateDictGivesTheHyperParameters) {
    const auto golden = goldenModel(GetParam().label);
    auto tensors = tensorsOf(golden["entries"]);
    std::ranges::sort(
        tensors, {}, &TensorInfo::name); // a file's order need not be the state dict's
    const auto spec = recognizeModel(*namesOnly(tensors));
    ASSERT_TRUE(spec) << spec.error().message();
    EXPECT_EQ(spec->family, GetParam().family) << testing::PrintToString(spec->notes);
    EXPECT_EQ(spec->name, GetParam().recognized ? GetParam().recognized : GetParam().name);
    EXPECT_TRUE(spec->notes.empty()) << testing::PrintToString(spec->notes);
    EXPECT_EQ(tensorsOf(*spec), tensorsOf(golden["entries"]));
    expectFacts(spec->hyper, golden["facts"]);
}

INSTANTIATE_TEST_SUITE_P(
    Vit,
    GoldenModels,
    testing::Values(
        GoldenCase{"timm-vit_tiny_patch16_224", "vit_tiny_patch16_224", "vit"},
        GoldenCase{"timm-vit_tiny_patch16_224-100", "vit_tiny_patch16_224:num_classes=100", "vit"},
        GoldenCase{"timm-vit_tiny_patch16_384", "vit_tiny_patch16_384", "vit"},
        GoldenCase{"timm-vit_small_patch16_224", "vit_small_patch16_224", "vit"},
        GoldenCase{
            "timm-vit_small_patch16_224-21k", "vit_small_patch16_224:num_classes=21843", "vit"},
        GoldenCase{"timm-vit_small_patch32_224", "vit_small_patch32_224", "vit"},
        GoldenCase{"timm-vit_base_patch16_224", "vit_base_patch16_224", "vit"},
        GoldenCase{"timm-vit_base_patch32_224", "vit_base_patch32_224", "vit"},
        GoldenCase{"timm-vit_large_patch16_224", "vit_large_patch16_224", "vit"},
        GoldenCase{"timm-vit_small_patch14_dinov2", "vit_small_patch14_dinov2", "vit"},
        GoldenCase{"timm-vit_base_patch14_dinov2", "vit_base_patch14_dinov2", "vit"},
        GoldenCase{"timm-vit_small_patch14_reg4_dinov2", "vit_small_patch14_reg4_dinov2", "vit"},
        GoldenCase{"timm-vit_base_patch14_reg4_dinov2", "vit_base_patch14_reg4_dinov2", "vit"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    Deit,
    GoldenModels,
    testing::Values(
        GoldenCase{
            "timm-deit_tiny_patch16_224", "deit_tiny_patch16_224", "vit", "vit_tiny_patch16_224"},
        GoldenCase{"timm-deit_small_patch16_224",
                   "deit_small_patch16_224",
                   "vit",
                   "vit_small_patch16_224"},
        GoldenCase{
            "timm-deit_base_patch16_224", "deit_base_patch16_224", "vit", "vit_base_patch16_224"},
        GoldenCase{
            "timm-deit_tiny_distilled_patch16_224", "deit_tiny_distilled_patch16_224", "vit"},
        GoldenCase{
            "timm-deit_small_distilled_patch16_224", "deit_small_distilled_patch16_224", "vit"},
        GoldenCase{"timm-deit3_small_patch16_224", "deit3_small_patch16_224", "vit"},
        GoldenCase{"timm-deit3_base_patch16_224", "deit3_base_patch16_224", "vit"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    ConvNext,
    GoldenModels,
    testing::Values(GoldenCase{"timm-convnext_atto", "convnext_atto", "convnext"},
                    GoldenCase{"timm-convnext_femto", "convnext_femto", "convnext"},
                    GoldenCase{"timm-convnext_pico", "convnext_pico", "convnext"},
                    GoldenCase{"timm-convnext_nano", "convnext_nano", "convnext"},
                    GoldenCase{"timm-convnext_tiny", "convnext_tiny", "convnext"},
                    GoldenCase{"timm-convnext_small", "convnext_small", "convnext"},
                    GoldenCase{"timm-convnext_base", "convnext_base", "convnext"},
                    GoldenCase{"timm-convnext_large", "convnext_large", "convnext"},
                    GoldenCase{"timm-convnextv2_atto", "convnextv2_atto", "convnext"},
                    GoldenCase{"timm-convnextv2_tiny", "convnextv2_tiny", "convnext"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    OtherNamesOfConvNext,
    GoldenModels,
    testing::Values(
        GoldenCase{
            "hf-convnext-tiny", "convnext_tiny:num_classes=2,names=transformers", "convnext"},
        GoldenCase{"torchvision-convnext_tiny", "convnext_tiny:names=torchvision", "convnext"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    OtherNamesOfVit,
    GoldenModels,
    testing::Values(
        GoldenCase{"hf-vit-base", "vit_base_patch16_224:num_classes=2,names=transformers", "vit"},
        GoldenCase{"hf-vit-tiny",
                   "vit_tiny_patch16_224:num_classes=0,names=transformers,pooler=true",
                   "vit"},
        GoldenCase{"hf-dinov2-small", "vit_small_patch14_dinov2:names=transformers", "vit"},
        GoldenCase{"torchvision-vit_b_16", "vit_b_16", "vit"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    Swin,
    GoldenModels,
    testing::Values(
        GoldenCase{"timm-swin_tiny_patch4_window7_224", "swin_tiny_patch4_window7_224", "swin"},
        GoldenCase{"timm-swin_small_patch4_window7_224", "swin_small_patch4_window7_224", "swin"},
        GoldenCase{"torchvision-swin_t", "swin_t", "swin"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    Eva02,
    GoldenModels,
    testing::Values(GoldenCase{"timm-eva02_tiny_patch14_224", "eva02_tiny_patch14_224", "eva02"},
                    GoldenCase{"timm-eva02_small_patch14_224", "eva02_small_patch14_224", "eva02"}),
    testName);

INSTANTIATE_TEST_SUITE_P(
    ResNet,
    GoldenModels,
    testing::Values(GoldenCase{"timm-resnet18", "resnet18", "resnet"},
                    GoldenCase{"timm-resnet34", "resnet34", "resnet"},
                    GoldenCase{"timm-resnet50", "resnet50", "resnet"},
                    GoldenCase{"timm-resnet101", "resnet101", "resnet"},
                    GoldenCase{"timm-wide_resnet50_2", "wide_resnet50_2", "resnet"},
                    GoldenCase{"timm-resnet50d", "resnet50d", "resnet"},
                    GoldenCase{"torchvision-resnet18", "resnet18", "resnet"},
                    GoldenCase{"torchvision-resnet34", "resnet34", "resnet"},
                    GoldenCase{"torchvision-resnet50", "resnet50", "resnet"},
                    GoldenCase{"torchvision-resnet101", "resnet101", "resnet"},
                    GoldenCase{"torchvision-wide_resnet50_2", "wide_resnet50_2", "resnet"}),
    testName);

INSTANTIATE_TEST_SUITE_P(Mixer,
                         GoldenModels,
                         testing::Values(GoldenCase{"timm-mixer_s32_224", "mixer_s32_224", "mixer"},
                                         GoldenCase{"timm-mixer_s16_224", "mixer_s16_224", "mixer"},
                                         GoldenCase{"timm-mixer_b16_224", "mixer_b16_224", "mixer"},
                                         GoldenCase{
                                             "timm-mixer_l16_224", "mixer_l16_224", "mixer"}),
                         testName);

namespace {

/// The options of a golden forward case in this program's words.
std::string nameFromOptions(const nlohmann::json& golden) {
    static const std::map<std::string, std::string> classes = {{"VisionTransformer", "vit"},
                                                               {"SwinTransformer", "swin"},
                                                               {"ConvNeXt", "convnext"},
                                                               {"ResNet", "resnet"},
                                                               {"MlpMixer", "mixer"}};
    static const std::map<std::string, std::string> words = {{"img_size", "image"},
                                                             {"patch_size", "patch"},
                                                             {"embed_dim", "dim"},
                                                             {"num_heads", "heads"},
                                                             {"num_blocks", "depth"},
                                                             {"window_size", "window"},
                                                             {"layers", "depths"},
                                                             {"channels", "widths"},
                                                             {"use_grn", "grn"}};
    const auto kind = golden["class"].get<std::string>();
    std::string text = classes.contains(kind) ? classes.at(kind) : kind;
    text += ":";
    for (const auto& [option, value] : golden["options"].items()) {
        if (option == "stem_width") // read by timm for deep stems only: conv1 keeps its 64 channels
            continue;
        text += text.ends_with(":") ? "" : ",";
        if (option == "ls_init_value")
            text += fmt::format("layer_scale={}", !value.is_null());
        else if (option == "embed_dim" && kind == "SwinTransformer")
            text += fmt::format("dims={}-{}", value.get<int>(), 2 * value.get<int>());
        else if (value.is_array())
            text += fmt::format("{}={}",
                                words.contains(option) ? words.at(option) : option,
                                fmt::join(value.get<std::vector<std::int64_t>>(), "-"));
        else
            text += fmt::format("{}={}",
                                words.contains(option) ? words.at(option) : option,
                                value.is_string() ? value.get<std::string>() : value.dump());
    }
    return text;
}

class GoldenForwardCases : public testing::TestWithParam<const char*> {};

} // namespace

TEST_P(GoldenForwardCases, TheOptionsGiveNamesOrderAndShapes) {
    const auto golden = goldenCase(GetParam());
    const auto spec = modelFromName(nameFromOptions(golden));
    ASSERT_TRUE(spec) << spec.error().message();
    std::vector<std::string> names;
    for (const auto& parameter : spec->parameters)
        names.push_back(parameter.name);
    EXPECT_EQ(names, golden["state_dict_order"].get<std::vector<std::string>>());
    auto built = tensorsOf(*spec), stored = goldenWeights(GetParam());
    std::ranges::sort(built, {}, &TensorInfo::name);
    std::ranges::sort(stored, {}, &TensorInfo::name);
    EXPECT_EQ(built, stored);

    // and back: heads are what the weights do not tell, and of a Swin the size of its image
    const auto heads = spec->hyper.integer("heads");
    const auto recognized = recognizeModel(
        *namesOnly(stored),
        heads > 0                ? fmt::format("heads={}", heads)
        : spec->family == "swin" ? fmt::format("image={}", spec->hyper.integer("image"))
                                 : "");
    ASSERT_TRUE(recognized) << recognized.error().message();
    EXPECT_EQ(recognized->hyper, spec->hyper);
}

INSTANTIATE_TEST_SUITE_P(All,
                         GoldenForwardCases,
                         testing::Values("vit",
                                         "deit_distilled",
                                         "dinov2_reg",
                                         "convnext",
                                         "convnextv2",
                                         "swin",
                                         "resnet_basic",
                                         "resnet_bottleneck",
                                         "mixer"),
                         [](const auto& tested) { return std::string(tested.param); });

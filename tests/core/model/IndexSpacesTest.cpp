// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

using namespace heirloom;
using namespace heirloom::test;

namespace {

ModelSpec model(std::string_view name) {
    auto spec = modelFromName(name);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

const IndexSpace& space(const ModelSpec& spec, std::string_view name) {
    static const IndexSpace none{};
    const int index = spec.spaceIndex(name);
    EXPECT_GE(index, 0) << name;
    return index < 0 ? none : spec.spaces[static_cast<std::size_t>(index)];
}

using Names = std::vector<std::string>;

class EveryModel : public testing::TestWithParam<std::string> {};

std::vector<std::string> everyName() {
    std::vector<std::string> names;
    for (const auto* family : families()) {
        for (auto& name : family->names())
            names.push_back(std::move(name));
        const std::string own(family->name); // gpt2 is a published name too
        if (family->named(own) && std::ranges::find(names, own) == names.end())
            names.push_back(own);
    }
    names.insert(
        names.end(),
        {"vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=10",
         "vit:dim=64,depth=2,class_token=false,qk_norm=true,register_tokens=4,layer_scale=true",
         "vit_tiny_patch16_224:qkv_bias=false,pool=avg",
         "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384",
         "convnextv2_atto:num_classes=0,channels=1,layer_scale=true",
         "resnet:block=bottleneck,widths=4-6-8-12,stem=16,num_classes=3",
         "resnet50:widths=32-64-128-256,stem=32",
         "resnet18:stem=32,num_classes=0",
         "cifar_resnet:depths=1-2-1,widths=8-16-32",
         "mixer:dim=40,depth=3,patch=8,image=32",
         "vit_tiny_patch16_224:names=transformers",
         "vit_tiny_patch16_224:depth=6,num_classes=0,names=transformers,pooler=true",
         "deit_tiny_distilled_patch16_224:names=transformers4",
         "vit_small_patch14_dinov2:num_classes=10,names=transformers4",
         "vit_small_patch14_reg4_dinov2:names=transformers",
         "vit_giant_patch14_dinov2:depth=2,names=transformers",
         "vit_base_patch32_clip_224:num_classes=512,head_bias=false,names=transformers",
         "swin_tiny_patch4_window7_224:names=transformers",
         "swin_tiny_patch4_window7_224:num_classes=0,names=transformers4",
         "swin_tiny_patch4_window7_224:names=authors,image=64",
         "swin:dims=32-64,depths=1-2,heads=2-4,window=4,patch=2,image=32",
         "convnextv2_atto:names=transformers",
         "convnext_tiny:names=torchvision",
         "convnextv2_atto:names=authors",
         "resnet:block=bottleneck,deep_stem=true,stem_width=12,avg_down=true,num_classes=3",
         "eva02_tiny_patch14_224:num_classes=10,names=timm-split"});
    return names;
}

std::string testName(const testing::TestParamInfo<std::string>& info) {
    auto name = info.param;
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

} // namespace

TEST_P(EveryModel, EachAxisIsTheSumOfItsSegments) {
    const auto spec = model(GetParam());
    std::set<std::string> names;
    for (const auto& one : spec.spaces)
        EXPECT_TRUE(names.insert(one.name).second) << one.name << " comes twice";
    for (const auto& parameter : spec.parameters) {
        ASSERT_EQ(parameter.axes.size(), parameter.shape.size()) << parameter.name;
        for (std::size_t i = 0; i < parameter.axes.size(); ++i) {
            std::int64_t size = 0;
            for (const auto& segment : parameter.axes[i].segments) {
                std::int64_t product = 1;
                for (const int index : segment.spaces)
                    product *= spec.spaces.at(static_cast<std::size_t>(index)).size;
                size += product;
            }
            EXPECT_EQ(size, parameter.shape[i]) << parameter.name << " axis " << i;
        }
    }
}

TEST_P(EveryModel, LayersHoldTheirParametersAndSpaces) {
    const auto spec = model(GetParam());
    for (const auto& parameter : spec.parameters) {
        for (std::size_t i = 0; i < spec.layers.size(); ++i)
            EXPECT_EQ(parameter.name.starts_with(spec.layers[i].prefix + "."),
                      parameter.layer == static_cast<int>(i))
                << parameter.name;
        if (parameter.name.find("downsample") != std::string::npos) {
            EXPECT_EQ(parameter.layer < 0, spec.family != "resnet") << parameter.name;
        }
    }
    for (const auto& one : spec.spaces)
        for (std::size_t i = 0; i < spec.layers.size(); ++i)
            EXPECT_EQ(one.name.starts_with(fmt::format(
                          "{}.{}.", spec.layers[i].stack, spec.layers[i].position)),
                      one.layer == static_cast<int>(i))
                << one.name;
    for (const auto& stack : spec.stacks()) {
        int position = 0;
        for (const int index : spec.layersOf(stack))
            EXPECT_EQ(spec.layers[static_cast<std::size_t>(index)].position, position++);
    }
}

TEST_P(EveryModel, ItsNameGivesItAgain) {
    const auto spec = model(GetParam());
    const auto again = model(canonicalName(spec));
    EXPECT_EQ(again.hyper, spec.hyper) << canonicalName(spec);
    EXPECT_EQ(again.family, spec.family);
    EXPECT_EQ(tensorsOf(again), tensorsOf(spec));
    EXPECT_EQ(canonicalName(again), canonicalName(spec));
}

TEST_P(EveryModel, ItsTensorsAndItsStoredNameGiveItAgain) {
    const auto spec = model(GetParam());
    const auto again =
        recognizeModel(*namesOnly(tensorsOf(spec), {{"heirloom.model", canonicalName(spec)}}));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->hyper, spec.hyper);
    EXPECT_EQ(again->name, spec.name);
    EXPECT_TRUE(again->notes.empty());
}

INSTANTIATE_TEST_SUITE_P(All, EveryModel, testing::ValuesIn(everyName()), testName);

TEST(IndexSpaces, OfAVitAreThoseOfTheGoldenScores) {
    const auto spec = model("vit:dim=36,depth=4,heads=3,patch=8,image=32,num_classes=10");
    const auto members = membersOf(spec);
    std::ifstream file(dataFolder() / "golden" / "scores" / "vit.json");
    const auto golden = nlohmann::json::parse(file)["members"];
    ASSERT_EQ(golden.size(), 17U);
    for (const auto& [name, axes] : golden.items()) {
        ASSERT_TRUE(members.contains(name)) << name;
        if (name == "residual" || name.ends_with(".mlp"))
            EXPECT_EQ(members.at(name), axes.get<Names>());
        else
            EXPECT_EQ(members.at(name).size(), axes.size()) << name;
    }
}

TEST(IndexSpaces, QAndKShareRowsAndVSharesProjsColumns) {
    const auto spec = model("vit_tiny_patch16_224");
    const auto& heads = space(spec, "blocks.3.heads");
    EXPECT_EQ(heads.kind, SpaceKind::Heads);
    EXPECT_EQ(heads.size, 3);
    const int h = spec.spaceIndex("blocks.3.heads"), qk = spec.spaceIndex("blocks.3.qk_dim"),
              v = spec.spaceIndex("blocks.3.v_dim");
    EXPECT_EQ(space(spec, "blocks.3.qk_dim").size, 64);
    for (const auto name : {"blocks.3.attn.qkv.weight", "blocks.3.attn.qkv.bias"}) {
        const auto& segments = spec.find(name)->axes[0].segments;
        ASSERT_EQ(segments.size(), 3U);
        EXPECT_EQ(segments[0].spaces, (std::vector<int>{h, qk}));
        EXPECT_EQ(segments[1].spaces, (std::vector<int>{h, qk}));
        EXPECT_EQ(segments[2].spaces, (std::vector<int>{h, v}));
    }
    const auto& columns = spec.find("blocks.3.attn.proj.weight")->axes[1].segments;
    ASSERT_EQ(columns.size(), 1U);
    EXPECT_EQ(columns[0].spaces, (std::vector<int>{h, v}));
}

TEST(IndexSpaces, OfQkNormLieOnTheHeadDimension) {
    const auto members = membersOf(model("vit:depth=1,qk_norm=true"));
    EXPECT_EQ(members.at("blocks.0.qk_dim"),
              (Names{"blocks.0.attn.qkv.weight axis 0",
                     "blocks.0.attn.qkv.bias axis 0",
                     "blocks.0.attn.q_norm.weight axis 0",
                     "blocks.0.attn.q_norm.bias axis 0",
                     "blocks.0.attn.k_norm.weight axis 0",
                     "blocks.0.attn.k_norm.bias axis 0"}));
}

TEST(IndexSpaces, PositionsAreTokensAndBothHeadsShareTheClasses) {
    const auto spec = model("deit_tiny_distilled_patch16_224");
    EXPECT_EQ(space(spec, "tokens").kind, SpaceKind::Tokens);
    EXPECT_EQ(space(spec, "tokens").size, 198);
    EXPECT_EQ(positionPrefix(spec), 2);
    EXPECT_EQ(positionPrefix(model("vit_small_patch14_reg4_dinov2")), 0);
    EXPECT_EQ(positionPrefix(model("resnet18")), 0);
    EXPECT_EQ(membersOf(spec).at("classes"),
              (Names{"head.weight axis 0",
                     "head.bias axis 0",
                     "head_dist.weight axis 0",
                     "head_dist.bias axis 0"}));
    EXPECT_TRUE(spec.find("head_dist.bias")->isClassifier);
    EXPECT_FALSE(spec.find("norm.weight")->isClassifier);
    for (const auto name : {"one", "patch.channels", "patch.height", "patch.width"})
        EXPECT_EQ(space(spec, name).kind, SpaceKind::Fixed) << name;
}

TEST(IndexSpaces, AConvNextStageIsOneResidualStreamUpToTheNextDownsample) {
    const auto spec = model("convnext_tiny:depths=1-1-1-1");
    const auto members = membersOf(spec);
    EXPECT_EQ(members.at("stages.0.residual"),
              (Names{"stem.0.weight axis 0",
                     "stem.0.bias axis 0",
                     "stem.1.weight axis 0",
                     "stem.1.bias axis 0",
                     "stages.0.blocks.0.gamma axis 0",
                     "stages.0.blocks.0.conv_dw.weight axis 0",
                     "stages.0.blocks.0.conv_dw.bias axis 0",
                     "stages.0.blocks.0.norm.weight axis 0",
                     "stages.0.blocks.0.norm.bias axis 0",
                     "stages.0.blocks.0.mlp.fc1.weight axis 1",
                     "stages.0.blocks.0.mlp.fc2.weight axis 0",
                     "stages.0.blocks.0.mlp.fc2.bias axis 0",
                     "stages.1.downsample.0.weight axis 0",
                     "stages.1.downsample.0.bias axis 0",
                     "stages.1.downsample.1.weight axis 1"}));
    const auto& last = members.at("stages.3.residual");
    for (const auto name : {"stages.3.downsample.1.weight axis 0",
                            "head.norm.weight axis 0",
                            "head.fc.weight axis 1"})
        EXPECT_NE(std::ranges::find(last, name), last.end()) << name;
    EXPECT_EQ(members.at("stages.2.blocks.0.mlp"),
              (Names{"stages.2.blocks.0.mlp.fc1.weight axis 0",
                     "stages.2.blocks.0.mlp.fc1.bias axis 0",
                     "stages.2.blocks.0.mlp.fc2.weight axis 1"}));
    EXPECT_TRUE(spec.find("head.fc.weight")->isClassifier);
    EXPECT_FALSE(spec.find("head.norm.weight")->isClassifier);
}

TEST(IndexSpaces, GrnFollowsTheHiddenUnits) {
    const auto members = membersOf(model("convnextv2_atto"));
    EXPECT_EQ(members.at("stages.0.blocks.0.mlp").size(), 5U);
}

TEST(IndexSpaces, AStemWithAnIdentityShortcutBehindItIsLayer1sResidualStream) {
    const auto basic = model("resnet18");
    EXPECT_EQ(basic.spaceIndex("stem"), -1);
    const auto basicMembers = membersOf(basic);
    const auto& residual = basicMembers.at("layer1.residual");
    for (const auto name : {"conv1.weight axis 0",
                            "bn1.running_var axis 0",
                            "layer1.0.conv1.weight axis 1",
                            "layer1.1.conv2.weight axis 0",
                            "layer2.0.conv1.weight axis 1",
                            "layer2.0.downsample.0.weight axis 1"})
        EXPECT_NE(std::ranges::find(residual, name), residual.end()) << name;

    const auto bottleneckMembers = membersOf(model("resnet50"));
    EXPECT_EQ(bottleneckMembers.at("stem"),
              (Names{"conv1.weight axis 0",
                     "bn1.weight axis 0",
                     "bn1.bias axis 0",
                     "bn1.running_mean axis 0",
                     "bn1.running_var axis 0",
                     "layer1.0.conv1.weight axis 1",
                     "layer1.0.downsample.0.weight axis 1"}));
    EXPECT_EQ(bottleneckMembers.at("layer3.2.channels2").front(), "layer3.2.conv2.weight axis 0");
    EXPECT_EQ(bottleneckMembers.at("layer3.2.channels2").back(), "layer3.2.conv3.weight axis 1");

    // a basic net whose stem is wider than layer1 has a downsample, and a stem of its own
    const auto wide = model("resnet18:widths=8-12-16-24");
    EXPECT_GE(wide.spaceIndex("stem"), 0);
    EXPECT_TRUE(wide.find("layer1.0.downsample.0.weight"));
}

TEST(IndexSpaces, ACifarResNetHasOneResidualSpaceAStage) {
    const auto members = membersOf(model("resnet20"));
    EXPECT_EQ(members.at("layer1.residual").front(), "conv1.weight axis 0");
    EXPECT_EQ(members.at("layer1.residual").back(), "layer2.0.conv1.weight axis 1");
    EXPECT_EQ(members.at("layer3.residual").back(), "linear.weight axis 1");
    EXPECT_EQ(members.at("layer2.1.channels").back(), "layer2.1.conv2.weight axis 1");
}

TEST(IndexSpaces, OfAMixerKeepPatchesFixed) {
    const auto spec = model("mixer_s16_224");
    EXPECT_EQ(space(spec, "tokens").kind, SpaceKind::Fixed);
    EXPECT_EQ(membersOf(spec).at("blocks.0.tokens_mlp"),
              (Names{"blocks.0.mlp_tokens.fc1.weight axis 0",
                     "blocks.0.mlp_tokens.fc1.bias axis 0",
                     "blocks.0.mlp_tokens.fc2.weight axis 1"}));
}

TEST(InitRules, AreThoseOfTheStockClasses) {
    const auto drawOf = [](std::string_view name, std::string_view parameter) {
        const auto spec = model(name);
        const auto* found = spec.find(parameter);
        EXPECT_TRUE(found) << parameter;
        return found ? std::pair{found->init, found->initScale} : std::pair{InitRule::Normal, -1.0};
    };
    using Draw = std::pair<InitRule, double>;
    const std::string vit = "vit_tiny_patch16_224";
    EXPECT_EQ(drawOf(vit, "cls_token"), (Draw{InitRule::Normal, 1e-6}));
    EXPECT_EQ(drawOf(vit, "pos_embed"), (Draw{InitRule::TruncNormal, 0.02}));
    EXPECT_EQ(drawOf(vit, "blocks.0.attn.qkv.weight"), (Draw{InitRule::TruncNormal, 0.02}));
    EXPECT_EQ(drawOf(vit, "blocks.0.attn.qkv.bias"), (Draw{InitRule::Constant, 0}));
    EXPECT_EQ(drawOf(vit, "blocks.0.norm1.weight"), (Draw{InitRule::Constant, 1}));
    EXPECT_EQ(drawOf(vit, "head.bias"), (Draw{InitRule::Constant, 0}));
    const auto [rule, scale] = drawOf(vit, "patch_embed.proj.bias");
    EXPECT_EQ(rule, InitRule::Uniform);
    EXPECT_NEAR(scale, 1 / std::sqrt(768.0), 1e-12);
    EXPECT_EQ(drawOf("convnext_tiny", "stages.1.blocks.0.gamma"), (Draw{InitRule::Constant, 1e-6}));
    EXPECT_EQ(drawOf("convnext_tiny", "stem.0.weight"), (Draw{InitRule::TruncNormal, 0.02}));
    EXPECT_EQ(drawOf("resnet50", "layer1.0.conv2.weight").first, InitRule::KaimingFanOut);
    EXPECT_EQ(drawOf("resnet50", "bn1.running_var"), (Draw{InitRule::Constant, 1}));
    EXPECT_EQ(drawOf("resnet50", "bn1.running_mean"), (Draw{InitRule::Constant, 0}));
    EXPECT_NEAR(drawOf("resnet50", "fc.weight").second, 1 / std::sqrt(2048.0), 1e-12);
    EXPECT_NEAR(
        drawOf("resnet20", "layer2.0.conv1.weight").second, std::sqrt(2.0 / (9 * 16)), 1e-12);
    EXPECT_EQ(drawOf("mixer_s16_224", "head.weight"), (Draw{InitRule::Constant, 0}));
}

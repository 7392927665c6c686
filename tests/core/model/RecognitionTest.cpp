// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

using namespace heirloom;
using namespace heirloom::test;

namespace {

std::vector<TensorInfo> tensorsNamed(std::string_view name) {
    const auto spec = modelFromName(name);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? tensorsOf(*spec) : std::vector<TensorInfo>{};
}

ModelSpec recognized(std::vector<TensorInfo> tensors,
                     std::string_view changes = {},
                     std::map<std::string, std::string> metadata = {}) {
    auto spec = recognizeModel(*namesOnly(std::move(tensors), std::move(metadata)), changes);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

bool notesSay(const ModelSpec& spec, std::string_view words) {
    return std::ranges::any_of(
        spec.notes, [&](const auto& note) { return note.find(words) != std::string::npos; });
}

const std::string odd = "vit:dim=36,depth=2,heads=3,patch=8,image=32,num_classes=10";

} // namespace

TEST(Recognition, AssumesHeadsAndSaysHowToChangeThem) {
    const auto spec = recognized(tensorsNamed(odd));
    EXPECT_EQ(spec.hyper.integer("heads"), 4);
    EXPECT_TRUE(notesSay(spec, "4 heads of 9 assumed")) << testing::PrintToString(spec.notes);
    EXPECT_TRUE(notesSay(spec, "write heads=N"));
    const auto wide = recognized(tensorsNamed("vit:dim=128,depth=1,heads=2"));
    EXPECT_EQ(wide.hyper.integer("heads"), 2);
    EXPECT_TRUE(notesSay(wide, "2 heads of 64 assumed"));
}

TEST(Recognition, BelievesTheUserBeforeItsOwnGuess) {
    const auto spec = recognized(tensorsNamed(odd), "heads=3");
    EXPECT_EQ(spec.hyper.integer("heads"), 3);
    EXPECT_TRUE(spec.notes.empty()) << testing::PrintToString(spec.notes);
    EXPECT_EQ(spec.name,
              "vit:dim=36,depth=2,heads=3,mlp=144,patch=8,image=32,channels=3,num_classes=10");
}

TEST(Recognition, BelievesTheStoredNameBeforeItsOwnGuess) {
    const auto spec = recognized(tensorsNamed(odd), {}, {{"heirloom.model", odd}});
    EXPECT_EQ(spec.hyper.integer("heads"), 3);
    EXPECT_TRUE(spec.notes.empty());
    const auto deit = recognized(
        tensorsNamed("deit_tiny_patch16_224"), {}, {{"heirloom.model", "deit_tiny_patch16_224"}});
    EXPECT_EQ(deit.name, "deit_tiny_patch16_224");
    EXPECT_EQ(
        recognized(tensorsNamed(odd), "heads=6", {{"heirloom.model", odd}}).hyper.integer("heads"),
        6);
}

TEST(Recognition, PassesOverAStoredNameThatDoesNotFit) {
    const auto spec = recognized(
        tensorsNamed("vit_tiny_patch16_224"), {}, {{"heirloom.model", "vit_small_patch16_224"}});
    EXPECT_EQ(spec.name, "vit_tiny_patch16_224");
    EXPECT_TRUE(notesSay(spec, "does not fit its tensors: cls_token is 1×1×192"))
        << testing::PrintToString(spec.notes);
    const auto broken = recognized(
        tensorsNamed("vit_tiny_patch16_224"), {}, {{"heirloom.model", "vit:depth=999999999"}});
    EXPECT_EQ(broken.name, "vit_tiny_patch16_224");
    EXPECT_TRUE(notesSay(broken, "was not used"));
}

TEST(Recognition, RefusesChangesThatContradictTheTensors) {
    const auto file = namesOnly(tensorsNamed(odd));
    for (const auto& [changes, words] :
         std::map<std::string, std::string>{{"depth=3", "blocks.2"},
                                            {"heads=5", "multiple of heads"},
                                            {"width=3", "The names are"},
                                            {"num_classes=7", "head.weight"}}) {
        const auto spec = recognizeModel(*file, changes);
        ASSERT_FALSE(spec) << changes;
        EXPECT_NE(spec.error().message().find(words), std::string::npos) << spec.error().message();
    }
    const auto unknown = recognizeModel(*namesOnly({{"a.weight", DType::F32, {2, 3}}}), "heads=2");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message().find("not known"), std::string::npos);
}

TEST(Recognition, ReadsHeadsFromQkNorm) {
    const auto name = "vit:dim=48,depth=1,heads=3,qk_norm=true,patch=8,image=32";
    const auto spec = recognized(tensorsNamed(name));
    EXPECT_EQ(spec.hyper.integer("heads"), 3);
    EXPECT_TRUE(spec.notes.empty());
}

TEST(Recognition, TakesFilesWithoutBatchCounters) {
    auto tensors = tensorsNamed("resnet20");
    std::erase_if(tensors, [](const TensorInfo& tensor) {
        return tensor.name.ends_with("num_batches_tracked");
    });
    const auto spec = recognized(tensors);
    EXPECT_EQ(spec.name, "resnet20");
    EXPECT_EQ(tensorsOf(spec), tensors);
    EXPECT_TRUE(notesSay(spec, "num_batches_tracked"));
    EXPECT_EQ(spec.parameterCount(), 269722);
}

TEST(Recognition, GivesUpAKnownFamilyAtTheFirstDifferenceAndNamesIt) {
    auto extra = tensorsNamed("vit_tiny_patch16_224");
    extra.push_back({"attn_pool.latent", DType::F32, {1, 1, 192}});
    const auto withExtra = recognized(extra);
    EXPECT_EQ(withExtra.family, "unknown");
    EXPECT_TRUE(notesSay(
        withExtra,
        "not read as vit: attn_pool.latent is a tensor that the stock model does not have"));

    auto missing = tensorsNamed("convnext_tiny");
    std::erase_if(
        missing, [](const TensorInfo& tensor) { return tensor.name == "stages.2.blocks.8.gamma"; });
    EXPECT_TRUE(notesSay(recognized(missing), "stages.2.blocks.8.gamma is missing"));

    auto other = tensorsNamed("resnet18");
    other[6].shape[0] = 63;
    EXPECT_TRUE(notesSay(recognized(other),
                         "layer1.0.conv1.weight is 63×64×3×3, the stock model has 64×64×3×3"));

    auto quantised = tensorsNamed("resnet18");
    quantised[0].dtype = DType::I8;
    EXPECT_TRUE(notesSay(recognized(quantised), "conv1.weight has dtype I8"));

    auto oblong = tensorsNamed("vit_tiny_patch16_224");
    oblong[1].shape[1] = 1 + 14 * 15;
    EXPECT_TRUE(notesSay(recognized(oblong), "211 position embeddings are no square grid"));
}

TEST(Recognition, HalfPrecisionIsTheSameModel) {
    auto tensors = tensorsNamed("vit_tiny_patch16_224");
    for (auto& tensor : tensors)
        tensor.dtype = DType::BF16;
    EXPECT_EQ(recognized(tensors).name, "vit_tiny_patch16_224");
}

TEST(Recognition, GivesEachAxisOfAnUnknownNetItsOwnSpace) {
    const auto spec = recognized({{"rnn.weight", DType::F32, {8, 4}},
                                  {"rnn.bias", DType::F16, {8}},
                                  {"steps", DType::I64, {}},
                                  {"odd", DType::Unsupported, {3}}});
    EXPECT_EQ(spec.family, "unknown");
    EXPECT_EQ(canonicalName(spec), "unknown");
    ASSERT_EQ(spec.parameters.size(), 3U);
    ASSERT_EQ(spec.spaces.size(), 3U);
    EXPECT_EQ(spec.spaces[1].name, "rnn.weight.1");
    EXPECT_EQ(spec.spaces[1].kind, SpaceKind::Unknown);
    EXPECT_EQ(spec.spaces[1].size, 4);
    EXPECT_EQ(spec.parameters[1].dtype, DType::F16);
    EXPECT_TRUE(spec.parameters[2].isBuffer);
    EXPECT_TRUE(notesSay(spec, "1 tensors of unsupported dtype"));
    EXPECT_TRUE(notesSay(spec, "of no known family"));
}

TEST(Recognition, SaysWhoseNamesAnUnknownNetHas) {
    const auto spec = recognized(tensorsOf(goldenModel("timm-mobilenetv3_small_100")["entries"]));
    EXPECT_EQ(spec.family, "unknown");
    EXPECT_TRUE(notesSay(spec, "MobileNetV3")) << testing::PrintToString(spec.notes);
}

TEST(Recognition, NeverFailsOnOddShapes) {
    const std::int64_t huge = std::int64_t{1} << 60,
                       most = std::numeric_limits<std::int64_t>::max();
    for (const Shape& shape : {Shape{},
                               Shape{0},
                               Shape{huge},
                               Shape{1, most, most, most},
                               Shape{most},
                               Shape{0, huge},
                               Shape{huge, 0, huge, huge},
                               Shape{1, 2, 3, 4, 5}}) {
        for (const auto name : {"vit_small_patch14_reg4_dinov2:depth=2",
                                "convnext_atto",
                                "resnet50",
                                "resnet20",
                                "mixer_s32_224",
                                "vit_small_patch14_dinov2:depth=2,names=transformers",
                                "vit_base_patch16_clip_224:depth=2,names=transformers",
                                "vit_b_16",
                                "swin_tiny_patch4_window7_224",
                                "swin_tiny_patch4_window7_224:names=transformers4",
                                "swin_t",
                                "convnextv2_atto:names=transformers",
                                "convnext_tiny:names=torchvision",
                                "resnet18d",
                                "eva02_tiny_patch14_224:depth=2",
                                "eva02_base_patch14_224:depth=2"}) {
            const auto tensors = tensorsNamed(name);
            for (std::size_t i = 0; i < std::min<std::size_t>(tensors.size(), 20); ++i) {
                auto changed = tensors;
                changed[i].shape = shape;
                EXPECT_TRUE(recognizeModel(*namesOnly(changed))) << name << " " << changed[i].name;
            }
        }
    }
    EXPECT_EQ(recognized({}).family, "unknown");
}

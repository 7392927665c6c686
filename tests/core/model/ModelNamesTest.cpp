// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace heirloom;

namespace {

std::string nameOf(std::string_view text) {
    const auto spec = modelFromName(text);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? spec->name : "";
}

HyperParameters hyperOf(std::string_view text) {
    const auto spec = modelFromName(text);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? spec->hyper : HyperParameters{};
}

std::string errorOf(std::string_view text) {
    const auto spec = modelFromName(text);
    EXPECT_FALSE(spec) << text;
    return spec ? "" : spec.error().message();
}

} // namespace

TEST(ModelNames, ChangesThatChangeNothingAreNotShown) {
    EXPECT_EQ(nameOf("vit_tiny_patch16_224:num_classes=1000,depth=12"), "vit_tiny_patch16_224");
    EXPECT_EQ(nameOf("vit_tiny_patch16_224:"), "vit_tiny_patch16_224");
    EXPECT_EQ(nameOf("vit_tiny_patch16_224:depth=6,num_classes=100"),
              "vit_tiny_patch16_224:depth=6,num_classes=100");
}

TEST(ModelNames, TimmsPretrainedTagIsPassedOver) {
    EXPECT_EQ(nameOf("vit_small_patch16_224.augreg_in21k:num_classes=10"),
              "vit_small_patch16_224:num_classes=10");
}

TEST(ModelNames, HeadsAndHiddenSizeFollowDimUnlessGiven) {
    const auto wide = hyperOf("vit_tiny_patch16_224:dim=320");
    EXPECT_EQ(wide.integer("heads"), 5);
    EXPECT_EQ(wide.integer("mlp"), 1280);
    const auto odd = hyperOf("vit_tiny_patch16_224:dim=96");
    EXPECT_EQ(odd.integer("heads"), 3);
    EXPECT_EQ(odd.integer("mlp"), 384);
    const auto given = hyperOf("vit_tiny_patch16_224:dim=128,heads=4,mlp=100");
    EXPECT_EQ(given.integer("heads"), 4);
    EXPECT_EQ(given.integer("mlp"), 100);
    EXPECT_EQ(hyperOf("mixer_s16_224:dim=40").integer("tokens_mlp"), 20);
}

TEST(ModelNames, WithoutAClassTokenTheNetPools) {
    const auto hyper = hyperOf("vit:class_token=false");
    EXPECT_EQ(hyper.text("pool"), "avg");
    EXPECT_TRUE(hyper.flag("fc_norm"));
    EXPECT_TRUE(modelFromName("vit:class_token=false")->find("fc_norm.weight"));
}

TEST(ModelNames, AFamilyIsNamedWithItsSizes) {
    EXPECT_EQ(nameOf("vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=10"),
              "vit:dim=32,depth=3,heads=4,mlp=128,patch=2,image=8,channels=1,num_classes=10");
    EXPECT_EQ(nameOf("vit"), "vit_tiny_patch16_224");
}

TEST(ModelNames, OfCifarNetsMaySayCifar) {
    EXPECT_EQ(nameOf("resnet56"), "resnet56");
    EXPECT_EQ(hyperOf("cifar_resnet56"), hyperOf("resnet56"));
    EXPECT_EQ(hyperOf("resnet56").integers("depths"), (std::vector<std::int64_t>{9, 9, 9}));
    EXPECT_EQ(modelFromName("resnet20")->family, "cifar_resnet");
    EXPECT_EQ(modelFromName("resnet18")->family, "resnet");
}

TEST(ModelNames, AnUnknownNameSuggestsTheNearest) {
    EXPECT_NE(errorOf("vit_tinny_patch16_224").find("Did you mean vit_tiny_patch16_224"),
              std::string::npos);
    EXPECT_NE(errorOf("vit_tinny").find("vit_tiny_patch16_224"), std::string::npos);
    EXPECT_NE(errorOf("resnet17").find("resnet18"), std::string::npos);
    EXPECT_NE(errorOf("zzzzzzzzzzzzzzzzzzzzzzzz").find("Write a name"), std::string::npos);
    EXPECT_FALSE(errorOf("").empty());
    EXPECT_FALSE(errorOf(":depth=3").empty());
    EXPECT_NE(errorOf("unknown").find("cannot be built"), std::string::npos);
    EXPECT_FALSE(errorOf("deit_tiny_patch14_dinov2").empty());
    EXPECT_FALSE(errorOf("vit_tiny_patch16_225").empty());
    EXPECT_FALSE(errorOf(std::string(1'000'000, 'v')).empty());
}

TEST(ModelNames, SizesThatDoNotFitTogetherAreRefusedWithBothSizes) {
    EXPECT_NE(errorOf("vit:dim=32").find("dim=32 and heads=3"), std::string::npos);
    EXPECT_NE(errorOf("vit:patch=15").find("image=224 and patch=15"), std::string::npos);
    EXPECT_NE(errorOf("vit:pool=max").find("found 'max'"), std::string::npos);
    EXPECT_NE(errorOf("vit:pool=token,class_token=false").find("needs a class token"),
              std::string::npos);
    EXPECT_NE(errorOf("vit:distilled=true,pool=avg").find("distilled"), std::string::npos);
    EXPECT_NE(errorOf("convnext:depths=2-2").find("needs 4 numbers, one a stage, found 2"),
              std::string::npos);
    EXPECT_NE(errorOf("resnet:block=round").find("basic or bottleneck"), std::string::npos);
    EXPECT_NE(errorOf("resnet18:base_width=128").find("base_width=64"), std::string::npos);
    EXPECT_NE(errorOf("resnet20:widths=16-32-48").find("double"), std::string::npos);
    EXPECT_NE(errorOf("vit:width=3").find("The names are dim, depth"), std::string::npos);
    EXPECT_NE(errorOf("convnext:kernel=4").find("odd"), std::string::npos);
    EXPECT_NE(errorOf("mixer:patch=15").find("multiple of patch"), std::string::npos);
}

TEST(ModelNames, AbsurdSizesAreRefusedBeforeAnythingIsBuilt) {
    for (const auto text : {"vit:depth=1000000000",
                            "vit:dim=9223372036854775807,heads=1",
                            "vit:num_classes=4611686018427387904",
                            "convnext:depths=1-1-1-1000000000",
                            "resnet50:widths=1-1-1-9223372036854775807",
                            "resnet50:base_width=9223372036854775807",
                            "mixer:dim=9223372036854775807",
                            "resnet20:widths=4611686018427387904-9223372036854775807-2",
                            "vit:image=1048576,patch=1,dim=1048576,heads=1"})
        EXPECT_FALSE(errorOf(text).empty()) << text;
}

TEST(Families, AreFoundByNameAndListTheirModels) {
    std::vector<std::string> all;
    for (const auto* family : families()) {
        EXPECT_EQ(findFamily(family->name), family);
        EXPECT_FALSE(family->meaning.empty());
        for (const auto& name : family->names()) {
            EXPECT_TRUE(family->named(name)) << name;
            EXPECT_EQ(std::ranges::count(all, name), 0) << name;
            all.push_back(name);
        }
    }
    EXPECT_GT(all.size(), 60U);
    EXPECT_EQ(findFamily("nothing"), nullptr);
    EXPECT_EQ(families().back()->name, "unknown");
}

TEST(Families, BuildFillsInWhatIsNotSaid) {
    HyperParameters some;
    some.set("depth", std::int64_t{2});
    const auto spec = findFamily("vit")->build(some);
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->hyper.integer("dim"), 192);
    EXPECT_EQ(spec->layers.size(), 2U);
    EXPECT_EQ(spec->name, "vit_tiny_patch16_224:depth=2");
}

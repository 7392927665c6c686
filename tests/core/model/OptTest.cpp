// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/core/model/TextModels.h"

#include <gtest/gtest.h>

using namespace heirloom;
using namespace heirloom::test;

TEST(Opt, ItsStateDictsAreTransformers) {
    expectStockTextModel("hf-opt-125m", "opt-125m");
    expectStockTextModel("hf-opt-350m", "opt-350m");
    expectStockTextModel("hf-opt-125m-classifier", "opt-125m:num_classes=3");
}

TEST(Opt, ItsSpacesKeepQWithKAndVWithItsOutput) {
    const auto spec = modelNamed("opt-350m");
    const std::string at = "model.decoder.layers.3.", qk = "layers.3.heads x layers.3.qk_dim",
                      v = "layers.3.heads x layers.3.v_dim";
    EXPECT_EQ(axisText(spec, at + "self_attn.q_proj.weight", 0), qk);
    EXPECT_EQ(axisText(spec, at + "self_attn.k_proj.bias", 0), qk);
    EXPECT_EQ(axisText(spec, at + "self_attn.v_proj.weight", 0), v);
    EXPECT_EQ(axisText(spec, at + "self_attn.out_proj.weight", 1), v);
    EXPECT_EQ(axisText(spec, at + "self_attn.out_proj.weight", 0), "residual");
    EXPECT_EQ(axisText(spec, at + "fc1.weight", 0), "layers.3.mlp");
    EXPECT_EQ(axisText(spec, at + "fc2.weight", 1), "layers.3.mlp");
    EXPECT_EQ(axisText(spec, "model.decoder.embed_tokens.weight", 1), "words");
    EXPECT_EQ(axisText(spec, "model.decoder.project_in.weight", 1), "words");
    EXPECT_EQ(axisText(spec, "model.decoder.project_out.weight", 1), "residual");
    EXPECT_EQ(axisText(spec, "model.decoder.embed_positions.weight", 1), "residual");
    EXPECT_EQ(spaceOf(spec, "positions").kind, SpaceKind::Positions);
    EXPECT_EQ(spaceOf(spec, "positions").size, 2050);
    EXPECT_EQ(spec.layers[3].prefix, "model.decoder.layers.3");
    EXPECT_EQ(spec.find(at + "fc1.weight")->role, "decoder.layers.3.fc1.weight");
    EXPECT_EQ(spec.attentions.size(), 24U);
}

TEST(Opt, ABareDecoderIsTheSameUnderShorterNames) {
    const auto bare = modelNamed("opt-125m:wrapper=false");
    EXPECT_EQ(bare.hyper.text("head"), "none");
    EXPECT_EQ(modelRead(tensorsOf(bare)).hyper, bare.hyper);
    const auto whole = modelNamed("opt-125m");
    ASSERT_EQ(bare.parameters.size(), whole.parameters.size());
    for (std::size_t i = 0; i < bare.parameters.size(); ++i)
        EXPECT_EQ(bare.parameters[i].name, whole.parameters[i].role);
}

TEST(Opt, KnowsPublishedNamesAndFollowsTheWidth) {
    EXPECT_EQ(modelNamed("facebook/opt-1.3b").parameterCount(), 1315758080);
    const auto small = modelNamed("opt-125m:depth=6,dim=384");
    EXPECT_EQ(small.hyper.integer("heads"), 6);
    EXPECT_EQ(small.hyper.integer("mlp"), 1536);
    EXPECT_EQ(small.hyper.integer("word_dim"), 384);
    EXPECT_EQ(modelNamed(small.name).hyper, small.hyper);
    EXPECT_FALSE(modelFromName("opt-125m:dim=100"));
    EXPECT_FALSE(modelFromName("opt-125m:head=mlm"));
}

TEST(Opt, SaysWhatItAssumesOfHeads) {
    const auto tensors = tensorsOf(modelNamed("opt:dim=96,depth=2,heads=6,mlp=200,vocab=50"));
    const auto assumed = modelRead(tensors);
    EXPECT_EQ(assumed.hyper.integer("heads"), 3);
    EXPECT_TRUE(notesSay(assumed, "3 heads of 32 assumed"));
    EXPECT_TRUE(modelRead(tensors, "heads=6").notes.empty());
}

TEST(Opt, ATranslatorsDecoderIsNotOpt) {
    auto tensors = tensorsOf(modelNamed("opt-125m:depth=1"));
    tensors.push_back(
        {"model.decoder.layers.0.encoder_attn.q_proj.weight", DType::F32, {768, 768}});
    EXPECT_EQ(modelRead(tensors).family, "unknown");
}

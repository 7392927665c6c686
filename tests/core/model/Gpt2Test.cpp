// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/core/model/TextModels.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace heirloom;
using namespace heirloom::test;

TEST(Gpt2, ItsStateDictsAreTransformers) {
    expectStockTextModel("hf-gpt2", "gpt2");
    expectStockTextModel("hf-gpt2-medium", "gpt2-medium");
}

TEST(Gpt2, ItsForwardCaseIsRecognised) {
    expectForwardCase(
        "gpt2", "gpt2:dim=48,depth=2,heads=4,mlp=192,vocab=96,positions=32", "heads=4");
}

TEST(Gpt2, ItsMatricesAreTransposedAndItsQkvIsFusedOnTheSecondAxis) {
    const auto spec = modelNamed("gpt2");
    const std::string qk = "layers.0.heads x layers.0.qk_dim",
                      v = "layers.0.heads x layers.0.v_dim", qkv = qk + " | " + qk + " | " + v;
    EXPECT_EQ(axisText(spec, "transformer.h.0.attn.c_attn.weight", 0), "residual");
    EXPECT_EQ(axisText(spec, "transformer.h.0.attn.c_attn.weight", 1), qkv);
    EXPECT_EQ(axisText(spec, "transformer.h.0.attn.c_attn.bias", 0), qkv);
    EXPECT_EQ(axisText(spec, "transformer.h.0.attn.c_proj.weight", 0), v);
    EXPECT_EQ(axisText(spec, "transformer.h.0.attn.c_proj.weight", 1), "residual");
    EXPECT_EQ(axisText(spec, "transformer.h.0.mlp.c_fc.weight", 1), "layers.0.mlp");
    EXPECT_EQ(axisText(spec, "transformer.h.0.mlp.c_proj.weight", 0), "layers.0.mlp");
    EXPECT_EQ(spaceOf(spec, "positions").kind, SpaceKind::Positions);
    EXPECT_EQ(spec.layers[0].prefix, "transformer.h.0");
    EXPECT_EQ(spec.find("transformer.h.0.ln_1.weight")->role, "h.0.ln_1.weight");
    EXPECT_DOUBLE_EQ(spec.find("transformer.h.0.attn.c_proj.weight")->initScale,
                     0.02 / std::sqrt(24.0));
    EXPECT_EQ(spec.find("transformer.wte.weight")->positions, perTextToken);
    EXPECT_EQ(spec.find("transformer.wpe.weight")->positions, 0);
    EXPECT_EQ(spec.attentions.size(), 12U);
}

TEST(Gpt2, OpenAisOwnFileHasNoPrefixNoHeadAndMasks) {
    const auto stock = tensorsOf(modelNamed("gpt2:wrapper=false"));
    EXPECT_EQ(stock.front().name, "wte.weight");
    auto tensors = stock;
    for (int i = 0; i < 12; ++i) {
        tensors.push_back({fmt::format("h.{}.attn.bias", i), DType::F32, {1, 1, 1024, 1024}});
        tensors.push_back({fmt::format("h.{}.attn.masked_bias", i), DType::F32, {}});
    }
    const auto spec = modelRead(tensors);
    EXPECT_EQ(spec.family, "gpt2");
    EXPECT_EQ(spec.name, "gpt2:head=none");
    EXPECT_EQ(tensorsOf(spec), stock);
    EXPECT_TRUE(spec.tied.empty());
    EXPECT_TRUE(notesSay(spec, "24 tables of an older version"));
    EXPECT_TRUE(notesSay(spec, "h.0.attn.bias"));
}

TEST(Gpt2, AClassifierHasItsOwnHead) {
    const auto spec = modelNamed("gpt2:num_classes=5");
    EXPECT_TRUE(spec.find("score.weight")->isClassifier);
    EXPECT_TRUE(spec.tied.empty());
    EXPECT_EQ(modelRead(tensorsOf(spec)).hyper, spec.hyper);
}

TEST(Gpt2, KnowsPublishedNames) {
    EXPECT_EQ(modelNamed("openai-community/gpt2-large").parameterCount(), 774030080);
    EXPECT_EQ(modelNamed("gpt2-xl").parameterCount(), 1557611200);
    const auto small = modelNamed("gpt2:depth=6,dim=384");
    EXPECT_EQ(small.hyper.integer("heads"), 6);
    EXPECT_EQ(small.hyper.integer("mlp"), 1536);
    EXPECT_EQ(small.hyper.integer("depth"), 6);
    EXPECT_EQ(small.parameterCount(), 30339456);
    EXPECT_EQ(modelNamed(small.name).hyper, small.hyper);
    EXPECT_FALSE(modelFromName("gpt2:dim=100"));
    EXPECT_FALSE(modelFromName("gpt2:head=mlm"));
}

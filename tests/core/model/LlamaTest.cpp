// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/core/model/TextModels.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace heirloom;
using namespace heirloom::test;

TEST(Llama, ItsStateDictsAreTransformers) {
    expectStockTextModel("hf-llama-3.2-1b-shape", "Llama-3.2-1B");
    expectStockTextModel("hf-tinyllama-1.1b-shape", "TinyLlama-1.1B");
    expectStockTextModel("hf-smollm-135m-shape", "SmolLM-135M");
    expectStockTextModel("hf-mistral-7b-shape", "Mistral-7B-v0.1");
    expectStockTextModel("hf-qwen2-0.5b-shape", "Qwen2-0.5B");
    expectStockTextModel("hf-qwen3-0.6b-shape", "Qwen3-0.6B");
}

TEST(Llama, ItsForwardCasesAreRecognised) {
    const std::string sizes = "dim=48,depth=3,heads=6,kv_heads=2,mlp=80,vocab=96";
    expectForwardCase("llama_gqa", "llama:head_dim=8,tied=false," + sizes, "head_dim=8");
    expectForwardCase("qwen2", "llama:kind=qwen2,head_dim=8," + sizes, "head_dim=8");
    expectForwardCase("qwen3", "llama:kind=qwen3,head_dim=10,tied=false," + sizes, "");
}

TEST(Llama, ItsSpacesKeepGroupsAndRotaryPairsTogether) {
    const auto spec = modelNamed("Qwen3-0.6B:qkv_bias=true");
    const std::string at = "model.layers.27.self_attn.", kv = "layers.27.kv_heads",
                      group = "layers.27.group", rotary = "halves x layers.27.rotary",
                      v = "layers.27.v_dim";
    EXPECT_EQ(axisText(spec, at + "q_proj.weight", 0), kv + " x " + group + " x " + rotary);
    EXPECT_EQ(axisText(spec, at + "q_proj.bias", 0), kv + " x " + group + " x " + rotary);
    EXPECT_EQ(axisText(spec, at + "k_proj.weight", 0), kv + " x " + rotary);
    EXPECT_EQ(axisText(spec, at + "v_proj.bias", 0), kv + " x " + v);
    EXPECT_EQ(axisText(spec, at + "o_proj.weight", 1), kv + " x " + group + " x " + v);
    EXPECT_EQ(axisText(spec, at + "q_norm.weight", 0), rotary);
    EXPECT_EQ(axisText(spec, at + "k_norm.weight", 0), rotary);
    for (const auto name : {"gate_proj", "up_proj"})
        EXPECT_EQ(axisText(spec, fmt::format("model.layers.27.mlp.{}.weight", name), 0),
                  "layers.27.mlp");
    EXPECT_EQ(axisText(spec, "model.layers.27.mlp.down_proj.weight", 1), "layers.27.mlp");
    EXPECT_EQ(spaceOf(spec, kv).kind, SpaceKind::Heads);
    EXPECT_EQ(spaceOf(spec, kv).size, 8);
    EXPECT_EQ(spaceOf(spec, group).kind, SpaceKind::Group);
    EXPECT_EQ(spaceOf(spec, group).size, 2);
    EXPECT_EQ(spaceOf(spec, "layers.27.rotary").kind, SpaceKind::Rotary);
    EXPECT_EQ(spaceOf(spec, "layers.27.rotary").size, 64);
    EXPECT_EQ(spaceOf(spec, "halves").kind, SpaceKind::Fixed);
    EXPECT_EQ(spaceOf(spec, "halves").layer, -1);
    EXPECT_EQ(spaceOf(spec, "vocabulary").kind, SpaceKind::Fixed);
    EXPECT_EQ(spec.layers[27].prefix, "model.layers.27");
    EXPECT_EQ(spec.layers[27].stack, "layers");
    EXPECT_EQ(spec.attentions[27].width, 2048);
}

TEST(Llama, ABareDecoderIsTheSameUnderShorterNames) {
    const auto bare = modelNamed("SmolLM-135M:wrapper=false");
    EXPECT_EQ(bare.hyper.text("head"), "none");
    EXPECT_EQ(bare.layers[3].prefix, "layers.3");
    EXPECT_EQ(modelRead(tensorsOf(bare)).hyper, bare.hyper);
    const auto whole = modelNamed("SmolLM-135M");
    for (std::size_t i = 0; i < bare.parameters.size(); ++i)
        EXPECT_EQ(bare.parameters[i].name, whole.parameters[i].role);
}

TEST(Llama, OldFilesHoldRotaryFrequencies) {
    const auto stock = tensorsOf(modelNamed("TinyLlama-1.1B"));
    auto tensors = stock;
    for (int i = 0; i < 22; ++i)
        tensors.push_back(
            {fmt::format("model.layers.{}.self_attn.rotary_emb.inv_freq", i), DType::F32, {32}});
    const auto spec = modelRead(tensors);
    EXPECT_EQ(spec.name, "TinyLlama-1.1B");
    EXPECT_EQ(tensorsOf(spec), stock);
    EXPECT_TRUE(notesSay(spec,
                         "22 tables of an older version, computed today, left out: "
                         "model.layers.0.self_attn.rotary_emb.inv_freq, ..."));
}

TEST(Llama, SaysWhatItAssumesOfHeads) {
    const auto tensors = tensorsOf(
        modelNamed("llama:dim=256,depth=2,heads=8,kv_heads=4,head_dim=32,mlp=512,vocab=100"));
    const auto assumed = modelRead(tensors);
    EXPECT_EQ(assumed.hyper.integer("head_dim"), 64);
    EXPECT_TRUE(notesSay(assumed, "4 query heads of 64 assumed"));
    EXPECT_TRUE(notesSay(assumed, "write head_dim=N"));
    for (const auto changes : {"head_dim=32", "heads=8,kv_heads=4,head_dim=32"}) {
        const auto told = modelRead(tensors, changes);
        EXPECT_EQ(told.hyper.integer("heads"), 8);
        EXPECT_EQ(told.hyper.integer("kv_heads"), 4);
        EXPECT_TRUE(told.notes.empty()) << testing::PrintToString(told.notes);
    }
    const auto wrong = recognizeModel(*namesOnly(tensors), "head_dim=128,heads=8");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("does not fit the file"), std::string::npos);
    const auto wide = modelRead(tensorsOf(modelNamed("Mistral-7B-v0.1:depth=2,mlp=9000")));
    EXPECT_EQ(wide.hyper.integer("head_dim"), 128);
}

namespace {

/// A file of `name` with lm_head.weight in it, equal to the word embedding or not.
std::shared_ptr<const Checkpoint> fileWithHead(std::string_view name, bool isEqual) {
    const auto spec = modelNamed(name);
    auto tensors = tensorsOf(spec);
    tensors.push_back(
        {"lm_head.weight", DType::F32, spec.find("model.embed_tokens.weight")->shape});
    StateDict weights;
    for (const auto& tensor : tensors) {
        auto made = HostTensor::zeros(tensor.dtype, tensor.shape);
        for (std::size_t i = 0; i < made.bytes.size(); ++i)
            made.bytes[i] = static_cast<std::byte>(i * 7 % 61);
        if (tensor.name == "lm_head.weight" && !isEqual)
            made.bytes.back() ^= std::byte{1};
        weights.set(tensor.name, std::move(made));
    }
    return memoryCheckpoint(std::move(weights));
}

} // namespace

TEST(Llama, NumbersTellWhetherTheOutputMatrixIsTheWordEmbedding) {
    const std::string name =
        "llama:dim=32,depth=1,heads=4,kv_heads=2,head_dim=8,mlp=64,vocab=50,tied=true";
    const auto tied = recognizeModel(*fileWithHead(name, true), "head_dim=8");
    ASSERT_TRUE(tied) << tied.error().message();
    EXPECT_EQ(tied->hyper, modelNamed(name).hyper);
    EXPECT_TRUE(notesSay(*tied, "lm_head.weight is model.embed_tokens.weight again, left out"));
    const auto own = recognizeModel(*fileWithHead(name, false), "head_dim=8");
    ASSERT_TRUE(own) << own.error().message();
    EXPECT_FALSE(own->hyper.flag("tied"));
    EXPECT_NE(own->find("lm_head.weight"), nullptr);
    EXPECT_EQ(own->find("lm_head.weight")->positions, perTextToken);
    EXPECT_EQ(own->find("model.embed_tokens.weight")->positions, 0);
    EXPECT_TRUE(own->tied.empty());
}

TEST(Llama, KnowsPublishedNamesWithAndWithoutTheirOrganisation) {
    EXPECT_EQ(modelNamed("meta-llama/Llama-3.2-1B").parameterCount(), 1235814400);
    EXPECT_EQ(modelNamed("HuggingFaceTB/SmolLM-360M").parameterCount(), 361821120);
    EXPECT_EQ(modelNamed("mistralai/Mistral-7B-v0.1").parameterCount(), 7241732096);
    EXPECT_EQ(modelNamed("meta-llama/Llama-2-7b-hf").parameterCount(), 6738415616);
    EXPECT_EQ(modelNamed("Qwen/Qwen3-8B").parameterCount(), 8190735360);
    EXPECT_EQ(modelNamed("Qwen/Qwen2.5-0.5B").hyper, modelNamed("Qwen2-0.5B").hyper);
}

TEST(Llama, ChangedWidthsTakeHeadsAndGroupsAlong) {
    const auto half = modelNamed("Llama-3.2-1B:dim=1024,depth=8");
    EXPECT_EQ(half.hyper.integer("heads"), 16);
    EXPECT_EQ(half.hyper.integer("kv_heads"), 4);
    EXPECT_EQ(half.hyper.integer("head_dim"), 64);
    EXPECT_EQ(half.hyper.integer("mlp"), 4096);
    const auto fewer = modelNamed("TinyLlama-1.1B:heads=16");
    EXPECT_EQ(fewer.hyper.integer("kv_heads"), 2);
    EXPECT_EQ(fewer.hyper.integer("head_dim"), 64);
    EXPECT_EQ(fewer.hyper.integer("dim"), 2048);
    EXPECT_TRUE(modelNamed("SmolLM-135M:kind=qwen2").hyper.flag("qkv_bias"));
    for (const auto& [name, words] :
         std::map<std::string, std::string>{{"llama:heads=9,kv_heads=2", "multiple of kv_heads"},
                                            {"llama:head_dim=9", "head_dim must be even"},
                                            {"llama:kind=gemma", "kind must be"},
                                            {"llama:head=mlm", "head must be"}}) {
        const auto spec = modelFromName(name);
        ASSERT_FALSE(spec) << name;
        EXPECT_NE(spec.error().message().find(words), std::string::npos) << spec.error().message();
    }
}

TEST(Llama, NeverFailsOnOddShapes) {
    const auto tensors = tensorsOf(modelNamed("Qwen3-0.6B:depth=1"));
    const std::int64_t huge = std::int64_t{1} << 60;
    for (const Shape& shape :
         {Shape{}, Shape{0, 0}, Shape{huge, huge}, Shape{1}, Shape{3, 5}, Shape{huge, 1}})
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            auto changed = tensors;
            changed[i].shape = shape;
            EXPECT_TRUE(recognizeModel(*namesOnly(changed))) << changed[i].name;
        }
}

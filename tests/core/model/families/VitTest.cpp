// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/core/model/TextModels.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace heirloom;
using namespace heirloom::test;

namespace {

ModelSpec model(std::string_view name) {
    auto spec = modelFromName(name);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

std::vector<std::string> spacesOf(const ModelSpec& spec, std::string_view name, std::size_t axis) {
    std::vector<std::string> names;
    if (const auto* parameter = spec.find(name))
        for (const auto& segment : parameter->axes.at(axis).segments)
            for (const int space : segment.spaces)
                names.push_back(spec.spaces[static_cast<std::size_t>(space)].name);
    return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST(Vit, SeparateQKAndVLieOnTheSpacesOfTheFusedMatrix) {
    for (const auto& [names, q, k, v, out] :
         {std::tuple{"transformers",
                     "layers.3.attention.q_proj",
                     "layers.3.attention.k_proj",
                     "layers.3.attention.v_proj",
                     "layers.3.attention.o_proj"},
          std::tuple{"transformers4",
                     "encoder.layer.3.attention.attention.query",
                     "encoder.layer.3.attention.attention.key",
                     "encoder.layer.3.attention.attention.value",
                     "encoder.layer.3.attention.output.dense"}}) {
        const auto spec = model(fmt::format("vit_tiny_patch16_224:num_classes=0,names={}", names));
        const std::string weight = ".weight", bias = ".bias";
        const Names qk = {"blocks.3.heads", "blocks.3.qk_dim"},
                    value = {"blocks.3.heads", "blocks.3.v_dim"};
        EXPECT_EQ(spacesOf(spec, q + weight, 0), qk);
        EXPECT_EQ(spacesOf(spec, k + weight, 0), qk);
        EXPECT_EQ(spacesOf(spec, v + weight, 0), value);
        EXPECT_EQ(spacesOf(spec, q + bias, 0), qk);
        EXPECT_EQ(spacesOf(spec, v + bias, 0), value);
        EXPECT_EQ(spacesOf(spec, out + weight, 1), value);
        EXPECT_EQ(spacesOf(spec, q + weight, 1), Names{"residual"});
        const auto* key = spec.find(k + weight);
        ASSERT_TRUE(key);
        EXPECT_EQ(key->role, "blocks.3.attn.qkv.weight");
        EXPECT_EQ(key->rolePart, 1);
        EXPECT_EQ(key->roleParts, 3);
        EXPECT_EQ(spec.layers[3].stack, "blocks");
        EXPECT_EQ(spec.layers[3].position, 3);
        EXPECT_TRUE(key->name.starts_with(spec.layers[3].prefix + "."));
    }
}

TEST(Vit, ClipKeepsItsOrderOfKVAndQ) {
    const auto spec = model("vit_base_patch32_clip_224:num_classes=0,names=transformers");
    const auto* key = spec.find("encoder.layers.0.self_attn.k_proj.weight");
    const auto* query = spec.find("encoder.layers.0.self_attn.q_proj.weight");
    ASSERT_TRUE(key && query);
    EXPECT_EQ(key->rolePart, 1);
    EXPECT_EQ(query->rolePart, 0);
    EXPECT_EQ(spec.find("embeddings.class_embedding")->shape, Shape{768});
    EXPECT_EQ(spec.find("embeddings.class_embedding")->role, "cls_token");
    EXPECT_EQ(spec.find("embeddings.position_embedding.weight")->shape, (Shape{50, 768}));
    EXPECT_FALSE(spec.find("embeddings.patch_embedding.bias"));
}

TEST(Vit, GateAndValueOfSwigluShareTheHiddenUnits) {
    const auto packed = model("vit_giant_patch14_dinov2:depth=1");
    EXPECT_EQ(packed.find("blocks.0.mlp.fc1.weight")->shape, (Shape{8192, 1536}));
    EXPECT_EQ(spacesOf(packed, "blocks.0.mlp.fc1.weight", 0),
              (Names{"blocks.0.mlp", "blocks.0.mlp"}));
    EXPECT_EQ(spacesOf(packed, "blocks.0.mlp.fc2.weight", 1), Names{"blocks.0.mlp"});
    const auto split = model("vit_giant_patch14_dinov2:depth=1,names=transformers");
    EXPECT_EQ(spacesOf(split, "encoder.layer.0.mlp.gate_proj.weight", 0), Names{"blocks.0.mlp"});
    EXPECT_EQ(split.find("encoder.layer.0.mlp.gate_proj.weight")->rolePart, 0);
    EXPECT_EQ(split.find("encoder.layer.0.mlp.up_proj.weight")->rolePart, 1);
    EXPECT_EQ(split.find("encoder.layer.0.mlp.up_proj.weight")->roleParts, 2);
}

TEST(Vit, RegistersMayHaveNoPositionsWhereTheClassTokenHas) {
    const auto timm = model("vit_small_patch14_reg4_dinov2");
    EXPECT_EQ(positionPrefix(timm), 0);
    const auto hugging = model(
        "vit_small_patch14_reg4_dinov2:embed_class=true,embed_registers=false,names=transformers");
    EXPECT_EQ(positionPrefix(hugging), 1);
    EXPECT_EQ(prefixTokens(hugging.hyper), 5);
    EXPECT_EQ(hugging.find("embeddings.position_embeddings")->shape, (Shape{1, 1370, 384}));
}

TEST(Vit, TheClassifierOfDinov2ReadsClassTokenAndMean) {
    const auto spec = model("vit_small_patch14_dinov2:num_classes=10,names=transformers");
    EXPECT_EQ(spec.hyper.text("pool"), "both");
    EXPECT_EQ(spec.find("classifier.weight")->shape, (Shape{10, 768}));
    EXPECT_EQ(spacesOf(spec, "classifier.weight", 1), (Names{"residual", "residual"}));
    EXPECT_TRUE(spec.find("dinov2.embeddings.mask_token"));
}

TEST(Vit, OldFilesOfClipMayHoldPositionNumbers) {
    auto tensors =
        tensorsOf(model("vit_base_patch32_clip_224:num_classes=0,names=transformers,wrapper=true"));
    tensors.push_back({"vision_model.embeddings.position_ids", DType::I64, {1, 50}});
    const auto spec = recognizeModel(*namesOnly(tensors));
    ASSERT_TRUE(spec) << spec.error().message();
    EXPECT_EQ(spec->family, "vit") << testing::PrintToString(spec->notes);
    EXPECT_FALSE(spec->find("vision_model.embeddings.position_ids"));
}

TEST(Vit, AssumesTheActivationOfAClipAndSaysHowToChangeIt) {
    // the classes' own defaults: OpenAI's in transformers, the exact one in timm
    for (const auto& [names, act, other] : {std::tuple{"transformers", "quick_gelu", "gelu"},
                                            std::tuple{"timm", "gelu", "quick_gelu"}}) {
        const auto tensors = tensorsOf(
            model(fmt::format("vit_base_patch32_clip_224:num_classes=8,names={}", names)));
        const auto spec = recognizeModel(*namesOnly(tensors));
        ASSERT_TRUE(spec) << spec.error().message();
        EXPECT_EQ(spec->hyper.text("act"), act);
        EXPECT_TRUE(notesSay(*spec, fmt::format("write act={} to change it", other)));
        const auto told = recognizeModel(*namesOnly(tensors), fmt::format("act={}", other));
        ASSERT_TRUE(told) << told.error().message();
        EXPECT_EQ(told->hyper.text("act"), other);
        EXPECT_FALSE(notesSay(*told, "write act="));
        EXPECT_EQ(modelFromName(canonicalName(*told))->hyper, told->hyper) << canonicalName(*told);
    }
    EXPECT_EQ(model("vit_base_patch32_clip_quickgelu_224").hyper.text("act"), "quick_gelu");
    const auto plain = recognizeModel(*namesOnly(tensorsOf(model("vit_tiny_patch16_224"))));
    EXPECT_EQ(plain->hyper.text("act"), "gelu");
    EXPECT_FALSE(notesSay(*plain, "act="));
}

TEST(Vit, ReadsTheActivationOfAConfig) {
    const auto act = [](const char* text) {
        return findFamily("vit")->configured(nlohmann::json::parse(text))->text("act");
    };
    EXPECT_EQ(act(R"({"model_type": "vit"})"), "gelu");
    EXPECT_EQ(act(R"({"model_type": "vit", "hidden_act": "gelu_pytorch_tanh"})"), "gelu_tanh");
    EXPECT_EQ(act(R"({"model_type": "vit", "hidden_act": "laplace"})"), "laplace");
    EXPECT_EQ(act(R"({"model_type": "vit", "hidden_act": "relu,heads=1"})"), "other");
    EXPECT_EQ(act(R"({"model_type": "clip_vision_model"})"), "quick_gelu");
    EXPECT_EQ(act(R"({"model_type": "clip", "vision_config": {"hidden_act": "gelu"}})"), "gelu");
}

TEST(Vit, CountsOneProductATokenAndOneALogit) {
    const auto spec = model("vit_tiny_patch16_224:depth=2,register_tokens=4");
    EXPECT_EQ(spec.find("patch_embed.proj.weight")->positions, 196);
    EXPECT_EQ(spec.find("blocks.1.attn.qkv.weight")->positions, 201);
    EXPECT_EQ(spec.find("blocks.1.attn.qkv.bias")->positions, 0);
    EXPECT_EQ(spec.find("head.weight")->positions, 1);
    EXPECT_EQ(spec.find("pos_embed")->positions, 0);
    ASSERT_EQ(spec.attentions.size(), 2U);
    EXPECT_EQ(spec.attentions[0].tokens, 201);
    EXPECT_EQ(spec.attentions[0].width, 192);
    EXPECT_EQ(spec.attentions[0].windows, 1);
}

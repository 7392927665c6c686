// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "core/model/OpenedModel.h"
#include "core/model/Translation.h"
#include "core/model/families/BertNames.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/core/model/TextModels.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace heirloom;
using namespace heirloom::test;

TEST(Bert, ItsStateDictsAreTransformers) {
    expectStockTextModel("hf-bert-base", "bert-base-uncased");
    expectStockTextModel("hf-bert-base-classifier", "bert-base-uncased:num_classes=2");
    expectStockTextModel("hf-minilm-l6-h384", "all-MiniLM-L6-v2");
    expectStockTextModel("hf-minilm-l12-h384", "all-MiniLM-L12-v2:head=mlm");
    expectStockTextModel("hf-roberta-base", "roberta-base");
    expectStockTextModel("hf-distilbert-base", "distilbert-base-uncased");
}

TEST(Bert, ItsForwardCasesAreRecognised) {
    const std::string sizes = "dim=48,depth=2,heads=4,mlp=96,vocab=120,positions=40";
    expectForwardCase("bert", "bert:" + sizes, "heads=4");
    expectForwardCase("bert_classifier", "bert:" + sizes + ",num_classes=3", "heads=4");
    expectForwardCase("roberta", "bert:names=roberta," + sizes, "heads=4");
    expectForwardCase("distilbert", "bert:names=distilbert," + sizes, "heads=4");
}

TEST(Bert, ItsSpacesTieQueryToKeyAndValueToOutput) {
    const auto spec = modelNamed("bert-base-uncased:num_classes=3");
    const std::string layer = "bert.encoder.layer.11.";
    EXPECT_EQ(spec.layers.at(11).prefix, "bert.encoder.layer.11");
    EXPECT_EQ(spec.layers.at(11).stack, "layers");
    const std::string qk = "layers.11.heads x layers.11.qk_dim",
                      v = "layers.11.heads x layers.11.v_dim";
    EXPECT_EQ(axisText(spec, layer + "attention.self.query.weight", 0), qk);
    EXPECT_EQ(axisText(spec, layer + "attention.self.key.bias", 0), qk);
    EXPECT_EQ(axisText(spec, layer + "attention.self.value.weight", 0), v);
    EXPECT_EQ(axisText(spec, layer + "attention.output.dense.weight", 1), v);
    EXPECT_EQ(axisText(spec, layer + "intermediate.dense.weight", 0), "layers.11.mlp");
    EXPECT_EQ(axisText(spec, layer + "output.dense.weight", 1), "layers.11.mlp");
    EXPECT_EQ(axisText(spec, layer + "output.LayerNorm.weight", 0), "residual");
    EXPECT_EQ(axisText(spec, "bert.pooler.dense.weight", 0), "pooled");
    EXPECT_EQ(axisText(spec, "classifier.weight", 1), "pooled");
    EXPECT_EQ(spaceOf(spec, "vocabulary").kind, SpaceKind::Fixed);
    EXPECT_EQ(spaceOf(spec, "positions").kind, SpaceKind::Positions);
    EXPECT_EQ(spaceOf(spec, "classes").kind, SpaceKind::Classes);
    EXPECT_TRUE(spec.find("classifier.weight")->isClassifier);
    EXPECT_FALSE(spec.find("bert.pooler.dense.weight")->isClassifier);
}

TEST(Bert, CountsEachTokenOnceInALinearLayer) {
    const auto spec = modelNamed("bert-base-uncased");
    EXPECT_EQ(spec.find("encoder.layer.0.output.dense.weight")->positions, perTextToken);
    EXPECT_EQ(spec.find("pooler.dense.weight")->positions, 1);
    EXPECT_EQ(spec.find("embeddings.word_embeddings.weight")->positions, 0);
    ASSERT_EQ(spec.attentions.size(), 12U);
    EXPECT_EQ(spec.attentions[0].tokens, perTextToken);
    EXPECT_EQ(spec.attentions[0].width, 768);
    const auto masked = modelNamed("bert-base-uncased:head=mlm");
    EXPECT_EQ(masked.find("bert.embeddings.word_embeddings.weight")->positions, perTextToken);
}

TEST(Bert, DistilBertSpeaksOfTheSameTensorsUnderOtherNames) {
    const auto bert = modelNamed("bert-base-uncased:depth=6,head=mlm");
    const auto distil = modelNamed("distilbert-base-uncased:head=mlm");
    EXPECT_EQ(distil.find("distilbert.transformer.layer.3.ffn.lin2.weight")->role,
              "encoder.layer.3.output.dense.weight");
    EXPECT_EQ(distil.find("vocab_projector.bias")->role, "cls.predictions.bias");
    std::map<std::string, Shape> roles;
    for (const auto& parameter : bert.parameters)
        roles[parameter.role.empty() ? parameter.name : parameter.role] = parameter.shape;
    for (const auto& parameter : distil.parameters) {
        ASSERT_TRUE(roles.contains(parameter.role)) << parameter.name << " " << parameter.role;
        EXPECT_EQ(roles[parameter.role], parameter.shape) << parameter.name;
        roles.erase(parameter.role);
    }
    EXPECT_EQ(roles.size(), 1U); // token types
    EXPECT_TRUE(roles.contains("embeddings.token_type_embeddings.weight"));
    for (std::size_t i = 0; i < bert.layers.size(); ++i)
        EXPECT_EQ(bert.layers[i].stack, distil.layers[i].stack);
    for (const auto& space : distil.spaces)
        EXPECT_GE(bert.spaceIndex(space.name), 0) << space.name;
}

TEST(Bert, ItsWeightsAreReadUnderDistilBertsNames) {
    const auto file = dataFolder() / "golden" / "forward" / "bert" / "weights.safetensors";
    const auto teacher = openModel(file.string() + ":heads=4", ModelText::FileOnly);
    ASSERT_TRUE(teacher) << teacher.error().message();
    const auto student = modelNamed("distilbert-base-uncased:head=mlm,depth=2");
    const auto spoken = spokenLike(*teacher, student);
    ASSERT_TRUE(spoken) << spoken.error().message();
    EXPECT_EQ(spoken->spec->hyper.integer("heads"), 4);
    EXPECT_EQ(spoken->spec->parameters.size(), 2U + 2U + 2U * 16U);
    for (const auto& [distil, bert] : std::map<std::string, std::string>{
             {"distilbert.embeddings.word_embeddings.weight", "embeddings.word_embeddings.weight"},
             {"distilbert.transformer.layer.1.sa_layer_norm.bias",
              "encoder.layer.1.attention.output.LayerNorm.bias"},
             {"distilbert.transformer.layer.0.ffn.lin2.weight",
              "encoder.layer.0.output.dense.weight"}}) {
        ASSERT_NE(spoken->spec->find(distil), nullptr) << distil;
        const auto read = spoken->checkpoint->read(distil);
        const auto stored = teacher->checkpoint->read(bert);
        ASSERT_TRUE(read && stored);
        EXPECT_EQ(*read, *stored) << distil;
    }
}

TEST(Bert, EveryDialectGivesEachTensorANameAndARoleOfItsOwn) {
    for (const auto dialect : bertDialects)
        for (const auto head : {"none", "classifier", "tokens", "qa", "mlm", "pretraining"}) {
            const auto spec =
                modelNamed(fmt::format("bert:depth=2,names={},head={}", dialect, head));
            std::set<std::string> names, roles;
            for (const auto& parameter : spec.parameters) {
                EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
                EXPECT_TRUE(
                    roles.insert(parameter.role.empty() ? parameter.name : parameter.role).second)
                    << parameter.name;
            }
            auto tensors = tensorsOf(spec);
            std::ranges::sort(tensors, {}, &TensorInfo::name);
            EXPECT_EQ(modelRead(tensors, "heads=12").hyper, spec.hyper) << spec.name;
        }
}

TEST(Bert, TransformersClassesWithHeadsHaveTheseNames) {
    const auto has = [](std::string_view model, std::string_view name) {
        return modelNamed(model).find(name) != nullptr;
    };
    EXPECT_TRUE(has("roberta-base:head=mlm", "lm_head.layer_norm.weight"));
    EXPECT_TRUE(has("roberta-base:head=mlm", "lm_head.bias"));
    EXPECT_TRUE(has("roberta-base:num_classes=2", "classifier.out_proj.bias"));
    EXPECT_TRUE(has("roberta-base:num_classes=2", "classifier.dense.weight"));
    EXPECT_TRUE(has("distilbert-base-uncased:num_classes=2", "pre_classifier.weight"));
    EXPECT_TRUE(has("distilbert-base-uncased:num_classes=2", "classifier.weight"));
    EXPECT_TRUE(has("distilbert-base-uncased:head=qa", "qa_outputs.weight"));
    for (const auto name : {"bert", "roberta", "distilbert"}) {
        const auto tagger = modelNamed(fmt::format("{}:head=tokens,num_classes=9", name));
        ASSERT_NE(tagger.find("classifier.weight"), nullptr) << name;
        EXPECT_EQ(tagger.find("classifier.weight")->positions, perTextToken);
        EXPECT_EQ(axisText(tagger, "classifier.weight", 1), "residual");
    }
    EXPECT_TRUE(has("distilbert-base-uncased:head=mlm", "vocab_layer_norm.weight"));
    EXPECT_TRUE(has("bert-base-uncased:head=pretraining", "cls.seq_relationship.weight"));
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(modelNamed("roberta-base:head=mlm").tied,
              (Pairs{{"lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight"},
                     {"lm_head.decoder.bias", "lm_head.bias"}}));
    EXPECT_EQ(modelNamed("distilbert-base-uncased:head=mlm").tied,
              (Pairs{{"vocab_projector.weight", "distilbert.embeddings.word_embeddings.weight"}}));
}

TEST(Bert, FilesOfOldVersionsAreRead) {
    // bert-base-uncased as published: gamma and beta, both pre-training heads
    auto tensors = tensorsOf(modelNamed("bert-base-uncased:head=pretraining"));
    for (auto& tensor : tensors)
        for (const auto& [now, once] : {std::pair{"LayerNorm.weight", "LayerNorm.gamma"},
                                        std::pair{"LayerNorm.bias", "LayerNorm.beta"}})
            if (tensor.name.ends_with(now))
                tensor.name.replace(tensor.name.find(now), std::string(now).size(), once);
    const auto old = modelRead(tensors);
    EXPECT_EQ(old.name, "bert-base-uncased:names=bert-gamma,head=pretraining");
    EXPECT_EQ(tensorsOf(old), tensors);
    EXPECT_TRUE(old.notes.empty());

    auto withRows = tensorsOf(modelNamed("all-MiniLM-L6-v2"));
    const auto stock = withRows;
    withRows.insert(withRows.begin(), {"embeddings.position_ids", DType::I64, {1, 512}});
    const auto read = modelRead(withRows);
    EXPECT_EQ(read.name, "all-MiniLM-L6-v2");
    EXPECT_EQ(tensorsOf(read), stock);
    EXPECT_TRUE(notesSay(read,
                         "1 table of an older version, computed today, left out: "
                         "embeddings.position_ids"));

    withRows.push_back({"embeddings.other", DType::F32, {1}});
    EXPECT_EQ(modelRead(withRows).family, "unknown");
}

TEST(Bert, SaysWhatItAssumes) {
    const auto odd = modelRead(tensorsOf(modelNamed("bert:dim=96,depth=2,heads=4,vocab=50")));
    EXPECT_TRUE(notesSay(odd, "3 heads of 32 assumed"));
    const auto oneType =
        modelRead(tensorsOf(modelNamed("roberta-base:vocab=1000,depth=3")), "heads=12");
    EXPECT_EQ(oneType.hyper.text("names"), "roberta");
    EXPECT_TRUE(notesSay(oneType, "write names=bert to change it"));
    const auto changed =
        modelRead(tensorsOf(modelNamed("roberta-base:vocab=1000,depth=3")), "names=bert,heads=12");
    EXPECT_EQ(changed.hyper.text("names"), "bert");
    EXPECT_FALSE(notesSay(changed, "write names=bert"));
}

TEST(Bert, KnowsPublishedNamesWithAndWithoutTheirOrganisation) {
    EXPECT_EQ(modelNamed("google-bert/bert-base-uncased").parameterCount(), 109482240);
    EXPECT_EQ(modelNamed("bert-large-uncased").hyper.integer("heads"), 16);
    EXPECT_EQ(modelNamed("sentence-transformers/all-MiniLM-L6-v2").parameterCount(), 22713216);
    EXPECT_EQ(modelNamed("microsoft/MiniLM-L12-H384-uncased").hyper.integer("depth"), 12);
    EXPECT_EQ(modelNamed("FacebookAI/roberta-base").parameterCount(), 124645632);
    const auto half = modelNamed("bert-base-uncased:dim=384");
    EXPECT_EQ(half.hyper.integer("heads"), 6);
    EXPECT_EQ(half.hyper.integer("mlp"), 1536);
}

TEST(Bert, RefusesSizesThatDoNotFit) {
    for (const auto& [name, words] : std::map<std::string, std::string>{
             {"bert:heads=5", "multiple of heads"},
             {"bert:head=lm", "head must be none"},
             {"bert:names=gpt", "names must be"},
             {"bert:types=0", "types must lie between 1"},
             {"bert:head=classifier,num_classes=0", "num_classes must lie between 1"},
             {"bert:vocab=99999999999", "vocab must lie between"}}) {
        const auto spec = modelFromName(name);
        ASSERT_FALSE(spec) << name;
        EXPECT_NE(spec.error().message().find(words), std::string::npos) << spec.error().message();
    }
}

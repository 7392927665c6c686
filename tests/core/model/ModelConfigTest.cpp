// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelConfig.h"

#include "core/model/OpenedModel.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/core/model/TextModels.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <fstream>

using namespace heirloom;
using namespace heirloom::test;

namespace {

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

const std::string tinyLlama =
    R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 48,
        "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 8,
        "intermediate_size": 80, "vocab_size": 96, "tie_word_embeddings": false})";

} // namespace

TEST(ModelConfig, IsAModelWithoutWeights) {
    const TemporaryFolder folder;
    write(folder / "config.json", tinyLlama);
    for (const auto& path : {folder / "config.json", folder.path()}) {
        const auto opened = openModel(path.string(), ModelText::FileOrName);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ(opened->checkpoint, nullptr);
        EXPECT_EQ(opened->spec->hyper.integer("heads"), 6);
        EXPECT_EQ(opened->spec->hyper.integer("kv_heads"), 2);
        EXPECT_NE(opened->spec->find("lm_head.weight"), nullptr);
    }
    const auto changed =
        openModel((folder / "config.json").string() + ":depth=2", ModelText::FileOrName);
    ASSERT_TRUE(changed) << changed.error().message();
    EXPECT_EQ(changed->spec->hyper.integer("depth"), 2);
    EXPECT_FALSE(openModel((folder / "config.json").string(), ModelText::FileOnly));

    write(folder / "model-00001-of-00002.safetensors", "broken");
    EXPECT_FALSE(openModel(folder.path().string(), ModelText::FileOrName)) << "weights passed over";
}

TEST(ModelConfig, TellsWhatTheTensorsBesideItCannot) {
    const TemporaryFolder folder;
    const auto weights = dataFolder() / "golden" / "forward" / "llama_gqa" / "weights.safetensors";
    std::filesystem::copy_file(weights, folder / "model.safetensors");
    const auto file = (folder / "model.safetensors").string();
    const auto alone = openModel(file, ModelText::FileOnly);
    ASSERT_TRUE(alone) << alone.error().message();
    EXPECT_EQ(alone->spec->hyper.integer("head_dim"), 16);
    EXPECT_TRUE(notesSay(*alone->spec, "assumed"));

    write(folder / "config.json", tinyLlama);
    for (const auto& path : {file, folder.path().string()}) {
        const auto told = openModel(path, ModelText::FileOnly);
        ASSERT_TRUE(told) << told.error().message();
        EXPECT_EQ(told->spec->hyper.integer("head_dim"), 8);
        EXPECT_EQ(told->spec->hyper.integer("heads"), 6);
        EXPECT_FALSE(notesSay(*told->spec, "assumed")) << testing::PrintToString(told->spec->notes);
        EXPECT_TRUE(notesSay(*told->spec, "as config.json says"));
    }
    const auto user = openModel(file + ":heads=12,kv_heads=4,head_dim=4", ModelText::FileOnly);
    ASSERT_TRUE(user) << user.error().message();
    EXPECT_EQ(user->spec->hyper.integer("heads"), 12);
}

TEST(ModelConfig, OfAnotherModelIsNotBelieved) {
    const TemporaryFolder folder;
    const auto weights = dataFolder() / "golden" / "forward" / "bert" / "weights.safetensors";
    std::filesystem::copy_file(weights, folder / "model.safetensors");
    const auto file = (folder / "model.safetensors").string();
    for (const std::string& config :
         {tinyLlama,
          std::string(R"({"model_type": "bert", "hidden_size": 768, "num_attention_heads": 2})"),
          std::string(R"({"model_type": "t5"})"),
          std::string("{")}) {
        write(folder / "config.json", config);
        const auto opened = openModel(file, ModelText::FileOnly);
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ(opened->spec->hyper.integer("heads"), 3);
        EXPECT_FALSE(notesSay(*opened->spec, "as config.json says"));
    }
    write(folder / "config.json",
          R"({"model_type": "bert", "hidden_size": 48, "num_hidden_layers": 2,
              "num_attention_heads": 5})");
    const auto misfit = openModel(file, ModelText::FileOnly);
    ASSERT_TRUE(misfit) << misfit.error().message();
    EXPECT_EQ(misfit->spec->hyper.integer("heads"), 3);
    EXPECT_TRUE(notesSay(*misfit->spec, "config.json was not used"));
}

TEST(ModelConfig, IsReadWithTheDefaultsOfItsClass) {
    const TemporaryFolder folder;
    const auto nameOf = [&](std::string_view text) {
        write(folder / "config.json", text);
        const auto opened = openModel((folder / "config.json").string(), ModelText::FileOrName);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
        return opened ? opened->spec->name : std::string{};
    };
    EXPECT_EQ(nameOf(R"({"model_type": "bert"})"), "bert-base-uncased");
    EXPECT_EQ(nameOf(R"({"model_type": "distilbert"})"), "distilbert-base-uncased");
    EXPECT_EQ(nameOf(R"({"model_type": "gpt2", "n_inner": null})"), "gpt2");
    EXPECT_EQ(nameOf(R"({"model_type": "gpt2", "architectures": ["GPT2Model"]})"),
              "gpt2:head=none");
    EXPECT_EQ(nameOf(R"({"model_type": "bert", "architectures": ["BertForSequenceClassification"],
                         "id2label": {"0": "a", "1": "b", "2": "c"}})"),
              "bert-base-uncased:num_classes=3");
    EXPECT_EQ(nameOf(R"({"model_type": "roberta", "architectures": ["RobertaForMaskedLM"],
                         "vocab_size": 50265, "max_position_embeddings": 514,
                         "type_vocab_size": 1})"),
              "roberta-base:head=mlm");
}

TEST(ModelConfig, RefusesWhatIsNoConfig) {
    const TemporaryFolder folder;
    const auto refusal = [&](const std::string& text) {
        write(folder / "config.json", text);
        const auto opened = openModel(folder.path().string(), ModelText::FileOrName);
        EXPECT_FALSE(opened);
        return opened ? std::string{} : opened.error().message();
    };
    const auto says = [&](const std::string& text, std::string_view words) {
        const auto message = refusal(text);
        EXPECT_NE(message.find(words), std::string::npos) << message;
        EXPECT_NE(message.find("config.json"), std::string::npos) << message;
    };
    says("{", "no valid JSON");
    says("", "no valid JSON");
    says("[1, 2]", "no JSON object");
    says("{}", "no \"model_type\"");
    says(R"({"model_type": 3})", "no \"model_type\"");
    says(R"({"model_type": "t5"})", "'t5', which is not known");
    says(R"({"model_type": "bert", "hidden_size": -1})", "dim must lie between");
    says(R"({"model_type": "bert", "hidden_size": "768"})", "dim must lie between");
    says(R"({"model_type": "bert", "num_hidden_layers": 1e300})", "depth must lie between");
    says(R"({"model_type": "bert", "vocab_size": 18446744073709551615})", "vocab must lie");
    says(R"({"model_type": "gpt2", "n_embd": 4611686018427387904})", "dim must lie between");
    says(R"({"model_type": "gpt2", "architectures": ["GPT2DoubleHeadsModel"]})",
         "found 'GPT2DoubleHeadsModel'");
    says(R"({"model_type": "bert", "architectures": ["BertForMultipleChoice"]})",
         "found 'BertForMultipleChoice'");
    says(R"({"model_type": "llama", "num_attention_heads": 0})", "must lie between");
    says(R"({"model_type": "llama", "num_attention_heads": 6, "num_key_value_heads": 4})",
         "multiple of kv_heads");
    says(std::string(1 << 20, '['), "limit json_depth of 8");
    says(std::string(500000, '[') + std::string(500000, ']'), "limit json_depth of 8");
    says(R"({"a": [[[[[[[[1]]]]]]]]})", "limit json_depth of 8");
    says(R"({"model_type": "bert")", "no valid JSON");
    says(R"({"model_type": "bert",})", "no valid JSON");
    says(R"({"model_type": "bert"} {})", "no valid JSON");
    says("{\"model_type\": \"\xff\"}", "no valid JSON");
    says(R"("bert")", "no JSON object");
    says("null", "no JSON object");
    says(R"({"model_type": null})", "no \"model_type\"");
    says(R"({"model_type": ["bert"]})", "no \"model_type\"");
    says(R"({"auto_map": {"AutoModel": "evil.Model"}, "model_type": "evil"})",
         "'evil', which is not known");
    says(std::string((1 << 20) + 1, ' '), "1048577 bytes long");
}

TEST(ModelConfig, ThereIsNoneInAnEmptyFolder) {
    const TemporaryFolder folder;
    const auto none = readModelConfig(folder.path());
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    EXPECT_FALSE(openModel(folder.path().string(), ModelText::FileOrName));
}

TEST(ModelConfig, AnOrganisationInFrontOfANameIsNoFolder) {
    const auto opened = openModel("google-bert/bert-base-uncased", ModelText::FileOrName);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->spec->name, "google-bert/bert-base-uncased");
    for (const auto text : {"runs/resnet18.pth",
                            "./bert-base-uncased",
                            "nowhere/file",
                            "models/google-bert/bert-base-uncased"}) {
        const auto missing = openModel(text, ModelText::FileOrName);
        ASSERT_FALSE(missing) << text;
        EXPECT_NE(missing.error().message().find("there is no such file"), std::string::npos);
    }
}

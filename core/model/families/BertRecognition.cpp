// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/BertRecognition.h"

#include "core/model/ConfigValues.h"
#include "core/model/SpecBuilder.h"
#include "core/model/TensorTable.h"
#include "core/model/families/BertNames.h"
#include "core/model/families/TextSizes.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace heirloom {
namespace {

/// Heads leave no trace in names and shapes.
void guessHeads(HyperParameters& hyper, std::vector<std::string>& notes) {
    const auto dim = hyper.integer("dim");
    for (const auto& size : bertSizes())
        if (size.dim == dim && size.depth == hyper.integer("depth") &&
            size.mlp == hyper.integer("mlp"))
            return hyper.set("heads", size.heads);
    const auto known = std::ranges::find(bertSizes(), dim, &BertSize::dim);
    assumeHeads(hyper,
                known != bertSizes().end() ? known->heads : headsOf(dim, {64, 32, 16, 12, 8}),
                notes);
}

/// RoBERTa's encoder alone is spelled as BERT's.
void guessRoberta(HyperParameters& hyper, std::vector<std::string>& notes) {
    if (hyper.integer("types") != 1 || hyper.text("names") != "bert" || hyper.flag("wrapper"))
        return;
    hyper.set("names", std::string("roberta"));
    for (const auto& size : bertSizes())
        if (size.dialect == "roberta" && size.vocab == hyper.integer("vocab") &&
            size.positions == hyper.integer("positions"))
            return;
    notes.emplace_back("read as RoBERTa, for there is one token type only; write names=bert to "
                       "change it");
}

/// BertModel, BertForMaskedLM, ...: what the class has on top of its encoder.
void readClass(HyperParameters& hyper, const nlohmann::json& config) {
    const auto kind = configClass(config);
    const auto is = [&](std::string_view ending) { return kind.ends_with(ending); };
    const std::string head = is("ForMaskedLM") || is("LMHeadModel") ? "mlm"
                             : is("ForPreTraining")                 ? "pretraining"
                             : is("ForQuestionAnswering")           ? "qa"
                             : is("ForSequenceClassification")      ? "classifier"
                             : is("ForTokenClassification")         ? "tokens"
                             : kind.empty() || is("Model")          ? "none"
                                                                    : kind; // build() refuses it
    hyper.set("head", head);
    hyper.set("wrapper", head != "none");
    hyper.set("pooler", bertHasPooler(hyper.text("names"), head));
    hyper.set("num_classes",
              head == "qa"           ? std::int64_t{2}
              : bertHasClasses(head) ? configClasses(config)
                                     : std::int64_t{0});
}

} // namespace

std::optional<HyperParameters> recognizeBert(std::span<const TensorInfo> tensors,
                                             std::vector<std::string>& notes) {
    const TensorTable table(tensors);
    std::string names;
    bool isWrapped = false;
    const auto has = [&](std::string_view role) {
        return table.has(bertSpelling(names, isWrapped, role));
    };
    const auto size = [&](std::string_view role, std::size_t along) {
        return table.size(bertSpelling(names, isWrapped, role), along);
    };
    const auto isSpoken = [&] {
        for (const auto dialect : bertDialects)
            for (const bool wrapped : {false, true}) {
                names = dialect;
                isWrapped = wrapped;
                if (has("embeddings.LayerNorm.weight") &&
                    size("embeddings.word_embeddings.weight", 1) > 0 &&
                    size("encoder.layer.0.attention.self.query.weight", 1) > 0)
                    return true;
            }
        return false;
    };
    if (!isSpoken())
        return std::nullopt;
    auto hyper = *bertNamed("bert");
    hyper.set("names", names);
    hyper.set("wrapper", isWrapped);
    hyper.set("dim", size("embeddings.word_embeddings.weight", 1));
    hyper.set("vocab", size("embeddings.word_embeddings.weight", 0));
    hyper.set("positions", size("embeddings.position_embeddings.weight", 0));
    hyper.set("types", size("embeddings.token_type_embeddings.weight", 0));
    hyper.set("mlp", size("encoder.layer.0.intermediate.dense.weight", 0));
    std::int64_t depth = 0;
    while (has(fmt::format("encoder.layer.{}.attention.self.query.weight", depth)))
        ++depth;
    hyper.set("depth", depth);
    hyper.set("pooler", has("pooler.dense.weight"));
    const bool isPooled = has("pooler.dense.weight") || has("classifier.dense.weight");
    const std::string head = has("qa_outputs.weight")                        ? "qa"
                             : has("classifier.weight") && isPooled          ? "classifier"
                             : has("token_classifier.weight")                ? "tokens"
                             : has("cls.seq_relationship.weight")            ? "pretraining"
                             : has("cls.predictions.transform.dense.weight") ? "mlm"
                                                                             : "none";
    hyper.set("head", head);
    hyper.set("num_classes",
              size(head == "qa"       ? "qa_outputs.weight"
                   : head == "tokens" ? "token_classifier.weight"
                                      : "classifier.weight",
                   0));
    if (hyper.integer("dim") > maximumWidth)
        return std::nullopt;
    guessRoberta(hyper, notes);
    guessHeads(hyper, notes);
    return hyper;
}

std::optional<HyperParameters> bertConfigured(const nlohmann::json& config) {
    const auto type = configText(config, "model_type");
    const bool isDistil = type == "distilbert";
    const bool isRoberta = type == "roberta" || type == "xlm-roberta" || type == "camembert";
    if (!isDistil && !isRoberta && type != "bert")
        return std::nullopt;
    auto hyper = *bertNamed(isDistil    ? "distilbert-base-uncased"
                            : isRoberta ? "roberta-base"
                                        : "bert-base-uncased");
    const auto read = [&](const char* name, const char* key) {
        hyper.set(name, configInteger(config, key, hyper.integer(name)));
    };
    read("dim", isDistil ? "dim" : "hidden_size");
    read("depth", isDistil ? "n_layers" : "num_hidden_layers");
    read("heads", isDistil ? "n_heads" : "num_attention_heads");
    read("mlp", isDistil ? "hidden_dim" : "intermediate_size");
    read("vocab", "vocab_size");
    read("positions", "max_position_embeddings");
    if (!isDistil)
        read("types", "type_vocab_size");
    readClass(hyper, config);
    return hyper;
}

bool isBertLeftover(const TensorInfo& tensor) {
    return tensor.name.ends_with("embeddings.position_ids") ||
           tensor.name.ends_with("embeddings.token_type_ids");
}

} // namespace heirloom

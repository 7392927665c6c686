// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/BertNames.h"

#include "core/model/families/TextNames.h"

#include <fmt/format.h>

#include <algorithm>

namespace heirloom {
namespace {

/// A part of a role between dots and what a dialect says for it.
struct Word {
    std::string_view role, said;
};

constexpr std::array<Word, 1> gammaWords = {{{"LayerNorm.weight", "LayerNorm.gamma"}}};
constexpr std::array<Word, 1> betaWords = {{{"LayerNorm.bias", "LayerNorm.beta"}}};

constexpr std::array<Word, 5> robertaWords = {
    {{"cls.predictions.transform.dense", "lm_head.dense"},
     {"cls.predictions.transform.LayerNorm", "lm_head.layer_norm"},
     {"cls.predictions", "lm_head"},
     {"classifier.weight", "classifier.out_proj.weight"},
     {"classifier.bias", "classifier.out_proj.bias"}}};

constexpr std::array<Word, 14> distilWords = {
    {{"encoder.layer", "transformer.layer"},
     {"attention.self.query", "attention.q_lin"},
     {"attention.self.key", "attention.k_lin"},
     {"attention.self.value", "attention.v_lin"},
     {"attention.output.dense", "attention.out_lin"},
     {"attention.output.LayerNorm", "sa_layer_norm"},
     {"intermediate.dense", "ffn.lin1"},
     {"output.dense", "ffn.lin2"},
     {"output.LayerNorm", "output_layer_norm"},
     {"cls.predictions.transform.dense", "vocab_transform"},
     {"cls.predictions.transform.LayerNorm", "vocab_layer_norm"},
     {"cls.predictions.decoder", "vocab_projector"},
     {"cls.predictions", "vocab_projector"},
     {"classifier.dense", "pre_classifier"}}};

/// Replaces the first occurrence that starts at a dot or at the front and ends at a dot or the end.
bool replaceWord(std::string& name, const Word& word) {
    for (std::size_t at = name.find(word.role); at != std::string::npos;
         at = name.find(word.role, at + 1)) {
        const auto end = at + word.role.size();
        if ((at == 0 || name[at - 1] == '.') && (end == name.size() || name[end] == '.')) {
            name.replace(at, word.role.size(), word.said);
            return true;
        }
    }
    return false;
}

HyperParameters hyperOf(const BertSize& size) {
    HyperParameters hyper;
    hyper.set("dim", size.dim);
    hyper.set("depth", size.depth);
    hyper.set("heads", size.heads);
    hyper.set("mlp", size.mlp);
    hyper.set("vocab", size.vocab);
    hyper.set("positions", size.positions);
    // each before what follows from it, so that names stay short
    hyper.set("names", std::string(size.dialect));
    hyper.set("types", size.types);
    hyper.set("num_classes", std::int64_t{0});
    hyper.set("head", std::string("none"));
    hyper.set("pooler", size.dialect != "distilbert");
    hyper.set("wrapper", false);
    return hyper;
}

} // namespace

bool bertHasClasses(std::string_view head) {
    return head == "classifier" || head == "tokens" || head == "qa";
}

bool bertHasWordHead(std::string_view head) { return head == "mlm" || head == "pretraining"; }

bool bertHasPooler(std::string_view names, std::string_view head) {
    if (names == "distilbert" || head == "mlm" || head == "qa" || head == "tokens")
        return false;
    return head != "classifier" || names != "roberta";
}

std::string bertSpelling(std::string_view dialect, bool isWrapped, std::string_view role) {
    std::string name(role);
    if (replaceWord(name, {"token_classifier", "classifier"}))
        return name; // in every dialect
    const bool isEncoder = role.starts_with("embeddings.") || role.starts_with("encoder.") ||
                           role.starts_with("pooler.");
    if (dialect == "bert-gamma") {
        if (!replaceWord(name, gammaWords[0]))
            replaceWord(name, betaWords[0]);
    } else if (dialect == "roberta") {
        for (const auto& word : robertaWords)
            if (replaceWord(name, word))
                break;
    } else if (dialect == "distilbert") {
        bool isDone = !replaceWord(name, distilWords[0]) && isEncoder; // embeddings are BERT's
        for (std::size_t i = 1; i < distilWords.size() && !isDone; ++i)
            isDone = replaceWord(name, distilWords[i]);
    }
    if (!isWrapped || !isEncoder)
        return name;
    return fmt::format("{}.{}", dialect == "bert-gamma" ? "bert" : dialect, name);
}

const std::vector<BertSize>& bertSizes() {
    constexpr std::int64_t en = 30522, cased = 28996, roberta = 50265;
    static const std::vector<BertSize> sizes = {
        {"bert-tiny", "bert", 128, 2, 2, 512, en, 512, 2},
        {"bert-mini", "bert", 256, 4, 4, 1024, en, 512, 2},
        {"all-MiniLM-L6-v2", "bert", 384, 6, 12, 1536, en, 512, 2},
        {"bert-small", "bert", 512, 4, 8, 2048, en, 512, 2},
        {"all-MiniLM-L12-v2", "bert", 384, 12, 12, 1536, en, 512, 2},
        {"MiniLM-L12-H384-uncased", "bert", 384, 12, 12, 1536, en, 512, 2},
        {"bert-medium", "bert", 512, 8, 8, 2048, en, 512, 2},
        {"distilbert-base-cased", "distilbert", 768, 6, 12, 3072, cased, 512, 0},
        {"distilbert-base-uncased", "distilbert", 768, 6, 12, 3072, en, 512, 0},
        {"distilroberta-base", "roberta", 768, 6, 12, 3072, roberta, 514, 1},
        {"bert-base-cased", "bert", 768, 12, 12, 3072, cased, 512, 2},
        {"bert-base-uncased", "bert", 768, 12, 12, 3072, en, 512, 2},
        {"roberta-base", "roberta", 768, 12, 12, 3072, roberta, 514, 1},
        {"xlm-roberta-base", "roberta", 768, 12, 12, 3072, 250002, 514, 1},
        {"bert-large-cased", "bert", 1024, 24, 16, 4096, cased, 512, 2},
        {"bert-large-uncased", "bert", 1024, 24, 16, 4096, en, 512, 2},
        {"roberta-large", "roberta", 1024, 24, 16, 4096, roberta, 514, 1}};
    return sizes;
}

std::optional<HyperParameters> bertNamed(std::string_view name) {
    name = name == "bert" ? "bert-base-uncased" : name == "roberta" ? "roberta-base" : name;
    if (name == "distilbert")
        name = "distilbert-base-uncased";
    for (const auto& size : bertSizes())
        if (sameModelName(name, size.name))
            return hyperOf(size);
    return std::nullopt;
}

std::vector<std::string> bertNames() {
    std::vector<std::string> names;
    for (const auto& size : bertSizes())
        names.emplace_back(size.name);
    return names;
}

} // namespace heirloom

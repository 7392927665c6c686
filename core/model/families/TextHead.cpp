// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/TextHead.h"

#include "core/model/ConfigValues.h"
#include "core/model/families/TextNames.h"

#include <nlohmann/json.hpp>

namespace heirloom {
namespace {

constexpr Draw matrix{InitRule::Normal, 0.02};

} // namespace

void followTextHead(HyperParameters& changed,
                    const HyperParameters& before,
                    const std::vector<std::string>& given) {
    if (!isGiven(given, "head")) {
        if (isGiven(given, "num_classes"))
            changed.set("head",
                        std::string(changed.integer("num_classes") > 0 ? "classifier" : "lm"));
        else if (isGiven(given, "wrapper"))
            changed.set("head", std::string(changed.flag("wrapper") ? "lm" : "none"));
    }
    const auto head = changed.text("head");
    if (head == before.text("head"))
        return;
    if (!isGiven(given, "num_classes"))
        changed.set("num_classes", std::int64_t{head == "classifier" ? 2 : 0});
    if (!isGiven(given, "wrapper"))
        changed.set("wrapper", head != "none");
    if (!isGiven(given, "tied"))
        changed.set("tied", head == "lm");
}

Status checkTextHead(const std::string& family, const HyperParameters& hyper) {
    const auto head = hyper.text("head");
    if (head != "lm" && head != "classifier" && head != "none")
        return fail(family, "head must be lm, classifier or none, found '{}'", head);
    if (head == "classifier")
        return requireSize(family, hyper, "num_classes", 1, maximumClasses);
    return {};
}

void settleTextHead(HyperParameters& hyper) {
    const auto head = hyper.text("head");
    if (head != "classifier")
        hyper.set("num_classes", std::int64_t{0});
    if (head != "lm")
        hyper.set("tied", false);
}

void addTextHead(SpecBuilder& builder,
                 const HyperParameters& hyper,
                 const AxisLayout& vocabulary,
                 const AxisLayout& residual,
                 const std::string& words) {
    const auto head = hyper.text("head");
    if (head == "lm" && hyper.flag("tied")) {
        builder.tie("lm_head.weight", words);
    } else if (head == "lm") {
        builder.add("lm_head.weight", {vocabulary, residual}, matrix).positions = perTextToken;
    } else if (head == "classifier") {
        auto& score = builder.add(
            "score.weight",
            {axis(builder.space("classes", hyper.integer("num_classes"), SpaceKind::Classes)),
             residual},
            matrix);
        score.isClassifier = true;
        score.positions = perTextToken; // all tokens, the last one's answer is used
    }
}

void readTextHead(HyperParameters& hyper, const TensorTable& table, bool isWrapped) {
    const auto classes = table.size("score.weight", 0);
    hyper.set("num_classes", classes);
    hyper.set("head",
              std::string(classes > 0                                ? "classifier"
                          : isWrapped || table.has("lm_head.weight") ? "lm"
                                                                     : "none"));
}

void configuredTextHead(HyperParameters& hyper, const nlohmann::json& config, bool tiedByDefault) {
    const auto kind = configClass(config);
    const bool isBare =
        kind.ends_with("Model") && !kind.ends_with("HeadModel") && !kind.ends_with("HeadsModel");
    const bool isClassifier = kind.ends_with("ForSequenceClassification");
    const bool isLm =
        kind.empty() || kind.ends_with("ForCausalLM") || kind.ends_with("LMHeadModel");
    hyper.set("head",
              isBare         ? "none"
              : isClassifier ? "classifier"
              : isLm         ? "lm"
                             : kind); // checkTextHead() refuses it
    hyper.set("num_classes", isClassifier ? configClasses(config) : std::int64_t{0});
    hyper.set("tied",
              hyper.text("head") == "lm" &&
                  configFlag(config, "tie_word_embeddings", tiedByDefault));
    hyper.set("wrapper", !isBare);
}

} // namespace heirloom

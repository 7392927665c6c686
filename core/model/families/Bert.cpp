// SPDX-License-Identifier: GPL-3.0-or-later
//
// Encoders for text under transformers' names: BERT (Devlin et al. 2019) and MiniLM (Wang et al.
// 2020), RoBERTa (Liu et al. 2019), DistilBERT (Sanh et al. 2019).
// Source: transformers, models/bert, roberta and distilbert.
//
//   dim          width of the residual stream
//   depth        layers
//   heads        attention heads; dim is a multiple of it; follows dim at the same head size
//   mlp          hidden size of each MLP; follows dim in the same ratio
//   vocab        rows of the word embedding
//   positions    rows of the position table; RoBERTa's first two belong to no token
//   types        rows of the token type table; DistilBERT has none
//   num_classes  of the heads "classifier", "tokens" and "qa", else 0
//   pooler       the tanh layer on the first token; DistilBERT has none
//   head         none, classifier, tokens (a class for each), qa (start and end of an answer), mlm
//                (masked words; its output matrix is the word embedding), pretraining (mlm and next
//                sentence)
//   names        bert, bert-gamma (files of before 2019: LayerNorm.gamma, .beta), roberta,
//                distilbert
//   wrapper      names of the encoder start with "bert.", "roberta." or "distilbert."
//
// Post-norm, LayerNorm eps 1e-12, exact GELU. All four are one family, so that a BERT can feed a
// DistilBERT; Parameter::role speaks plain BERT.
#include "core/model/SpecBuilder.h"
#include "core/model/families/BertNames.h"
#include "core/model/families/BertRecognition.h"
#include "core/model/families/Registry.h"
#include "core/model/families/TextNames.h"
#include "core/model/families/TextSizes.h"

#include <algorithm>

namespace heirloom {
namespace {

const std::string family = "bert";
constexpr Draw matrix{InitRule::Normal, 0.02};

void follow(HyperParameters& changed,
            const HyperParameters& before,
            const std::vector<std::string>& given) {
    followWidth(changed, before, given);
    if (isGiven(given, "names") && changed.text("names") != before.text("names")) {
        const auto names = changed.text("names");
        if (!isGiven(given, "types"))
            changed.set("types",
                        std::int64_t{names == "distilbert" ? 0
                                     : names == "roberta"  ? 1
                                                           : 2});
        if (!isGiven(given, "pooler"))
            changed.set("pooler", bertHasPooler(names, changed.text("head")));
    }
    if (isGiven(given, "num_classes") && !isGiven(given, "head"))
        changed.set("head",
                    std::string(changed.integer("num_classes") > 0 ? "classifier" : "none"));
    const auto head = changed.text("head");
    if (isGiven(given, "head") && !isGiven(given, "num_classes"))
        changed.set("num_classes", std::int64_t{bertHasClasses(head) ? 2 : 0});
    if (head == before.text("head"))
        return;
    if (!isGiven(given, "wrapper"))
        changed.set("wrapper", head != "none");
    if (!isGiven(given, "pooler"))
        changed.set("pooler", bertHasPooler(changed.text("names"), head));
}

Status check(const HyperParameters& hyper) {
    for (const auto name : {"dim", "mlp", "heads", "positions"})
        if (auto status = requireSize(family, hyper, name, 1, maximumWidth); !status)
            return status;
    if (auto status = requireSize(family, hyper, "depth", 1, maximumDepth); !status)
        return status;
    if (auto status = requireSize(family, hyper, "vocab", 1, maximumClasses); !status)
        return status;
    if (std::ranges::find(bertDialects, hyper.text("names")) == bertDialects.end())
        return fail(family,
                    "names must be bert, bert-gamma, roberta or distilbert, found '{}'",
                    hyper.text("names"));
    const bool isDistil = hyper.text("names") == "distilbert";
    if (auto status = requireSize(family, hyper, "types", isDistil ? 0 : 1, maximumWidth); !status)
        return status;
    const auto head = hyper.text("head");
    if (head != "none" && !bertHasClasses(head) && !bertHasWordHead(head))
        return fail(family,
                    "head must be none, classifier, tokens, qa, mlm or pretraining, found '{}'",
                    head);
    if (bertHasClasses(head))
        if (auto status = requireSize(family, hyper, "num_classes", 1, maximumClasses); !status)
            return status;
    return requireWholeHeads(family, hyper);
}

/// Adds parameters by their role, spelled as the dialect has it.
class BertWriter {
public:
    BertWriter(SpecBuilder& builder, const HyperParameters& hyper)
        : m_builder(builder), m_names(hyper.text("names")), m_wrapper(hyper.flag("wrapper")) {}

    [[nodiscard]] std::string spelled(std::string_view role) const {
        return bertSpelling(m_names, m_wrapper, role);
    }
    Parameter& add(const std::string& role, std::vector<AxisLayout> axes, Draw draw) {
        auto& parameter = m_builder.add(spelled(role), std::move(axes), draw);
        if (parameter.name != role)
            parameter.role = role;
        return parameter;
    }
    void norm(const std::string& role, const AxisLayout& space) {
        add(role + ".weight", {space}, ones());
        add(role + ".bias", {space}, zeros());
    }
    /// `positions`: times that one sample goes through it.
    void linear(const std::string& role,
                const AxisLayout& out,
                const AxisLayout& in,
                std::int64_t positions = perTextToken,
                bool isClassifier = false) {
        auto& weight = add(role + ".weight", {out, in}, matrix);
        weight.positions = positions;
        weight.isClassifier = isClassifier;
        add(role + ".bias", {out}, zeros()).isClassifier = isClassifier;
    }

private:
    SpecBuilder& m_builder;
    std::string m_names;
    bool m_wrapper;
};

void addEmbeddings(SpecBuilder& builder,
                   BertWriter& writer,
                   const HyperParameters& hyper,
                   const AxisLayout& residual) {
    const bool isRoberta = hyper.text("names") == "roberta";
    const auto vocabulary = axis(builder.fixed("vocabulary", hyper.integer("vocab")));
    const auto positions =
        axis(builder.space("positions", hyper.integer("positions"), SpaceKind::Positions));
    const auto addPositions = [&] {
        auto& table =
            writer.add("embeddings.position_embeddings.weight", {positions, residual}, matrix);
        // its rows are not BERT's: row 2 is the first token's
        if (isRoberta)
            table.role = "embeddings.roberta_position_embeddings.weight";
    };
    auto& words = writer.add("embeddings.word_embeddings.weight", {vocabulary, residual}, matrix);
    if (bertHasWordHead(hyper.text("head")))
        words.positions = perTextToken; // the output matrix too
    if (!isRoberta)
        addPositions();
    if (const auto types = hyper.integer("types"); types > 0)
        writer.add("embeddings.token_type_embeddings.weight",
                   {axis(builder.fixed("token_types", types)), residual},
                   matrix);
    writer.norm("embeddings.LayerNorm", residual);
    if (isRoberta)
        addPositions();
}

void addLayer(SpecBuilder& builder,
              BertWriter& writer,
              const HyperParameters& hyper,
              const AxisLayout& residual,
              int index) {
    const auto layer = fmt::format("encoder.layer.{}", index);
    builder.beginLayer("layers", index, writer.spelled(layer));
    const auto spaces = fmt::format("layers.{}", index);
    const auto headDim = hyper.integer("dim") / hyper.integer("heads");
    const int heads = builder.space(spaces + ".heads", hyper.integer("heads"), SpaceKind::Heads);
    const int qk = builder.space(spaces + ".qk_dim", headDim, SpaceKind::HeadDim);
    const int v = builder.space(spaces + ".v_dim", headDim, SpaceKind::HeadDim);
    const auto mlp = axis(builder.space(spaces + ".mlp", hyper.integer("mlp"), SpaceKind::Mlp));

    writer.linear(layer + ".attention.self.query", axis({heads, qk}), residual);
    writer.linear(layer + ".attention.self.key", axis({heads, qk}), residual);
    writer.linear(layer + ".attention.self.value", axis({heads, v}), residual);
    writer.linear(layer + ".attention.output.dense", residual, axis({heads, v}));
    writer.norm(layer + ".attention.output.LayerNorm", residual);
    writer.linear(layer + ".intermediate.dense", mlp, residual);
    writer.linear(layer + ".output.dense", residual, mlp);
    writer.norm(layer + ".output.LayerNorm", residual);
    builder.attention({1, perTextToken, hyper.integer("dim")});
    builder.endLayer();
}

void addWordHead(SpecBuilder& builder,
                 BertWriter& writer,
                 const HyperParameters& hyper,
                 const AxisLayout& residual) {
    const auto vocabulary = axis(builder.fixed("vocabulary", hyper.integer("vocab")));
    const bool isDistil = hyper.text("names") == "distilbert";
    if (!isDistil)
        writer.add("cls.predictions.bias", {vocabulary}, zeros());
    writer.linear("cls.predictions.transform.dense", residual, residual);
    writer.norm("cls.predictions.transform.LayerNorm", residual);
    builder.tie(writer.spelled("cls.predictions.decoder.weight"),
                writer.spelled("embeddings.word_embeddings.weight"));
    if (isDistil)
        writer.add("cls.predictions.bias", {vocabulary}, zeros());
    else
        builder.tie(writer.spelled("cls.predictions.decoder.bias"),
                    writer.spelled("cls.predictions.bias"));
    if (hyper.text("head") == "pretraining")
        writer.linear("cls.seq_relationship",
                      axis(builder.fixed("next_sentence", 2)),
                      axis(builder.space("pooled", hyper.integer("dim"), SpaceKind::Channels)),
                      1);
}

void addClasses(SpecBuilder& builder,
                BertWriter& writer,
                const HyperParameters& hyper,
                const AxisLayout& residual,
                const std::optional<AxisLayout>& pooled) {
    const auto classes =
        axis(builder.space("classes", hyper.integer("num_classes"), SpaceKind::Classes));
    const auto head = hyper.text("head");
    if (head == "qa")
        return writer.linear("qa_outputs", classes, residual, perTextToken, true);
    if (head == "tokens")
        return writer.linear("token_classifier", classes, residual, perTextToken, true);
    if (hyper.text("names").starts_with("bert"))
        return writer.linear("classifier", classes, pooled.value_or(residual), 1, true);
    const auto hidden =
        axis(builder.space("classifier.hidden", hyper.integer("dim"), SpaceKind::Channels));
    writer.linear("classifier.dense", hidden, residual, 1);
    writer.linear("classifier", classes, hidden, 1, true);
}

Result<ModelSpec> build(const HyperParameters& given) {
    auto hyper = overDefaults(*bertNamed(family), given);
    if (auto status = check(hyper); !status)
        return std::unexpected(status.error());
    if (hyper.text("names") == "distilbert") { // has neither, whatever a BERT was read from
        hyper.set("types", std::int64_t{0});
        hyper.set("pooler", false);
    }
    const auto head = hyper.text("head");
    if (!bertHasClasses(head))
        hyper.set("num_classes", std::int64_t{0});
    SpecBuilder builder(family, hyper);
    BertWriter writer(builder, hyper);
    const auto residual =
        axis(builder.space("residual", hyper.integer("dim"), SpaceKind::Residual));
    addEmbeddings(builder, writer, hyper, residual);
    for (int i = 0; i < hyper.integer("depth"); ++i)
        addLayer(builder, writer, hyper, residual, i);
    std::optional<AxisLayout> pooled;
    if (hyper.flag("pooler")) {
        pooled = axis(builder.space("pooled", hyper.integer("dim"), SpaceKind::Channels));
        writer.linear("pooler.dense", *pooled, residual, 1);
    }
    if (bertHasWordHead(head))
        addWordHead(builder, writer, hyper, residual);
    else if (bertHasClasses(head))
        addClasses(builder, writer, hyper, residual, pooled);
    return builder.finish();
}

} // namespace

constinit const Family bertFamily{"bert",
                                  "BERT, RoBERTa, MiniLM and DistilBERT (transformers' names)",
                                  recognizeBert,
                                  build,
                                  bertNamed,
                                  bertNames,
                                  follow,
                                  bertConfigured,
                                  isBertLeftover};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/widgets/MapTestModels.h"
#include "widgets/models/LayerPairModel.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace heirloom {
namespace {

const PairNode& nodeOf(const LayerPairs& pairs, std::string_view studentParameter) {
    return pairs.nodes.at(static_cast<std::size_t>(pairs.nodeOf(studentParameter)));
}

const PairNode& pathNode(const LayerPairs& pairs, std::string_view teacherPath) {
    return *std::ranges::find_if(
        pairs.nodes, [&](const PairNode& node) { return node.teacher.path == teacherPath; });
}

TEST(LongestRise, LeavesOutWhatHasNoPartnerAndWhatStepsBack) {
    EXPECT_EQ(longestRise({0, 4, 2, -1, 6, 3}), (std::vector<std::size_t>{0, 2, 5}));
    EXPECT_EQ(longestRise({3, 3, 3}).size(), 1U);
    EXPECT_TRUE(longestRise({-1, -1}).empty());
    EXPECT_TRUE(longestRise({}).empty());
}

TEST(LayerPairs, PutsPartnersOnOneRowAndGroupsWeightAndBias) {
    const test::MapModels models;
    const LayerPairs pairs = layerPairs(*models.plan());
    const PairNode& qkv = nodeOf(pairs, "blocks.1.attn.qkv.weight");
    EXPECT_EQ(qkv.teacher.path, "blocks.1.attn.qkv");
    EXPECT_EQ(qkv.student.label, "attn.qkv");
    EXPECT_EQ(qkv.teacher.shape, "1152×384");
    EXPECT_EQ(qkv.student.shape, "576×192");
    EXPECT_EQ(qkv.student.parameters,
              (std::vector<std::string>{"blocks.1.attn.qkv.weight", "blocks.1.attn.qkv.bias"}));
    EXPECT_EQ(&qkv, &nodeOf(pairs, "blocks.1.attn.qkv.bias"));
    EXPECT_EQ(qkv.inheritedElements(), 576 * 192 + 576);
    EXPECT_EQ(qkv.pill, "uniform");
    EXPECT_EQ(qkv.source, -1);
}

TEST(LayerPairs, FoldsRepeatedBlocksUnderTheirStack) {
    const test::MapModels models;
    const LayerPairs pairs = layerPairs(*models.plan());
    const PairNode& stack = pathNode(pairs, "blocks");
    EXPECT_EQ(stack.teacher.label, "blocks ×4");
    EXPECT_EQ(stack.student.label, "blocks ×3");
    EXPECT_EQ(stack.pill, "3 mapped");
    EXPECT_EQ(stack.children.size(), 4U);
    const PairNode& left = pathNode(pairs, "blocks.3");
    EXPECT_FALSE(left.student.exists());
    EXPECT_FALSE(left.teacherTaken);
}

TEST(LayerPairs, SaysFreshWhereTheClassesDiffer) {
    const test::MapModels models;
    const PairNode head = nodeOf(layerPairs(*models.plan()), "head.weight");
    EXPECT_TRUE(head.isFresh());
    EXPECT_EQ(head.pill, "fresh");
    EXPECT_EQ(head.freshParameters, 2);
    EXPECT_TRUE(head.teacher.exists());
    EXPECT_FALSE(head.teacherTaken);
}

TEST(LayerPairs, MarksBlendedHeads) {
    const test::MapModels models;
    const auto plan = models.planOfElement("uniform:heads=blended");
    const LayerPairs pairs = layerPairs(*plan);
    EXPECT_EQ(nodeOf(pairs, "blocks.0.attn.proj.weight").pill, "uniform !");
    EXPECT_EQ(nodeOf(pairs, "blocks.0.mlp.fc1.weight").pill, "uniform");
}

TEST(LayerPairs, NamesARuleThatMakesTheWeightsAnew) {
    const test::MapModels models;
    SelectionOptions options;
    options.parameters = {{"blocks.0.*", parseWeightSelection("dct").value()},
                          {"blocks.1.*", parseWeightSelection("scale").value()}};
    const LayerPairs pairs = layerPairs(*models.plan(options));
    EXPECT_EQ(nodeOf(pairs, "blocks.0.attn.qkv.weight").pill, "dct");
    EXPECT_EQ(nodeOf(pairs, "blocks.0.norm1.weight").pill, "dct");
    EXPECT_EQ(nodeOf(pairs, "blocks.1.attn.qkv.weight").pill, "uniform");
    EXPECT_EQ(nodeOf(pairs, "blocks.1.norm1.weight").pill, "");
}

TEST(LayerPairs, SaysWhatGrewByRepeating) {
    test::MapModels models;
    std::swap(models.teacher, models.student);
    models.weights = test::MapModels::weightsOf(*models.teacher);
    SelectionOptions options;
    options.growth = Growth::Net2Net;
    const LayerPairs pairs = layerPairs(*models.plan(options));
    EXPECT_EQ(nodeOf(pairs, "blocks.0.attn.qkv.weight").pill, "net2net");
}

TEST(LayerPairs, LinksAPartnerThatCannotStandOnTheSameRow) {
    const test::MapModels models;
    const LayerPairs pairs = layerPairs(*models.planOfLayers("blocks=0-3-1"));
    // 0 and one of (1 <- 3), (2 <- 1) keep their row; the other crosses.
    int crossings = 0;
    for (const PairNode& node : pairs.nodes) {
        if (node.kind != PairKind::Layer || node.source < 0)
            continue;
        ++crossings;
        EXPECT_FALSE(node.teacher.exists());
        const PairNode& source = pairs.nodes.at(static_cast<std::size_t>(node.source));
        EXPECT_EQ(source.teacher.path, node.student.path == "blocks.1" ? "blocks.3" : "blocks.1");
        EXPECT_TRUE(source.teacherTaken);
    }
    EXPECT_EQ(crossings, 1);
    EXPECT_FALSE(pathNode(pairs, "blocks.2").teacherTaken);
    EXPECT_EQ(pathNode(pairs, "blocks").pill, "3 mapped");
}

TEST(LayerPairs, CountsLayersThatStartFresh) {
    const test::MapModels models;
    SelectionOptions options;
    options.layers.byHand["blocks"] = {0, 1, -1};
    const LayerPairs pairs = layerPairs(*models.plan(options));
    EXPECT_EQ(pathNode(pairs, "blocks").pill, "2 mapped, 1 fresh");
    EXPECT_TRUE(nodeOf(pairs, "blocks.2.attn.qkv.weight").isFresh());
}

TEST(LayerPairModel, ShowsOnlyWhatTheFilterMeets) {
    const test::MapModels models;
    LayerPairModel model;
    model.setPlan(models.plan());
    const int all = static_cast<int>(models.student->parameters.size());
    EXPECT_EQ(model.shownParameters(), all);
    model.setFilter(QStringLiteral("qkv"));
    EXPECT_EQ(model.shownParameters(), 3 * 2);
    EXPECT_FALSE(model.indexOf("head.weight").isValid());
    EXPECT_TRUE(model.indexOf("blocks.2.attn.qkv.weight").parent().isValid());
    model.setFilter(QStringLiteral("fresh"));
    EXPECT_EQ(model.shownParameters(), 2);
    model.setFilter(QStringLiteral("shape:768x192"));
    EXPECT_EQ(model.shownParameters(), 3 * 2);
    model.setFilter(QStringLiteral("shape:768 blocks.1"));
    EXPECT_EQ(model.shownParameters(), 2 * 2);
    model.setFilter(QStringLiteral("unused qkv"));
    EXPECT_EQ(model.shownParameters(), 0);
    EXPECT_EQ(model.rowCount(), 1);
    model.setFilter({});
    EXPECT_EQ(model.shownParameters(), all);
}

TEST(LayerPairModel, SpeaksARowForAScreenReader) {
    const test::MapModels models;
    LayerPairModel model;
    model.setPlan(models.plan());
    const QModelIndex row = model.indexOf("blocks.0.attn.qkv.weight");
    EXPECT_EQ(model.data(row, Qt::AccessibleTextRole).toString().toStdString(),
              "teacher blocks.0.attn.qkv 1152×384, student blocks.0.attn.qkv 576×192, uniform");
}

} // namespace
} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/MapPanel.h"

#include "core/selection/LayerRule.h"
#include "tests/widgets/MapTestModels.h"
#include "widgets/Theme.h"
#include "widgets/controls/NotesButton.h"
#include "widgets/panels/LayerTree.h"
#include "widgets/plots/HeatmapView.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QFrame>
#include <QLabel>
#include <QMenu>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest/QTest>
#include <gtest/gtest.h>

namespace heirloom {
namespace {

class MapPanelTest : public testing::Test {
protected:
    MapPanelTest() {
        panel.resize(1280, 704);
        panel.show();
    }

    void show(std::shared_ptr<const SelectionPlan> wanted) {
        plan = std::move(wanted);
        panel.setPlan(plan);
        QApplication::processEvents();
    }
    /// What the application answers a request with.
    void answer() {
        const std::string parameter = panel.currentParameter();
        panel.setView(models.view(*plan, parameter.c_str()));
        panel.setWhatIfs(parameter,
                         std::make_shared<const std::vector<WhatIf>>(
                             whatIfs(*models.weights, *plan, parameter, 20, 10).value()));
        QApplication::processEvents();
    }
    template <class T> T* child(const char* name) {
        T* found = panel.findChild<T*>(QLatin1String(name));
        EXPECT_NE(found, nullptr) << name;
        return found;
    }
    QRect rowOf(const char* parameter) {
        auto* tree = child<LayerTree>("layerTree");
        return tree->visualRect(tree->pairs().indexOf(parameter));
    }
    void clickRow(const char* parameter) {
        QTest::mouseClick(child<LayerTree>("layerTree")->viewport(),
                          Qt::LeftButton,
                          {},
                          QPoint(120, rowOf(parameter).center().y()));
    }
    void click(const char* name) {
        QTest::mouseClick(child<QAbstractButton>(name), Qt::LeftButton);
    }
    void pointAt(const char* heatmap, PlaneCell cell) {
        auto* view = child<HeatmapView>(heatmap);
        const QPointF at = view->cellCentre(cell);
        QMouseEvent move(QEvent::MouseMove,
                         at,
                         view->mapToGlobal(at),
                         Qt::NoButton,
                         Qt::NoButton,
                         Qt::NoModifier);
        QApplication::sendEvent(view, &move);
    }

    test::MapModels models;
    std::shared_ptr<const SelectionPlan> plan;
    MapPanel panel;
    QSignalSpy views{&panel, &MapPanel::viewRequested};
    QSignalSpy strategies{&panel, &MapPanel::strategyRequested};
    QSignalSpy published{&panel, &MapPanel::publishedRequested};
    QSignalSpy layers{&panel, &MapPanel::layerRequested};
    QSignalSpy rules{&panel, &MapPanel::layerRuleRequested};
    QSignalSpy hovers{&panel, &MapPanel::cellHovered};
    QSignalSpy matches{&panel, &MapPanel::matchCountChanged};
};

TEST_F(MapPanelTest, StartsAtTheFirstBlocksFirstMatrixWithoutAsking) {
    show(models.plan());
    EXPECT_EQ(panel.currentParameter(), "blocks.0.attn.qkv.weight");
    EXPECT_EQ(views.count(), 0);
    EXPECT_GE(child<LayerTree>("layerTree")->viewport()->height(), 14 * Theme::rowHeight);
    for (const char* name : {"teacherHeatmap", "studentHeatmap"}) {
        EXPECT_GE(child<HeatmapView>(name)->width(), 340);
        EXPECT_GE(child<HeatmapView>(name)->height(), 300);
    }
}

TEST_F(MapPanelTest, AClickOnARowAsksForItsView) {
    show(models.plan());
    clickRow("blocks.0.mlp.fc1.weight");
    ASSERT_EQ(views.count(), 1);
    EXPECT_EQ(views[0][0].value<std::string>(), "blocks.0.mlp.fc1.weight");
    EXPECT_EQ(panel.currentParameter(), "blocks.0.mlp.fc1.weight");
}

TEST_F(MapPanelTest, KeysMoveOnFoldAndFind) {
    show(models.plan());
    auto* tree = child<LayerTree>("layerTree");
    tree->setFocus();
    QTest::keyClick(tree, Qt::Key_Down);
    EXPECT_EQ(panel.currentParameter(), "blocks.0.attn.proj.weight");
    QTest::keyClicks(tree, QStringLiteral("cls"));
    EXPECT_EQ(panel.currentParameter(), "cls_token");
    tree->setCurrentIndex(tree->pairs().indexOf("blocks.0.norm1.weight").parent());
    QTest::keyClick(tree, Qt::Key_Left);
    EXPECT_TRUE(rowOf("blocks.0.norm1.weight").isEmpty());
    QTest::keyClick(tree, Qt::Key_Right);
    EXPECT_FALSE(rowOf("blocks.0.norm1.weight").isEmpty());
}

TEST_F(MapPanelTest, TheChosenRowIsMarkedOnBothSidesAndItsBandStandsOut) {
    show(models.plan());
    auto* tree = child<LayerTree>("layerTree");
    const QImage image = tree->viewport()->grab().toImage();
    const QRect chosen = rowOf("blocks.0.attn.qkv.weight");
    const QRect other = rowOf("blocks.0.mlp.fc1.weight");
    const int middle = tree->viewport()->width() / 2;
    EXPECT_EQ(image.pixelColor(middle, chosen.center().y()), theme().strategy("uniform"));
    EXPECT_NE(image.pixelColor(middle, other.center().y()), theme().strategy("uniform"));
    for (const int x : {20, tree->viewport()->width() - 4})
        EXPECT_EQ(image.pixelColor(x, chosen.top() + 2), theme().accentTint) << x;
}

TEST_F(MapPanelTest, AnotherPlanKeepsTheRow) {
    show(models.plan());
    clickRow("blocks.0.mlp.fc2.weight");
    views.clear();
    show(models.planOfElement("consecutive"));
    EXPECT_EQ(panel.currentParameter(), "blocks.0.mlp.fc2.weight");
    EXPECT_EQ(views.count(), 0);
    auto* tree = child<LayerTree>("layerTree");
    EXPECT_EQ(tree->currentIndex(), tree->pairs().indexOf("blocks.0.mlp.fc2.weight"));
    EXPECT_EQ(child<QComboBox>("strategyCombo")->currentData().toString(),
              QStringLiteral("consecutive"));
}

TEST_F(MapPanelTest, AnotherStudentOpensTheRowAgain) {
    show(models.plan());
    clickRow("blocks.0.mlp.fc2.weight");
    auto* tree = child<LayerTree>("layerTree");
    tree->collapseAll();
    models.student = std::make_shared<ModelSpec>(
        modelFromName("vit_tiny_patch16_224:depth=2,num_classes=10").value());
    show(models.plan());
    EXPECT_EQ(panel.currentParameter(), "blocks.0.mlp.fc2.weight");
    EXPECT_FALSE(rowOf("blocks.0.mlp.fc2.weight").isEmpty());
    EXPECT_EQ(child<HeatmapView>("studentHeatmap")->content(), nullptr);
}

TEST_F(MapPanelTest, AChangedPlanLeavesFoldedRowsFolded) {
    show(models.plan());
    auto* tree = child<LayerTree>("layerTree");
    tree->collapseAll();
    show(models.planOfElement("magnitude"));
    EXPECT_TRUE(rowOf("blocks.0.attn.qkv.weight").isEmpty());
}

TEST_F(MapPanelTest, ChoosingAStrategyAsksForItOnTheLayersOwnSpace) {
    show(models.plan());
    auto* combo = child<QComboBox>("strategyCombo");
    EXPECT_EQ(combo->currentData().toString(), QStringLiteral("uniform"));
    combo->setFocus();
    QTest::keyClick(combo, Qt::Key_Down);
    ASSERT_EQ(strategies.count(), 1);
    EXPECT_EQ(strategies[0][0].value<std::string>(), "blocks.0.heads");
    EXPECT_EQ(strategies[0][1].value<ElementSelection>().strategy,
              combo->itemData(1).toString().toStdString());
    EXPECT_EQ(strategies[0][2].value<StrategyScope>(), StrategyScope::ThisSpace);
}

TEST_F(MapPanelTest, ApplyToAllSpreadsTheChoiceAndKeepsDoingSo) {
    show(models.planOfElement("random:seed=7"));
    click("applyAll");
    ASSERT_EQ(strategies.count(), 1);
    EXPECT_EQ(strategies[0][1].value<ElementSelection>().seed, 7U);
    EXPECT_EQ(strategies[0][2].value<StrategyScope>(), StrategyScope::AllLikeIt);
    auto* seed = child<QSpinBox>("seed");
    EXPECT_EQ(seed->value(), 7);
    seed->setValue(8);
    ASSERT_TRUE(QTest::qWaitFor([&] { return strategies.count() == 2; }));
    EXPECT_EQ(strategies[1][1].value<ElementSelection>().seed, 8U);
    EXPECT_EQ(strategies[1][2].value<StrategyScope>(), StrategyScope::AllLikeIt);
}

TEST_F(MapPanelTest, KeepWholeHeadsIsOfferedWhereHeadsAreBlended) {
    show(models.plan());
    EXPECT_FALSE(child<QAbstractButton>("keepWholeHeads")->isVisible());
    show(models.planOfElement("uniform:heads=blended"));
    ASSERT_TRUE(child<QAbstractButton>("keepWholeHeads")->isVisible());
    click("keepWholeHeads");
    ASSERT_EQ(strategies.count(), 1);
    const auto wanted = strategies[0][1].value<ElementSelection>();
    EXPECT_EQ(wanted.strategy, "uniform");
    EXPECT_EQ(wanted.heads, HeadMode::Whole);
}

TEST_F(MapPanelTest, AWhatIfCardAsksForItsStrategy) {
    show(models.plan());
    answer();
    click("whatIf-uniform-blended");
    ASSERT_EQ(strategies.count(), 1);
    EXPECT_EQ(strategies[0][1].value<ElementSelection>().heads, HeadMode::Blended);
    click("whatIf-magnitude");
    ASSERT_EQ(strategies.count(), 2);
    EXPECT_EQ(strategies[1][1].value<ElementSelection>().strategy, "magnitude");
    click("whatIf-published");
    ASSERT_EQ(published.count(), 1);
    EXPECT_TRUE(published[0][0].toBool());
}

TEST_F(MapPanelTest, WhatIfsOfAnotherParameterAreLeftOut) {
    show(models.plan());
    answer();
    clickRow("blocks.0.mlp.fc1.weight");
    EXPECT_FALSE(child<QAbstractButton>("whatIf-uniform")->isEnabled());
    panel.setView(models.view(*plan, "blocks.0.attn.qkv.weight"));
    panel.setWhatIfs("blocks.0.attn.qkv.weight", std::make_shared<const std::vector<WhatIf>>());
    EXPECT_FALSE(child<QAbstractButton>("whatIf-uniform")->isEnabled());
    answer();
    EXPECT_TRUE(child<QAbstractButton>("whatIf-uniform")->isEnabled());
}

TEST_F(MapPanelTest, TheSwitchLeadsToTheBias) {
    show(models.plan());
    click("parameter-bias");
    ASSERT_EQ(views.count(), 1);
    EXPECT_EQ(views[0][0].value<std::string>(), "blocks.0.attn.qkv.bias");
    answer();
    EXPECT_EQ(panel.currentParameter(), "blocks.0.attn.qkv.bias");
    EXPECT_EQ(child<HeatmapView>("studentHeatmap")->content()->rows(), 1);
}

TEST_F(MapPanelTest, TheCrosshairTellsBothPositions) {
    show(models.plan());
    answer();
    const auto view = models.view(*plan, "blocks.0.attn.qkv.weight");
    pointAt("studentHeatmap", {100, 50});
    ASSERT_EQ(hovers.count(), 1);
    EXPECT_EQ(hovers[0][0].toString(), studentCellText(*view, {100, 50}));
    const std::int64_t taken = view->origin.columns[50];
    pointAt("teacherHeatmap", {view->origin.rows[100], taken});
    EXPECT_EQ(hovers.back()[0].toString(), teacherCellText(*view, {view->origin.rows[100], taken}));
    pointAt("teacherHeatmap", {view->origin.rows[100], taken + 1});
    EXPECT_TRUE(hovers.back()[0].toString().endsWith(QStringLiteral("not taken")));
}

TEST_F(MapPanelTest, BothHeatmapsZoomAsOne) {
    show(models.plan());
    answer();
    auto* teacher = child<HeatmapView>("teacherHeatmap");
    teacher->setFocus();
    for (int i = 0; i < 60; ++i)
        QTest::keyClick(teacher, Qt::Key_Plus);
    auto* student = child<HeatmapView>("studentHeatmap");
    EXPECT_LT(teacher->part().width(), 0.2);
    EXPECT_EQ(teacher->part(), student->part());
    QTest::keyClick(student, Qt::Key_Home);
    EXPECT_EQ(teacher->part(), QRectF(0, 0, 1, 1));
}

TEST_F(MapPanelTest, SortingByNormComesFromAWorkerAndKeepsTheCrosshairTrue) {
    show(models.plan());
    answer();
    auto* student = child<HeatmapView>("studentHeatmap");
    click("sortByNorm");
    ASSERT_TRUE(QTest::qWaitFor([&] { return !student->content()->rowOrder.empty(); }));
    const auto view = models.view(*plan, "blocks.0.attn.qkv.weight");
    const PlaneCell cell{student->content()->planeRow(10), student->content()->planeColumn(20)};
    pointAt("studentHeatmap", {10, 20});
    EXPECT_EQ(hovers.back()[0].toString(), studentCellText(*view, cell));
}

TEST_F(MapPanelTest, ALayersMenuFeedsItFromAnother) {
    show(models.plan());
    auto* tree = child<LayerTree>("layerTree");
    ASSERT_TRUE(tree->openFeedMenu(QPoint(10, 10)));
    auto* menu = child<QMenu>("feedMenu");
    const QList<QAction*> sources = child<QMenu>("feedFromMenu")->actions();
    ASSERT_EQ(sources.size(), 4);
    EXPECT_TRUE(sources[0]->isChecked());
    sources[2]->trigger();
    ASSERT_EQ(layers.count(), 1);
    EXPECT_EQ(layers[0][0].value<std::string>(), "blocks");
    EXPECT_EQ(layers[0][1].toInt(), 0);
    EXPECT_EQ(layers[0][2].toInt(), 2);
    menu->actions().back()->trigger();
    ASSERT_EQ(layers.count(), 2);
    EXPECT_EQ(layers[1][2].toInt(), -1);
    menu->close();
    panel.selectParameter("cls_token");
    EXPECT_FALSE(tree->openFeedMenu(QPoint(10, 10)));
}

TEST_F(MapPanelTest, TheLayerRuleIsAskedForByName) {
    show(models.plan());
    auto* rule = child<QComboBox>("layerRule");
    EXPECT_EQ(rule->currentData().toString(), QStringLiteral("first"));
    rule->setFocus();
    QTest::keyClick(rule, Qt::Key_Down);
    ASSERT_EQ(rules.count(), 1);
    EXPECT_EQ(rules[0][0].value<std::string>(), "last");
    EXPECT_EQ(rule->currentData().toString(), QStringLiteral("first")); // until a plan has it
}

TEST_F(MapPanelTest, EveryLayerRuleIsOffered) {
    show(models.plan());
    auto* rule = child<QComboBox>("layerRule");
    for (const auto* one : layerRules()) {
        const auto name = QString::fromStdString(std::string(one->name));
        EXPECT_GE(rule->findData(name), 0) << one->name;
    }
    show(models.planOfLayers("drop-middle"));
    EXPECT_EQ(rule->currentData().toString(), QStringLiteral("drop-middle"));
}

TEST_F(MapPanelTest, NotesAreAPressAwayAndCanBeCopied) {
    show(models.plan());
    auto* teacher = child<NotesButton>("teacherNotes");
    auto* student = child<NotesButton>("studentNotes");
    EXPECT_FALSE(teacher->isVisible());
    panel.setNotes({"4 heads of 16 assumed", "read from 'model'"}, {});
    EXPECT_TRUE(teacher->isVisible());
    EXPECT_FALSE(student->isVisible());
    EXPECT_EQ(teacher->text(), QStringLiteral("2 notes"));
    QTest::mouseClick(teacher, Qt::LeftButton);
    auto* popup = teacher->findChild<QFrame*>(QStringLiteral("notes"));
    ASSERT_NE(popup, nullptr);
    const auto lines = popup->findChildren<QLabel*>();
    ASSERT_EQ(lines.size(), 2);
    EXPECT_EQ(lines[0]->text(), QStringLiteral("4 heads of 16 assumed"));
    EXPECT_TRUE(lines[0]->textInteractionFlags() & Qt::TextSelectableByMouse);
    popup->close();
    panel.setNotes({}, {});
    EXPECT_FALSE(teacher->isVisible());
}

TEST_F(MapPanelTest, TheFilterTellsHowManyParametersItShows) {
    show(models.plan());
    const int all = static_cast<int>(models.student->parameters.size());
    EXPECT_EQ(matches.back(), (QVariantList{all, all}));
    panel.setFilter(QStringLiteral("fresh"));
    EXPECT_EQ(matches.back(), (QVariantList{2, all}));
    panel.focusFilterResults();
    EXPECT_EQ(panel.currentParameter(), "head.weight");
    panel.setFilter({});
    EXPECT_EQ(matches.back(), (QVariantList{all, all}));
    EXPECT_FALSE(rowOf("blocks.0.norm1.weight").isEmpty()) << "what was open is open again";
    EXPECT_TRUE(rowOf("blocks.1.norm1.weight").isEmpty());
}

TEST_F(MapPanelTest, AFreshParameterShowsItsReasonAndNoChoices) {
    show(models.plan());
    panel.selectParameter("head.weight");
    answer();
    EXPECT_FALSE(child<QComboBox>("strategyCombo")->isVisible());
    EXPECT_EQ(child<HeatmapView>("teacherHeatmap")->content(), nullptr);
    EXPECT_NE(child<HeatmapView>("studentHeatmap")->content(), nullptr);
}

TEST_F(MapPanelTest, WithoutAPlanNothingIsCurrent) {
    show(models.plan());
    show(nullptr);
    EXPECT_TRUE(panel.currentParameter().empty());
    panel.setView(nullptr);
    panel.setFilter(QStringLiteral("qkv"));
    EXPECT_EQ(matches.back(), (QVariantList{0, 0}));
    panel.grab();
}

TEST_F(MapPanelTest, EveryControlHasANameForScreenReaders) {
    show(models.plan());
    answer();
    for (QWidget* widget : panel.findChildren<QWidget*>()) {
        if (!widget->isVisible() || widget->focusPolicy() == Qt::NoFocus)
            continue;
        const auto* button = qobject_cast<QAbstractButton*>(widget);
        const bool named =
            !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty());
        EXPECT_TRUE(named) << widget->metaObject()->className() << " "
                           << widget->objectName().toStdString();
    }
}

} // namespace
} // namespace heirloom

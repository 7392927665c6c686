// SPDX-License-Identifier: GPL-3.0-or-later
// The window as a user drives it: the example opened, a strategy changed and undone, a bad file
// dropped, two runs trained, a student exported.
#include "app/MainWindow.h"

#include "app/Example.h"
#include "app/Recents.h"
#include "app/SelectCommand.h"
#include "core/checkpoint/Checkpoint.h"
#include "tests/support/TestData.h"
#include "widgets/controls/SourceButton.h"
#include "widgets/panels/ExportPanel.h"
#include "widgets/panels/MapPanel.h"
#include "widgets/panels/StartPage.h"
#include "widgets/panels/TrainPanel.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTest>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace heirloom {
namespace {

constexpr int patience = 30000; // ms, for work on other threads

class MainWindowTest : public testing::Test {
protected:
    void SetUp() override {
        QSettings().clear();
        window = std::make_unique<MainWindow>();
        window->resize(1280, 800);
        window->show();
    }

    template <class T> T* child(const char* name) {
        auto* found = window->findChild<T*>(name);
        EXPECT_NE(found, nullptr) << name;
        return found;
    }

    void openExample() {
        QTest::mouseClick(child<QAbstractButton>("openExample"), Qt::LeftButton);
        ASSERT_TRUE(
            QTest::qWaitFor([&] { return window->document().plan() != nullptr; }, patience));
    }

    QWidget* screen() { return window->findChild<QStackedWidget*>()->currentWidget(); }

    std::unique_ptr<MainWindow> window;
};

TEST_F(MainWindowTest, StartsOnTheStartPage) {
    EXPECT_NE(qobject_cast<StartPage*>(screen()), nullptr);
}

TEST_F(MainWindowTest, TheExampleOpensOnTheMap) {
    openExample();
    EXPECT_NE(qobject_cast<MapPanel*>(screen()), nullptr);
    EXPECT_EQ(window->document().plan()->student->layers.size(), 3U);
}

TEST_F(MainWindowTest, AStrategyIsOneUndoStep) {
    openExample();
    auto* map = window->findChild<MapPanel*>();
    const auto before = window->document().plan();
    ElementSelection magnitude;
    magnitude.strategy = "magnitude";
    emit map->strategyRequested("blocks.1.mlp", magnitude, StrategyScope::AllLikeIt);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window->document().plan() != before; }, patience));
    for (const auto& space : window->document().plan()->spaces)
        if (space.student.ends_with(".mlp")) {
            EXPECT_EQ(space.selection.strategy, "magnitude") << space.student;
        }
    EXPECT_EQ(window->document().undoStack().count(), 1);
    QTest::keyClick(window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(window->document().plan(), before);
    QTest::keyClick(window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_NE(window->document().plan(), before);
}

TEST_F(MainWindowTest, ALayerFedByHandIsInThePlanAndInTheCommandLine) {
    openExample();
    const auto before = window->document().plan();
    emit window->findChild<MapPanel*>()->layerRequested("blocks", 2, 3);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window->document().plan() != before; }, patience));
    EXPECT_EQ(window->document().plan()->mapping.teacherLayer, (std::vector<int>{0, 1, 3}));
    EXPECT_TRUE(selectCommand("t.pth", "s", window->document().options(), "o.pth")
                    .contains("--layers blocks=0-1-3"));
}

TEST_F(MainWindowTest, ABadFileIsToldInASentenceAndNothingIsLost) {
    openExample();
    const auto plan = window->document().plan();
    const test::TemporaryFolder folder;
    const auto bad = folder / "bad.safetensors";
    std::ofstream(bad) << "not a checkpoint";
    QSignalSpy failed(&window->document(), &Document::teacherFailed);
    window->openTeacher(QString::fromStdString(bad.string()));
    ASSERT_TRUE(failed.wait(patience));
    EXPECT_EQ(window->document().plan(), plan);
}

TEST_F(MainWindowTest, AnotherStateDictOfTheTeachersFileIsReadByItsButton) {
    QSignalSpy opened(&window->document(), &Document::teacherChanged);
    const auto file =
        QString::fromStdString((test::dataFolder() / "golden" / "zoo" / "model_ema.pth").string());
    window->openTeacher(file);
    ASSERT_TRUE(opened.wait(patience));
    EXPECT_EQ(window->document().teacher()->checkpoint->nest(), "model");
    auto* button = child<QWidget>("teacherWell")->findChild<SourceButton*>();
    ASSERT_TRUE(button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);
    const auto actions = button->findChild<QMenu*>("sourceMenu")->actions();
    const auto other = std::find_if(actions.begin(), actions.end(), [](const QAction* action) {
        return action->text().startsWith("model_ema");
    });
    ASSERT_NE(other, actions.end());
    (*other)->trigger();
    ASSERT_TRUE(opened.wait(patience));
    EXPECT_EQ(window->document().teacher()->checkpoint->nest(), "model_ema");
    EXPECT_EQ(window->document().teacherText(), file + ":nest=model_ema");

    const auto recents = Recents().files();
    ASSERT_EQ(recents.size(), 2);
    EXPECT_EQ(recents[0].path, file + ":nest=model_ema");
    EXPECT_TRUE(recents[0].exists);
    EXPECT_EQ(recents[1].path, file);
    window->openTeacher(file);
    ASSERT_TRUE(opened.wait(patience));
    window->openTeacher(recents[0].path);
    ASSERT_TRUE(opened.wait(patience));
    EXPECT_EQ(window->document().teacher()->checkpoint->nest(), "model_ema");
}

TEST_F(MainWindowTest, AStudentWiderThanTheTeacherIsRefusedUntilGrowthIsChosen) {
    const auto example = builtInExample();
    ASSERT_TRUE(example) << example.error().message();
    QSignalSpy offered(&window->document(), &Document::growthOffered);
    window->openTeacher(QString::fromStdString(example->teacher.string()));
    window->openStudent("vit:dim=256,depth=4,heads=32,patch=2,image=8,channels=1,num_classes=10");
    ASSERT_TRUE(offered.wait(patience));
    EXPECT_EQ(window->document().plan(), nullptr);
    auto* offer = child<QMessageBox>("growthOffer");
    ASSERT_FALSE(offer->buttons().isEmpty());
    QTest::mouseClick(offer->buttons().first(), Qt::LeftButton);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window->document().plan() != nullptr; }, patience));
    EXPECT_EQ(window->document().options().growth, Growth::Net2Net);
}

TEST_F(MainWindowTest, AStudentThatNoGrowthReachesIsToldAndCanBeReplaced) {
    const auto example = builtInExample();
    ASSERT_TRUE(example) << example.error().message();
    QSignalSpy failed(&window->document(), &Document::planFailed);
    window->openTeacher(QString::fromStdString(example->teacher.string()));
    // 200 is no multiple of the teacher's 128, so LayerNorm would see another mean.
    window->openStudent("vit:dim=200,depth=3,heads=8,patch=2,image=8,channels=1,num_classes=10");
    ASSERT_TRUE(failed.wait(patience));
    EXPECT_EQ(window->document().plan(), nullptr);
    window->openStudent(QString::fromStdString(example->studentName));
    EXPECT_TRUE(QTest::qWaitFor([&] { return window->document().plan() != nullptr; }, patience));
}

TEST_F(MainWindowTest, ARecipeIsSavedAndDrawnAgain) {
    openExample();
    const test::TemporaryFolder folder;
    const auto path = QString::fromStdString((folder / "a.heirloom.json").string());
    auto& document = window->document();
    auto options = document.options();
    options.element = parseElementSelection("magnitude:norm=1").value();
    QSignalSpy planned(&document, &Document::planChanged);
    document.requestOptions(options, "magnitude");
    ASSERT_TRUE(planned.wait(patience));
    QSignalSpy saved(&document, &Document::recipeSaved);
    document.saveRecipe(path);
    ASSERT_TRUE(saved.wait(patience));

    document.undoStack().undo();
    EXPECT_EQ(document.options().elementFor("residual").strategy, "uniform");
    planned.clear();
    document.openRecipe(path);
    ASSERT_TRUE(planned.wait(patience));
    EXPECT_EQ(document.options().elementFor("residual").strategy, "magnitude");
    EXPECT_EQ(document.options().elementFor("residual").norm, 1);
}

TEST_F(MainWindowTest, AnExportLandsInItsFileAndIsVerified) {
    openExample();
    const test::TemporaryFolder folder;
    QTest::mouseClick(child<QPushButton>("exportStudent"), Qt::LeftButton);
    auto* panel = qobject_cast<ExportPanel*>(screen());
    ASSERT_NE(panel, nullptr);
    const auto target = folder / "student.pth";
    child<QLineEdit>("exportPath")->setText(QString::fromStdString(target.string()));
    QTest::mouseClick(child<QPushButton>("exportButton"), Qt::LeftButton);
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return std::filesystem::exists(target) && !window->jobs().isBusy("export"); },
        patience));
    const auto checkpoint = openCheckpoint(target);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    EXPECT_EQ((*checkpoint)->tensors().size(), window->document().plan()->parameters.size());
}

TEST_F(MainWindowTest, AnExportInHalvesAndShardsIsReadAgainByItsIndex) {
    openExample();
    QTest::mouseClick(child<QPushButton>("exportStudent"), Qt::LeftButton);
    const test::TemporaryFolder folder;
    child<QLineEdit>("exportPath")
        ->setText(QString::fromStdString((folder / "half.safetensors").string()));
    child<QComboBox>("exportDType")->setCurrentText("F16");
    child<QComboBox>("exportShards")->setEditText("50 kB");
    QTest::mouseClick(child<QPushButton>("exportButton"), Qt::LeftButton);
    const auto index = folder / "half.safetensors.index.json";
    auto* answer = child<QWidget>("exportAnswer");
    ASSERT_TRUE(QTest::qWaitFor([&] { return answer->isVisible(); }, patience))
        << child<QWidget>("exportError")->findChild<QLabel*>()->text().toStdString()
        << child<QLabel>("exportSpace")->text().toStdString();
    const auto checkpoint = openCheckpoint(index);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    EXPECT_EQ((*checkpoint)->tensors().size(), window->document().plan()->parameters.size());
    for (const auto& tensor : (*checkpoint)->tensors())
        EXPECT_EQ(tensor.dtype, DType::F16) << tensor.name;
    EXPECT_EQ(child<QLabel>("exportedPath")->text(), QString::fromStdString(index.string()));
    EXPECT_TRUE(child<QLabel>("exportedSize")->text().contains("2 files"));
    EXPECT_TRUE(child<QLabel>("exportedUse")->text().contains("half-*-of-*.safetensors"));
}

#ifdef HEIRLOOM_HAS_ENGINE
TEST_F(MainWindowTest, ARunAndItsRandomTwinTrainSideBySideWhileLayersAreLookedAt) {
    openExample();
    QTest::mouseClick(child<QPushButton>("fineTune"), Qt::LeftButton);
    ASSERT_NE(qobject_cast<TrainPanel*>(screen()), nullptr);
    const auto example = builtInExample();
    ASSERT_TRUE(example);
    auto options = example->options;
    options.epochs = 2;
    window->findChild<TrainPanel*>()->setOptions(options, true);
    QSignalSpy steps(&window->runs(), &RunMonitor::stepsTaken);
    QTest::mouseClick(child<QPushButton>("startTraining"), Qt::LeftButton);
    ASSERT_TRUE(QTest::qWaitFor([&] { return window->runs().ids().size() == 2; }, patience));
    window->showScreen(MainWindow::Screen::Map);
    auto* map = window->findChild<MapPanel*>();
    for (const auto& parameter : window->document().plan()->parameters) {
        map->selectParameter(parameter.student);
        QTest::qWait(5);
    }
    ASSERT_TRUE(QTest::qWaitFor([&] { return window->runs().activeCount() == 0; }, 4 * patience));
    EXPECT_GT(steps.count(), 0);
    for (const int id : window->runs().ids()) {
        EXPECT_EQ(window->runs().find(id)->snapshot().state, RunState::Done)
            << window->runs().find(id)->snapshot().message;
        EXPECT_NE(window->runs().find(id)->weights(), nullptr);
    }
}
#endif

} // namespace
} // namespace heirloom

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    QApplication::setOrganizationName("HeirloomTests"); // the user's own settings stay untouched
    QApplication::setApplicationName("HeirloomTests");
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}

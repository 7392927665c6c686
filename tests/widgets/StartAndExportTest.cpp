// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/ErrorBar.h"
#include "widgets/controls/SegmentedControl.h"
#include "widgets/panels/ExportPanel.h"
#include "widgets/panels/StartPage.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QUrl>
#include <QtTest/QTest>
#include <gtest/gtest.h>

namespace heirloom {
namespace {

/// Drops files as a file manager does: first asked, then done. False when the widget did not take
/// them.
bool drop(QWidget* target, const QStringList& paths) {
    QMimeData data;
    QList<QUrl> urls;
    for (const QString& path : paths)
        urls << QUrl::fromLocalFile(path);
    data.setUrls(urls);
    QDragEnterEvent enter(
        target->rect().center(), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    enter.ignore();
    QApplication::sendEvent(target, &enter);
    if (!enter.isAccepted())
        return false;
    QDropEvent event(
        target->rect().center(), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(target, &event);
    return true;
}

class StartPageTest : public testing::Test {
protected:
    StartPageTest() {
        page.resize(1280, 690);
        page.show();
    }
    void click(const char* name) {
        auto* button = page.findChild<QAbstractButton*>(QLatin1String(name));
        ASSERT_NE(button, nullptr) << name;
        QTest::mouseClick(button, Qt::LeftButton);
    }
    StartPage page;
    QSignalSpy teacher{&page, &StartPage::teacherFileRequested};
    QSignalSpy student{&page, &StartPage::studentFileRequested};
    QSignalSpy named{&page, &StartPage::studentNameRequested};
};

TEST_F(StartPageTest, AFileDroppedOnAWellIsAskedForInItsRole) {
    ASSERT_TRUE(drop(page.findChild<QWidget*>("teacherWell"), {"/models/big one.safetensors"}));
    ASSERT_EQ(teacher.count(), 1);
    EXPECT_EQ(teacher[0][0].toString(), "/models/big one.safetensors");
    ASSERT_TRUE(drop(page.findChild<QWidget*>("studentWell"), {"/models/small.pth"}));
    ASSERT_EQ(student.count(), 1);
    EXPECT_EQ(student[0][0].toString(), "/models/small.pth");
}

TEST_F(StartPageTest, TwoFilesDroppedAnywhereFillBothWells) {
    ASSERT_TRUE(drop(page.findChild<QWidget*>("studentWell"), {"/a.pth", "/b.pth"}));
    EXPECT_EQ(teacher.count(), 1);
    EXPECT_EQ(student.count(), 1);
    ASSERT_TRUE(drop(&page, {"/a.pth", "/b.pth"}));
    EXPECT_EQ(teacher.count(), 2);
    EXPECT_EQ(student.count(), 2);
}

TEST_F(StartPageTest, OfTwoFilesTheLargerIsTheTeacher) {
    QTemporaryDir folder;
    const auto write = [&](const char* file, int bytes) {
        QFile f(folder.filePath(QLatin1String(file)));
        EXPECT_TRUE(f.open(QIODevice::WriteOnly));
        f.write(QByteArray(bytes, 'x'));
        return f.fileName();
    };
    const QString small = write("small.pth", 10);
    const QString large = write("large.pth", 1000);
    drop(&page, {small, large});
    ASSERT_EQ(teacher.count(), 1);
    EXPECT_EQ(teacher[0][0].toString(), large);
    EXPECT_EQ(student[0][0].toString(), small);
}

TEST_F(StartPageTest, AFileDroppedBesideTheWellsFillsTheNextEmptyOne) {
    drop(&page, {"/a.pth"});
    EXPECT_EQ(teacher.count(), 1);
    page.setTeacher("vit_small_patch16_224", "22.1 M");
    drop(&page, {"/b.pth"});
    EXPECT_EQ(student.count(), 1);
}

TEST_F(StartPageTest, ButtonsAskForAFileAndForTheExample) {
    QSignalSpy example(&page, &StartPage::exampleRequested);
    click("chooseTeacher");
    click("chooseStudent");
    click("openExample");
    ASSERT_EQ(teacher.count(), 1);
    EXPECT_TRUE(teacher[0][0].toString().isEmpty());
    EXPECT_EQ(student.count(), 1);
    EXPECT_EQ(example.count(), 1);
}

TEST_F(StartPageTest, AStudentIsNamedByTextOrByCard) {
    auto* field = page.findChild<QLineEdit*>("studentName");
    QTest::keyClicks(field, " vit_tiny_patch16_224:depth=6 ");
    QTest::keyClick(field, Qt::Key_Return);
    ASSERT_EQ(named.count(), 1);
    EXPECT_EQ(named[0][0].toString(), "vit_tiny_patch16_224:depth=6");
    page.setSuggestions(
        {{"vit_tiny_patch16_224", "192 wide"}, {"deit_tiny_patch16_224", "192 wide"}});
    QApplication::processEvents();
    click("card-deit_tiny_patch16_224");
    ASSERT_EQ(named.count(), 2);
    EXPECT_EQ(named[1][0].toString(), "deit_tiny_patch16_224");
}

TEST_F(StartPageTest, ARecentFileOpensInEitherRoleUnlessItHasGone) {
    page.setRecents(
        {{"/models/a.pth", "resnet56 · 0.9 M", true}, {"/models/gone.pth", "not found", false}});
    QApplication::processEvents();
    click("recentStudent-0");
    ASSERT_EQ(student.count(), 1);
    EXPECT_EQ(student[0][0].toString(), "/models/a.pth");
    click("recentTeacher-1");
    EXPECT_EQ(teacher.count(), 0);
}

TEST_F(StartPageTest, OneButtonAtMostIsFilledWithTheAccent) {
    const auto primary = [this] {
        QStringList names;
        for (const auto* button : page.findChildren<QAbstractButton*>())
            if (button->property("primary").toBool())
                names << button->objectName();
        return names;
    };
    EXPECT_EQ(primary(), QStringList{"chooseTeacher"});
    page.setTeacher("vit_small_patch16_224", "22.1 M");
    EXPECT_EQ(primary(), QStringList{"chooseStudent"});
}

TEST_F(StartPageTest, EverythingCanBeReachedByTab) {
    QApplication::setActiveWindow(&page);
    QSet<QString> reached;
    page.setFocus();
    for (int i = 0; i < 30; ++i) {
        QTest::keyClick(QApplication::focusWidget() != nullptr ? QApplication::focusWidget()
                                                               : &page,
                        Qt::Key_Tab);
        if (QApplication::focusWidget() != nullptr)
            reached.insert(QApplication::focusWidget()->objectName());
    }
    for (const char* name : {"chooseTeacher", "chooseStudent", "studentName", "openExample"})
        EXPECT_TRUE(reached.contains(QLatin1String(name))) << name;
}

class ExportPanelTest : public testing::Test {
protected:
    ExportPanelTest() {
        ExportSubject student;
        student.title = "Initialised student";
        student.tensors = 152;
        student.parameters = 5'543'716;
        student.bytes = 22'174'864;
        student.floatingElements = 5'543'716;
        student.fresh = {"head.weight: 100 classes, the teacher has 1000 (seed 0)"};
        student.command = "heirloom-cli select a.pth --student b";
        student.suggestedPath = "/home/ada/student.safetensors";
        ExportSubject run = student;
        run.runId = 2;
        run.command.clear();
        run.title = "Run 2 · selected, uniform, fine-tuned";
        run.suggestedPath = "/home/ada/run-2.safetensors";
        panel.resize(1280, 690);
        panel.show();
        panel.setSubjects({student, run}, -1);
        path = panel.findChild<QLineEdit*>("exportPath");
        button = panel.findChild<QAbstractButton*>("exportButton");
        format = panel.findChild<QComboBox*>("exportFormat");
    }
    ExportPanel panel;
    QLineEdit* path = nullptr;
    QAbstractButton* button = nullptr;
    QComboBox* format = nullptr;
    QSignalSpy asked{&panel, &ExportPanel::exportRequested};
};

TEST_F(ExportPanelTest, AsksForTheChosenSubjectAndPath) {
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(asked.count(), 1);
    EXPECT_EQ(asked[0][0].toInt(), -1);
    EXPECT_EQ(asked[0][1].toString(), "/home/ada/student.safetensors");
    panel.findChild<QComboBox*>("exportSubject")->setCurrentIndex(1);
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(asked.count(), 2);
    EXPECT_EQ(asked[1][0].toInt(), 2);
    EXPECT_EQ(asked[1][1].toString(), "/home/ada/run-2.safetensors");
}

TEST_F(ExportPanelTest, AsksForTheTypeOfNumbersAndTheLargestFile) {
    auto* dtype = panel.findChild<QComboBox*>("exportDType");
    auto* shards = panel.findChild<QComboBox*>("exportShards");
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(asked.count(), 1);
    EXPECT_EQ(asked[0][2].value<ExportStorageChoice>(), ExportStorageChoice());
    const auto shown = [&] {
        QString all;
        for (const auto* label : panel.findChildren<QLabel*>())
            all += label->text() + '\n';
        return all;
    };
    EXPECT_TRUE(shown().contains("-o student.safetensors\n"));
    dtype->setCurrentText("BF16");
    shards->setEditText("750 MB");
    EXPECT_TRUE(shown().contains("-o student.safetensors --dtype BF16 --max-shard-size 750MB\n"));
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(asked.count(), 2);
    EXPECT_EQ(asked[1][2].value<ExportStorageChoice>(),
              (ExportStorageChoice{DType::BF16, 750'000'000}));
    shards->setEditText("much");
    EXPECT_FALSE(button->isEnabled());
    path->clear();
    QTest::keyClicks(path, "/home/ada/student.pth"); // one file always
    EXPECT_TRUE(shards->isHidden());
    EXPECT_TRUE(button->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_EQ(asked.count(), 3);
    EXPECT_EQ(asked[2][2].value<ExportStorageChoice>(), (ExportStorageChoice{DType::BF16, 0}));
    EXPECT_TRUE(shown().contains("-o student.pth --dtype BF16\n"));
}

TEST(ExportStorage, IsToldToTheCommandLineInItsWords) {
    EXPECT_EQ(storageWords({}), "");
    EXPECT_EQ(storageWords({DType::F8E4M3, 2'000'000'000}),
              " --dtype F8_E4M3 --max-shard-size 2GB");
    EXPECT_EQ(storageWords({std::nullopt, 1'500'000}), " --max-shard-size 1500000");
}

TEST(ExportStorage, ReadsSizesAsPeopleWriteThem) {
    EXPECT_EQ(shardBytesFromText("One file"), 0U);
    EXPECT_EQ(shardBytesFromText(""), 0U);
    EXPECT_EQ(shardBytesFromText("2 GB"), 2'000'000'000U);
    EXPECT_EQ(shardBytesFromText("1.5gb"), 1'500'000'000U);
    EXPECT_EQ(shardBytesFromText("750M"), 750'000'000U);
    EXPECT_EQ(shardBytesFromText("5e8"), 500'000'000U);
    for (const auto* text : {"much", "GB", "0", "-1 GB", "1 PB", "1e30"})
        EXPECT_EQ(shardBytesFromText(text), std::nullopt) << text;
}

TEST_F(ExportPanelTest, FormatAndEndingFollowEachOther) {
    format->setCurrentIndex(1);
    emit format->activated(1);
    EXPECT_EQ(path->text(), "/home/ada/student.pth");
    path->clear();
    QTest::keyClicks(path, "/tmp/x.hdf5");
    EXPECT_EQ(format->currentIndex(), 2);
}

TEST_F(ExportPanelTest, KeepsAPathThatTheUserTyped) {
    path->clear();
    QTest::keyClicks(path, "/tmp/mine.pth");
    panel.findChild<QComboBox*>("exportSubject")->setCurrentIndex(1);
    EXPECT_EQ(path->text(), "/tmp/mine.pth");
}

TEST_F(ExportPanelTest, RefusesAnUnknownEndingAndSaysWhichAreKnown) {
    path->clear();
    QTest::keyClicks(path, "/tmp/x.onnx");
    EXPECT_FALSE(button->isEnabled());
    EXPECT_NE(panel.findChild<QLabel*>("exportSpace")->text().indexOf(".safetensors"), -1);
}

TEST_F(ExportPanelTest, RefusesADiskThatIsTooSmall) {
    panel.setFreeSpace(1'000'000);
    EXPECT_FALSE(button->isEnabled());
    EXPECT_NE(panel.findChild<QLabel*>("exportSpace")->text().indexOf("Needs 21.2"), -1);
    panel.setFreeSpace(1'000'000'000);
    EXPECT_TRUE(button->isEnabled());
}

TEST_F(ExportPanelTest, SaysThatTheFileWasReadAgainOnlyWhenItWas) {
    auto* verdict = panel.findChild<QLabel*>("exportVerdict");
    EXPECT_FALSE(verdict->isVisible());
    panel.showAnswer({"/home/ada/student.safetensors", 22'190'112, "9f86", 152, true});
    EXPECT_TRUE(verdict->isVisible());
    EXPECT_NE(verdict->text().indexOf("all 152 tensors are equal"), -1);
    panel.showAnswer({"/home/ada/student.safetensors", 22'190'112, "9f86", 152, false});
    EXPECT_EQ(verdict->text().indexOf("equal"), -1);
    panel.showError("Needs 22 MB more on /home; nothing was overwritten.");
    EXPECT_FALSE(verdict->isVisible());
}

TEST_F(ExportPanelTest, CannotBeAskedTwiceAtOnce) {
    panel.setBusy(0.3);
    EXPECT_FALSE(button->isEnabled());
    panel.setBusy(-1);
    EXPECT_TRUE(button->isEnabled());
    panel.setSubjects({}, -1);
    EXPECT_FALSE(button->isVisible());
}

TEST(SegmentedControl, SwitchesByClickAndTellsOnce) {
    SegmentedControl control;
    for (const char* word : {"Map", "Train", "Export"})
        control.addSegment(QLatin1String(word));
    control.show();
    QSignalSpy spy(&control, &SegmentedControl::currentChanged);
    QTest::mouseClick(control.findChild<QAbstractButton*>("segment-Train"), Qt::LeftButton);
    ASSERT_EQ(spy.count(), 1);
    EXPECT_EQ(control.current(), 1);
    control.setCurrent(1);
    EXPECT_EQ(spy.count(), 1);
    control.setSegmentEnabled(2, false);
    QTest::mouseClick(control.findChild<QAbstractButton*>("segment-Export"), Qt::LeftButton);
    EXPECT_EQ(control.current(), 1);
}

TEST(ErrorBar, ClosesAndOffersItsDeed) {
    QWidget window;
    ErrorBar bar(&window);
    window.show();
    EXPECT_FALSE(bar.isVisible());
    bar.setText("blocks.0.mlp.fc1: the student needs 3072 rows, the teacher has 1536");
    bar.setAction("Start fresh");
    EXPECT_TRUE(bar.isVisible());
    QSignalSpy deed(&bar, &ErrorBar::actionTriggered);
    QSignalSpy closed(&bar, &ErrorBar::closed);
    QTest::mouseClick(bar.findChild<QAbstractButton*>("errorAction"), Qt::LeftButton);
    QTest::mouseClick(bar.findChild<QAbstractButton*>("errorClose"), Qt::LeftButton);
    EXPECT_EQ(deed.count(), 1);
    EXPECT_EQ(closed.count(), 1);
    EXPECT_FALSE(bar.isVisible());
}

} // namespace
} // namespace heirloom

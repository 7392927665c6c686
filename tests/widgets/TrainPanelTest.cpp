// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/JobStrip.h"
#include "widgets/panels/NumberField.h"
#include "widgets/panels/TrainPanel.h"
#include "widgets/panels/TrainPresets.h"
#include "widgets/plots/CurvePlot.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest/QTest>

#include <gtest/gtest.h>

#include <limits>

namespace heirloom {
namespace {

class TrainPanelTest : public testing::Test {
protected:
    TrainPanelTest() {
        panel.resize(1280, 690);
        panel.show();
    }
    template <class W>
    W* find(const char* name) {
        W* widget = panel.findChild<W*>(QLatin1String(name));
        EXPECT_NE(widget, nullptr) << name;
        return widget;
    }
    void click(const char* name) { QTest::mouseClick(find<QAbstractButton>(name), Qt::LeftButton); }
    void makeReady() {
        DataSource digits;
        digits.path = "/data/digits.h5";
        panel.setSubject("digits student");
        panel.setBuiltInData("Digits", digits);
    }
    static RunSnapshot snapshot(RunState state, std::int64_t step = 50) {
        RunSnapshot s;
        s.state = state;
        s.step = step;
        s.totalSteps = 100;
        s.stepsPerSecond = 10;
        s.secondsLeft = 5;
        return s;
    }
    TrainPanel panel;
};

TEST_F(TrainPanelTest, ReturnsTheOptionsItWasGiven) {
    makeReady();
    FineTuneOptions o;
    o.epochs = 37;
    o.batchSize = 96;
    o.optimizer = Optimizer::Sgd;
    o.learningRate = 0.0125;
    o.minimumLearningRate = 3e-7;
    o.warmupEpochs = 2.5;
    o.weightDecay = 5e-4;
    o.momentum = 0.85;
    o.labelSmoothing = 0.1;
    o.flip = true;
    o.cropPadding = 4;
    o.seed = std::numeric_limits<std::uint64_t>::max();
    o.device = "cuda:1";
    o.threads = 3;
    panel.setOptions(o, false);
    const TrainRequest r = panel.request();
    EXPECT_FALSE(r.randomTwin);
    EXPECT_EQ(r.data.path, "/data/digits.h5");
    EXPECT_EQ(r.options.epochs, o.epochs);
    EXPECT_EQ(r.options.batchSize, o.batchSize);
    EXPECT_EQ(r.options.optimizer, o.optimizer);
    EXPECT_EQ(r.options.learningRate, o.learningRate);
    EXPECT_EQ(r.options.minimumLearningRate, o.minimumLearningRate);
    EXPECT_EQ(r.options.warmupEpochs, o.warmupEpochs);
    EXPECT_EQ(r.options.weightDecay, o.weightDecay);
    EXPECT_EQ(r.options.momentum, o.momentum);
    EXPECT_EQ(r.options.labelSmoothing, o.labelSmoothing);
    EXPECT_EQ(r.options.flip, o.flip);
    EXPECT_EQ(r.options.cropPadding, o.cropPadding);
    EXPECT_EQ(r.options.seed, o.seed);
    EXPECT_EQ(r.options.device, o.device);
    EXPECT_EQ(r.options.threads, o.threads);
}

TEST_F(TrainPanelTest, StartAsksWithWhatTheFormSays) {
    QSignalSpy spy(&panel, &TrainPanel::startRequested);
    click("startTraining");
    EXPECT_EQ(spy.count(), 0) << "nothing is open yet";
    makeReady();
    auto* epochs = find<QSpinBox>("epochs");
    epochs->setFocus();
    epochs->selectAll();
    QTest::keyClicks(epochs, "7");
    auto* rate = find<QLineEdit>("learningRate");
    rate->selectAll();
    QTest::keyClicks(rate, "5e-4");
    find<QCheckBox>("randomTwin")->click();
    click("startTraining");
    ASSERT_EQ(spy.count(), 1);
    const auto request = spy[0][0].value<TrainRequest>();
    EXPECT_EQ(request.options.epochs, 7);
    EXPECT_EQ(request.options.learningRate, 5e-4);
    EXPECT_FALSE(request.randomTwin);
}

TEST_F(TrainPanelTest, DoesNotStartWithARateThatIsNoNumber) {
    makeReady();
    QSignalSpy spy(&panel, &TrainPanel::startRequested);
    find<QLineEdit>("learningRate")->setText("fast");
    click("startTraining");
    EXPECT_EQ(spy.count(), 0);
    EXPECT_NE(find<QLabel>("startHint")->text().indexOf("out of range"), -1);
}

TEST_F(TrainPanelTest, APresetSetsTheValuesAndAChangedValueLeavesIt) {
    makeReady();
    auto* preset = find<QComboBox>("preset");
    preset->setCurrentIndex(1);
    emit preset->activated(1);
    EXPECT_TRUE(matchesPreset(panel.request().options, trainPresets()[1]));
    find<QSpinBox>("epochs")->setValue(11);
    EXPECT_EQ(preset->currentIndex(), int(trainPresets().size()));
    find<QSpinBox>("epochs")->setValue(trainPresets()[1].options.epochs);
    EXPECT_EQ(preset->currentIndex(), 1);
}

TEST_F(TrainPanelTest, PauseResumeAndStopNameTheirRun) {
    panel.addRun({3, "Run 3 · selected, uniform", 0, false, 3});
    panel.addRun({4, "Run 3 · random twin", 1, true, 3});
    panel.updateRun(3, snapshot(RunState::Running));
    panel.updateRun(4, snapshot(RunState::Running));
    QSignalSpy paused(&panel, &TrainPanel::pauseRequested);
    QSignalSpy resumed(&panel, &TrainPanel::resumeRequested);
    QSignalSpy stopped(&panel, &TrainPanel::stopRequested);
    click("pauseRun-3");
    ASSERT_EQ(paused.count(), 1);
    EXPECT_EQ(paused[0][0].toInt(), 3);
    panel.updateRun(3, snapshot(RunState::Paused));
    EXPECT_EQ(find<QAbstractButton>("pauseRun-3")->text(), "Resume");
    click("pauseRun-3");
    ASSERT_EQ(resumed.count(), 1);
    click("stopRun-4");
    ASSERT_EQ(stopped.count(), 1);
    EXPECT_EQ(stopped[0][0].toInt(), 4);
}

TEST_F(TrainPanelTest, AFinishedRunOffersItsWeightsAndNoMoreStop) {
    panel.addRun({3, "Run 3", 0, false, 3});
    panel.updateRun(3, snapshot(RunState::Running));
    EXPECT_FALSE(find<QAbstractButton>("exportRun-3")->isVisible());
    panel.updateRun(3, snapshot(RunState::Done, 100));
    EXPECT_FALSE(find<QAbstractButton>("stopRun-3")->isVisible());
    QSignalSpy spy(&panel, &TrainPanel::exportRequested);
    click("exportRun-3");
    ASSERT_EQ(spy.count(), 1);
    panel.removeRun(3);
    QApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    EXPECT_EQ(panel.findChild<QAbstractButton*>("exportRun-3"), nullptr);
}

TEST_F(TrainPanelTest, SaysHowMuchSoonerTheSelectedStudentIs) {
    panel.addRun({3, "Run 3 · selected", 0, false, 3});
    panel.addRun({4, "Run 3 · random twin", 1, true, 3});
    std::vector<EpochMetrics> selected, twin;
    for (int e = 0; e <= 20; ++e) {
        selected.push_back({e, 0, 0.1 + 0.03 * e, double(e)});
        twin.push_back({e, 0, 0.1 + 0.015 * e, double(e)});
    }
    panel.appendSteps(3, {{10, 1, 2.0, 1e-3, 1}});
    panel.appendEpochs(3, selected);
    panel.appendEpochs(4, twin);
    panel.updateRun(4, snapshot(RunState::Running));
    panel.updateRun(4, snapshot(RunState::Done, 100));
    const QString said = find<CurvePlot>("plot-Accuracy")->accessibleName();
    EXPECT_NE(said.indexOf("reaches the twin's final accuracy at epoch 10.0 of 20: 2.0× sooner"), -1)
        << said.toStdString();
}

TEST_F(TrainPanelTest, PlacesAnEvaluationOnTheStepAxisEvenWhenItComesBeforeItsSteps) {
    panel.addRun({3, "Run 3", 0, false, 3});
    panel.appendEpochs(3, {{0, 0, 0.1, 0}, {1, 0, 0.5, 1}});
    auto* plot = find<CurvePlot>("plot-Accuracy");
    EXPECT_NE(plot->summary().indexOf("at epoch 0.0"), -1) << "epoch 1 waits for its step";
    panel.appendSteps(3, {{10, 1, 2.0, 1e-3, 1}});
    EXPECT_NE(plot->summary().indexOf("at epoch 1.0"), -1);
}

TEST_F(TrainPanelTest, ShowsAnErrorAsPlainText) {
    panel.showError("<b>batch</b> 256 needs 11.2 GB");
    auto* text = panel.findChild<QWidget*>("trainError")->findChild<QLabel*>("errorText");
    EXPECT_TRUE(text->isVisible());
    EXPECT_EQ(text->textFormat(), Qt::PlainText);
    panel.showError({});
    EXPECT_FALSE(text->isVisible());
}

TEST_F(TrainPanelTest, TellsWhatIsInTheDataset) {
    makeReady();
    DatasetInfo info;
    info.trainImages = 1437;
    info.heldOutImages = 360;
    info.classes.resize(10);
    info.width = info.height = 8;
    panel.setDataInfo(info);
    EXPECT_NE(find<QLabel>("dataInfo")->text().indexOf("360 held out · 10 classes · 8×8"), -1);
    EXPECT_NE(find<QLabel>("startHint")->text().indexOf("460 steps"), -1);
}

TEST(RunTexts, GiveTheTimeLeftAsARange) {
    const QString thin(QChar(0x202F));
    EXPECT_EQ(timeLeftText(5.2), "6" + thin + "s left");
    EXPECT_EQ(timeLeftText(360), "5 to 7" + thin + "min left");
    EXPECT_EQ(timeLeftText(-1), "");
    EXPECT_EQ(rateText(231.4), "231" + thin + "it/s");
    EXPECT_EQ(rateText(0.4), "2.5" + thin + "s/it");
    EXPECT_EQ(durationText(200), "3" + thin + "min 20" + thin + "s");
}

TEST(RunTexts, NeverSayAHundredPerCentBeforeTheEnd) {
    RunSnapshot s;
    s.step = 9999;
    s.totalSteps = 10'000;
    EXPECT_EQ(percentText(s), QString("99") + QChar(0x202F) + "%");
    s.totalSteps = 0;
    EXPECT_EQ(percentText(s), "");
}

TEST(NumberField, WritesTheShortestNumberThatReadsBack) {
    for (const double v : {2e-3, 0.05, 1e-6, 5e-4, 0.1, 0.0, 100.0, 1.0 / 3, 3e7})
        EXPECT_EQ(shortNumber(v).toDouble(), v);
    EXPECT_EQ(shortNumber(2e-3), "2e-3");
    EXPECT_EQ(shortNumber(0.05), "0.05");
    EXPECT_EQ(shortNumber(1e-6), "1e-6");
}

TEST(JobStrip, ShowsTheRunAndItsButtonsAskForIt) {
    JobStrip strip;
    strip.resize(1280, 38);
    RunSnapshot s;
    s.state = RunState::Running;
    s.step = 62;
    s.totalSteps = 100;
    strip.setRun({2, "Run 2 · selected", 0, false, 2}, s, {3, 2, 1});
    strip.setRunCount(2);
    strip.show();
    QSignalSpy paused(&strip, &JobStrip::pauseRequested);
    QSignalSpy resumed(&strip, &JobStrip::resumeRequested);
    QSignalSpy stopped(&strip, &JobStrip::stopRequested);
    QSignalSpy clicked(&strip, &JobStrip::clicked);
    QTest::mouseClick(strip.findChild<QAbstractButton*>("stripPause"), Qt::LeftButton);
    s.state = RunState::Paused;
    strip.setRun({2, "Run 2 · selected", 0, false, 2}, s, {3, 2, 1});
    QTest::mouseClick(strip.findChild<QAbstractButton*>("stripPause"), Qt::LeftButton);
    QTest::mouseClick(strip.findChild<QAbstractButton*>("stripStop"), Qt::LeftButton);
    EXPECT_EQ(clicked.count(), 0);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(1000, 19));
    ASSERT_EQ(paused.count(), 1);
    ASSERT_EQ(resumed.count(), 1);
    ASSERT_EQ(stopped.count(), 1);
    ASSERT_EQ(clicked.count(), 1);
    EXPECT_EQ(stopped[0][0].toInt(), 2);
    strip.clear();
    EXPECT_FALSE(strip.isVisible());
}

} // namespace
} // namespace heirloom

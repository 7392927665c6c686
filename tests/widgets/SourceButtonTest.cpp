// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/SourceButton.h"

#include <QApplication>
#include <QMenu>
#include <QSignalSpy>
#include <QtTest/QTest>
#include <gtest/gtest.h>

namespace heirloom {
namespace {

class SourceButtonTest : public testing::Test {
protected:
    SourceButtonTest() { button.show(); }

    /// Presses the button and takes the choice of that text; false when it is not offered.
    bool choose(const QString& text) {
        QTest::mouseClick(&button, Qt::LeftButton);
        auto* menu = button.findChild<QMenu*>("sourceMenu");
        if (menu == nullptr)
            return false;
        for (QAction* action : menu->actions())
            if (action->text() == text) {
                action->trigger();
                menu->close();
                delete menu;
                return true;
            }
        delete menu;
        return false;
    }
    [[nodiscard]] QStringList offered() {
        QTest::mouseClick(&button, Qt::LeftButton);
        auto* menu = button.findChild<QMenu*>("sourceMenu");
        QStringList texts;
        for (const QAction* action : menu->actions())
            if (!action->isSeparator())
                texts << (action->isChecked() ? "*" : "") + action->text();
        delete menu;
        return texts;
    }

    SourceButton button;
    QSignalSpy chosen{&button, &SourceButton::chosen};
};

SourceChoice choiceOf(const QSignalSpy& spy) {
    return spy.at(spy.count() - 1)[0].value<SourceChoice>();
}

TEST_F(SourceButtonTest, IsHiddenWhereTheFileLeavesNoChoice) {
    button.setChoices({});
    EXPECT_TRUE(button.isHidden());
    button.setChoices({{{"state_dict", 4}}, "state_dict", {}, ""});
    EXPECT_TRUE(button.isHidden());
    button.setChoices({{{"model", 4}, {"model_ema", 4}}, "model", {}, ""});
    EXPECT_FALSE(button.isHidden());
    button.setChoices({{}, "", {"backbone."}, ""});
    EXPECT_FALSE(button.isHidden());
}

TEST_F(SourceButtonTest, OffersEveryStateDictAndAsksForAnotherOne) {
    button.setChoices({{{"model", 4}, {"model_ema", 5}}, "model", {}, ""});
    EXPECT_EQ(offered(), (QStringList{"*model · 4 tensors", "model_ema · 5 tensors"}));
    ASSERT_TRUE(choose("model · 4 tensors"));
    EXPECT_EQ(chosen.count(), 0);
    ASSERT_TRUE(choose("model_ema · 5 tensors"));
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(choiceOf(chosen), (SourceChoice{"model_ema", std::nullopt}));
}

TEST_F(SourceButtonTest, OffersPrefixesBesideTheNamesAsStored) {
    button.setChoices({{}, "", {"module.", "backbone."}, "module."});
    EXPECT_EQ(offered(), (QStringList{"as stored", "*without “module.”", "without “backbone.”"}));
    ASSERT_TRUE(choose("without “backbone.”"));
    EXPECT_EQ(choiceOf(chosen), (SourceChoice{std::nullopt, "backbone."}));
    ASSERT_TRUE(choose("as stored"));
    EXPECT_EQ(choiceOf(chosen), (SourceChoice{std::nullopt, ""}));
}

TEST_F(SourceButtonTest, ShowsNamesFromAFileAsTheyAreWritten) {
    button.setChoices({{{"a&b", 1}, {"<b>c</b>", 1}}, "a&b", {}, ""});
    EXPECT_EQ(offered(), (QStringList{"*a&&b · 1 tensor", "<b>c</b> · 1 tensor"}));
    EXPECT_TRUE(button.text().startsWith("a&b"));
}

} // namespace
} // namespace heirloom

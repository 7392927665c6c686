// SPDX-License-Identifier: GPL-3.0-or-later
// The words behind a file: which state dict, which prefix, what its tensors cannot tell.
#include "core/model/OpenedModel.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace heirloom {
namespace {

std::string zoo(const std::string& name) {
    return (test::dataFolder() / "golden" / "zoo" / name).string();
}

TEST(OpenedModel, TakesTheStateDictAndThePrefixOfItsWords) {
    const auto plain = openModel(zoo("teacher_student.pth"), ModelText::FileOnly);
    ASSERT_TRUE(plain) << plain.error().message();
    EXPECT_EQ(plain->checkpoint->nest(), "teacher");
    EXPECT_EQ(plain->checkpoint->prefix(), "module.");
    const auto asked = openModel(zoo("teacher_student.pth") + ":nest=student,prefix=backbone.",
                                 ModelText::FileOnly);
    ASSERT_TRUE(asked) << asked.error().message();
    EXPECT_EQ(asked->checkpoint->nest(), "student");
    EXPECT_EQ(asked->checkpoint->prefix(), "module.backbone.");
    EXPECT_NE(asked->checkpoint->find("patch_embed.proj.weight"), nullptr);
    const auto whole = openModel(zoo("model_ema.pth") + ":nest=,prefix=", ModelText::FileOnly);
    ASSERT_TRUE(whole) << whole.error().message();
    EXPECT_NE(whole->checkpoint->find("model_ema.patch_embed.proj.weight"), nullptr);
}

TEST(OpenedModel, OffersThePrefixWhereNothingKnownWasFound) {
    const auto opened = openModel(zoo("lightning.ckpt"), ModelText::FileOnly);
    ASSERT_TRUE(opened);
    EXPECT_NE(std::find(opened->spec->notes.begin(),
                        opened->spec->notes.end(),
                        "names begin with 'model.'; prefix=model. takes it off"),
              opened->spec->notes.end());
}

TEST(OpenedModel, RefusesAStateDictThatIsNotThereAndPassesLimitsOn) {
    const auto missing = openModel(zoo("model_ema.pth") + ":nest=teacher", ModelText::FileOnly);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().text.find("'model_ema' (9 tensors)"), std::string::npos)
        << missing.error().message();
    OpenOptions options;
    ASSERT_TRUE(options.limits.set("tensors=3"));
    const auto limited = openModel(zoo("plain_dict.pt"), ModelText::FileOnly, options);
    ASSERT_FALSE(limited);
    EXPECT_NE(limited.error().text.find("limit tensors of 3"), std::string::npos)
        << limited.error().message();
}

TEST(OpenedModel, SaysWhyNoFileIsFound) {
    const test::TemporaryFolder folder;
    std::filesystem::create_symlink("gone.pth", folder / "dangling.pth");
    std::filesystem::create_symlink("b.pth", folder / "a.pth");
    std::filesystem::create_symlink("a.pth", folder / "b.pth");
    const auto said = [&](const char* name) {
        const auto opened = openModel((folder / name).string(), ModelText::FileOnly);
        return opened ? "opened" : opened.error().text;
    };
    EXPECT_EQ(said("missing.pth"), "there is no such file");
    EXPECT_EQ(said("dangling.pth"), "this is a link to gone.pth, which is not there");
    EXPECT_EQ(said("a.pth"), "its links lead in a circle");
}

TEST(OpenedModel, SaysWhenAFolderMayNotBeEntered) {
    const test::TemporaryFolder folder;
    const auto closed = folder / "closed";
    std::filesystem::create_directory(closed);
    std::filesystem::permissions(closed, std::filesystem::perms::none);
    std::error_code why;
    static_cast<void>(std::filesystem::status(closed / "a.pth", why));
    if (why != std::errc::permission_denied)
        GTEST_SKIP() << "this user may enter every folder";
    const auto opened = openModel((closed / "a.pth").string(), ModelText::FileOnly);
    std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().text, "a folder on the way to it may not be entered");
}

} // namespace
} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Dataset.h"
#include "core/engine/data/ImageCache.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <fstream>

namespace heirloom::test {
namespace {

namespace fs = std::filesystem;

class ImageFolder : public testing::Test {
protected:
    void add(const std::string& file, const std::string& specimen) {
        fs::create_directories((m_folder / file).parent_path());
        fs::copy_file(dataFolder() / "images" / specimen,
                      m_folder / file,
                      fs::copy_options::overwrite_existing);
    }
    void addText(const std::string& file) {
        fs::create_directories((m_folder / file).parent_path());
        std::ofstream(m_folder / file) << "no image";
    }
    Error failure() {
        const auto data = openDataset({m_folder.path(), {}, {}});
        EXPECT_FALSE(data);
        return data ? Error{} : data.error();
    }

    TemporaryFolder m_folder;
    RunControl m_control;
};

TEST_F(ImageFolder, ListsClassesInAlphabeticalOrder) {
    add("train/zebra/1.jpg", "colour420.jpg");
    add("train/ant/b.PNG", "colour.png");
    add("train/ant/a.jpeg", "colour444.jpg");
    addText("train/ant/notes.txt");
    add("test/zebra/9.png", "grey.jpg"); // told by its bytes, not by its ending
    const auto data = openDataset({m_folder.path(), {}, {}});
    ASSERT_TRUE(data) << data.error().message();
    const DatasetInfo& info = (*data)->info();
    EXPECT_EQ(info.classes, (std::vector<std::string>{"ant", "zebra"}));
    EXPECT_EQ(info.trainImages, 3);
    EXPECT_EQ(info.heldOutImages, 1);
    EXPECT_EQ(info.heldOutName, "test");
    EXPECT_EQ(info.height, 13);
    EXPECT_EQ(info.width, 17);
    EXPECT_EQ(info.channels, 3);
    const auto train = (*data)->images(Split::Train, {13, 17, 3});
    ASSERT_TRUE(train);
    EXPECT_EQ((*train)->labels(), (std::vector<std::int64_t>{0, 0, 1}));
    const auto heldOut = (*data)->images(Split::HeldOut, {13, 17, 3});
    EXPECT_EQ((*heldOut)->labels(), (std::vector<std::int64_t>{1}));
}

TEST_F(ImageFolder, ReadsImagesAsTheModelWantsThem) {
    add("train/a/1.png", "colour.png");
    add("train/b/1.jpg", "grey.jpg");
    const auto data = openDataset({m_folder.path(), {}, {}});
    ASSERT_TRUE(data);
    const auto images = (*data)->images(Split::Train, {8, 8, 3});
    ASSERT_TRUE(images);
    std::vector<std::uint8_t> pixels(2 * 8 * 8 * 3);
    const std::vector<std::int64_t> backwards{1, 0};
    ASSERT_TRUE((*images)->read(backwards, pixels));
    const Image grey = fitTo(withChannels(*readImage(m_folder / "train/b/1.jpg"), 3), 8, 8);
    const Image colour = fitTo(*readImage(m_folder / "train/a/1.png"), 8, 8);
    EXPECT_TRUE(std::equal(grey.pixels.begin(), grey.pixels.end(), pixels.begin()));
    EXPECT_TRUE(std::equal(colour.pixels.begin(), colour.pixels.end(), pixels.begin() + 8 * 8 * 3));
}

TEST_F(ImageFolder, TakesClassFoldersAloneForTraining) {
    add("a/1.png", "colour.png");
    add("b/1.png", "colour.png");
    const auto data = openDataset({m_folder.path(), {}, {}});
    ASSERT_TRUE(data);
    EXPECT_EQ((*data)->info().trainImages, 2);
    EXPECT_EQ((*data)->info().heldOutName, "");
    const auto heldOut = (*data)->images(Split::HeldOut, {13, 17, 3});
    ASSERT_TRUE(heldOut);
    EXPECT_EQ(*heldOut, nullptr);
}

TEST_F(ImageFolder, TakesAHeldOutFolderAlone) {
    add("val/a/1.png", "colour.png");
    const auto data = openDataset({m_folder.path(), {}, {}});
    ASSERT_TRUE(data);
    EXPECT_EQ((*data)->info().trainImages, 0);
    EXPECT_EQ((*data)->info().heldOutName, "val");
}

TEST_F(ImageFolder, AllowsAClassThatIsNotHeldOutButNotANewOne) {
    add("train/a/1.png", "colour.png");
    add("train/b/1.png", "colour.png");
    add("test/b/1.png", "colour.png");
    ASSERT_TRUE(openDataset({m_folder.path(), {}, {}}));
    add("test/c/1.png", "colour.png");
    const Error error = failure();
    EXPECT_EQ(error.where, (m_folder / "test/c").string());
}

TEST_F(ImageFolder, SaysWhatIsMissing) {
    EXPECT_NE(failure().text.find("holds no folder of images"), std::string::npos);
    addText("train/a/1.txt");
    EXPECT_NE(failure().text.find("hold no JPEG or PNG image"), std::string::npos);
    const auto missing = openDataset({m_folder / "nowhere", {}, {}});
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().text.find("no such folder"), std::string::npos);
    EXPECT_FALSE(openDataset({}));
    addText("file.h5");
    EXPECT_NE(openDataset({m_folder / "file.h5", {}, {}}).error().text.find("not HDF5"),
              std::string::npos);
}

TEST_F(ImageFolder, NamesTheImageThatCannotBeDecoded) {
    for (int i = 0; i < 8; ++i)
        add(fmt::format("train/a/{}.png", i), "colour.png");
    addText("train/a/6.png");
    const auto data = openDataset({m_folder.path(), {}, {}});
    ASSERT_TRUE(data); // only the first image is read when it is opened
    ImageCache cache;
    const auto images = cache.images(m_folder.path(), **data, Split::Train, {13, 17, 3}, m_control);
    ASSERT_FALSE(images);
    EXPECT_EQ(images.error().where, (m_folder / "train/a/6.png").string());
}

TEST_F(ImageFolder, IsDecodedOnceForSeveralRuns) {
    add("train/a/1.png", "colour.png");
    const auto data = openDataset({m_folder.path(), {}, {}});
    ASSERT_TRUE(data);
    ImageCache cache;
    const auto first = cache.images(m_folder.path(), **data, Split::Train, {13, 17, 3}, m_control);
    const auto second = cache.images(m_folder.path(), **data, Split::Train, {13, 17, 3}, m_control);
    const auto grey = cache.images(m_folder.path(), **data, Split::Train, {13, 17, 1}, m_control);
    ASSERT_TRUE(first && second && grey);
    EXPECT_EQ(*first, *second);
    EXPECT_NE(*first, *grey);
    m_control.stop();
    const auto stopped = cache.images(m_folder.path(), **data, Split::Train, {9, 9, 1}, m_control);
    ASSERT_TRUE(stopped);
    EXPECT_EQ(*stopped, nullptr);
}

} // namespace
} // namespace heirloom::test

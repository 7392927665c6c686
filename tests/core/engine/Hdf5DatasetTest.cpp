// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Dataset.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <numeric>

namespace heirloom::test {
namespace {

template <class T>
void write(hid_t file,
           const std::string& name,
           hid_t type,
           const std::vector<hsize_t>& shape,
           const std::vector<T>& values) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    const hid_t dataset =
        H5Dcreate2(file, name.c_str(), type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Pclose(links);
    H5Sclose(space);
}

void writeAttribute(hid_t file, const char* name, const std::vector<double>& values) {
    const hsize_t count = values.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute =
        H5Acreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, values.data());
    H5Aclose(attribute);
    H5Sclose(space);
}

/// A file with 5 training and 2 held-out images of 3 x 4 x 1 whose bytes count up from 0; parts can
/// be written otherwise or left out.
class Hdf5Dataset : public testing::Test {
protected:
    void SetUp() override {
        m_file = H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    }
    std::filesystem::path path() const { return m_folder / "images.h5"; }

    void writeImages(const std::string& split, hsize_t count, hsize_t channels = 1) {
        std::vector<std::uint8_t> pixels(count * 3 * 4 * channels);
        std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
        write(m_file, split + "/images", H5T_NATIVE_UINT8, {count, 3, 4, channels}, pixels);
    }
    void writeLabels(const std::string& split, const std::vector<std::int64_t>& labels) {
        write(m_file, split + "/labels", H5T_NATIVE_INT64, {labels.size()}, labels);
    }
    Result<std::shared_ptr<const Dataset>> open() {
        H5Fclose(m_file);
        return openDataset({path(), {}, {}});
    }
    Error failure() {
        const auto data = open();
        EXPECT_FALSE(data);
        return data ? Error{} : data.error();
    }

    TemporaryFolder m_folder;
    hid_t m_file = -1;
};

TEST_F(Hdf5Dataset, ReadsImagesLabelsClassesAndStatistics) {
    writeImages("train", 5);
    writeLabels("train", {0, 2, 1, 0, 2});
    writeImages("held_out", 2);
    write<std::uint8_t>(m_file, "held_out/labels", H5T_NATIVE_UINT8, {2}, {1, 0});
    const hid_t word = H5Tcopy(H5T_C_S1);
    H5Tset_size(word, 4);
    write<char>(
        m_file, "classes", word, {3}, {'a', 'n', 't', 0, 'b', 'e', 'e', 0, 'c', 'r', 'o', 'w'});
    H5Tclose(word);
    writeAttribute(m_file, "mean", {0.3});
    writeAttribute(m_file, "std", {0.4});
    const auto data = open();
    ASSERT_TRUE(data) << data.error().message();
    EXPECT_EQ((*data)->info().classes, (std::vector<std::string>{"ant", "bee", "crow"}));
    EXPECT_EQ((*data)->info().trainImages, 5);
    EXPECT_EQ((*data)->info().heldOutImages, 2);
    EXPECT_EQ((*data)->info().channels, 1);
    EXPECT_EQ((*data)->mean(), std::vector<double>{0.3});
    EXPECT_EQ((*data)->standardDeviation(), std::vector<double>{0.4});
    const auto images = (*data)->images(Split::Train, {3, 4, 1});
    ASSERT_TRUE(images);
    EXPECT_EQ((*images)->labels(), (std::vector<std::int64_t>{0, 2, 1, 0, 2}));
    std::vector<std::uint8_t> pixels(4 * 12);
    const std::vector<std::int64_t> indices{3, 4, 0, 2};
    ASSERT_TRUE((*images)->read(indices, pixels));
    for (std::size_t i = 0; i < indices.size(); ++i)
        for (std::size_t k = 0; k < 12; ++k)
            EXPECT_EQ(pixels[i * 12 + k], indices[i] * 12 + static_cast<std::int64_t>(k));
    const auto heldOut = (*data)->images(Split::HeldOut, {3, 4, 1});
    EXPECT_EQ((*heldOut)->labels(), (std::vector<std::int64_t>{1, 0}));
}

TEST_F(Hdf5Dataset, FitsImagesToTheModel) {
    writeImages("train", 2);
    writeLabels("train", {0, 1});
    const auto data = open();
    ASSERT_TRUE(data);
    const auto images = (*data)->images(Split::Train, {6, 6, 3});
    std::vector<std::uint8_t> pixels(2 * 6 * 6 * 3);
    const std::vector<std::int64_t> both{0, 1};
    ASSERT_TRUE((*images)->read(both, pixels));
    for (std::size_t i = 0; i < pixels.size(); i += 3)
        EXPECT_TRUE(pixels[i] == pixels[i + 1] && pixels[i] == pixels[i + 2]);
}

TEST_F(Hdf5Dataset, CountsClassesWhereNoneAreNamed) {
    writeImages("train", 3);
    writeLabels("train", {0, 3, 1});
    const auto data = open();
    ASSERT_TRUE(data);
    EXPECT_EQ((*data)->info().classes, (std::vector<std::string>{"0", "1", "2", "3"}));
}

TEST_F(Hdf5Dataset, RefusesALabelOutOfRange) {
    writeImages("train", 3);
    writeLabels("train", {0, -1, 1});
    EXPECT_NE(failure().text.find("label -1 of image 1"), std::string::npos);
}

TEST_F(Hdf5Dataset, RefusesAnAbsurdLabel) {
    writeImages("train", 1);
    writeLabels("train", {INT64_MAX});
    EXPECT_NE(failure().text.find("is not in [0, 1000000)"), std::string::npos);
}

TEST_F(Hdf5Dataset, RefusesLabelsThatAreNotOneAnImage) {
    writeImages("train", 3);
    writeLabels("train", {0, 1});
    const Error error = failure();
    EXPECT_EQ(error.where, "images.h5: train/labels");
    EXPECT_NE(error.text.find("expected 3 integers"), std::string::npos) << error.text;
}

TEST_F(Hdf5Dataset, RefusesTwoChannels) {
    writeImages("train", 3, 2);
    writeLabels("train", {0, 1, 0});
    EXPECT_NE(failure().text.find("1 or 3 channels"), std::string::npos);
}

TEST_F(Hdf5Dataset, RefusesFloatImages) {
    write<float>(m_file, "train/images", H5T_NATIVE_FLOAT, {1, 2, 2, 1}, {0, 1, 2, 3});
    writeLabels("train", {0});
    EXPECT_NE(failure().text.find("expected uint8"), std::string::npos);
}

TEST_F(Hdf5Dataset, DoesNotFollowLinksOutOfTheFile) {
    H5Lcreate_external("/etc/passwd", "/", m_file, "train", H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_NE(failure().text.find("neither a group train nor held_out"), std::string::npos);
}

TEST_F(Hdf5Dataset, DoesNotReadDataKeptOutsideOfTheFile) {
    const std::vector<hsize_t> shape{1, 2, 2, 1};
    const hid_t space = H5Screate_simple(4, shape.data(), nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(properties, "/etc/passwd", 0, 4);
    H5Gclose(H5Gcreate2(m_file, "train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(
        m_file, "train/images", H5T_NATIVE_UINT8, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Pclose(properties);
    H5Sclose(space);
    writeLabels("train", {0});
    EXPECT_EQ(failure().where, "images.h5: train/images");
}

TEST_F(Hdf5Dataset, RefusesACutFile) {
    writeImages("train", 5);
    writeLabels("train", {0, 2, 1, 0, 2});
    H5Fclose(m_file);
    m_file = H5Fopen(path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT); // closed by open()
    std::filesystem::copy_file(path(), m_folder / "cut.h5");
    std::filesystem::resize_file(m_folder / "cut.h5", 900);
    const auto data = openDataset({m_folder / "cut.h5", {}, {}});
    EXPECT_FALSE(data);
    H5Fclose(m_file);
}

} // namespace
} // namespace heirloom::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/Checkpoint.h"
#include "core/checkpoint/CheckpointWriter.h"
#include "core/checkpoint/hdf5/Hdf5Handle.h"
#include "tests/core/checkpoint/hdf5/Hdf5Builder.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <thread>

namespace heirloom {
namespace {

/// A file that is being made with the HDF5 library itself.
struct Making {
    explicit Making(const std::filesystem::path& path)
        : file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose) {}

    Hdf5Handle space(std::vector<hsize_t> sizes) const {
        return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
    }

    void dataset(const char* name,
                 hid_t type,
                 std::vector<hsize_t> sizes,
                 hid_t made = H5P_DEFAULT) const {
        const Hdf5Handle set(
            H5Dcreate2(file, name, type, space(std::move(sizes)), H5P_DEFAULT, made, H5P_DEFAULT),
            H5Dclose);
        ASSERT_TRUE(set.isValid()) << name;
    }

    Hdf5Handle file;
};

std::string notesOf(const Checkpoint& checkpoint) {
    std::string text;
    for (const auto& note : checkpoint.notes())
        text += note + "\n";
    return text;
}

TEST(Hdf5Reader, FollowsNoLinksToOtherPlaces) {
    const test::TemporaryFolder folder;
    {
        const Making other(folder / "other.h5");
        other.dataset("secret", H5T_IEEE_F32LE, {2});
        const Making making(folder / "a.h5");
        making.dataset("w", H5T_IEEE_F32LE, {2});
        H5Lcreate_external((folder / "other.h5").c_str(),
                           "/secret",
                           making.file,
                           "external",
                           H5P_DEFAULT,
                           H5P_DEFAULT);
        H5Lcreate_soft("/w", making.file, "soft", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("/loop", making.file, "loop", H5P_DEFAULT, H5P_DEFAULT);
    }
    const auto opened = openCheckpoint(folder / "a.h5");
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_EQ((*opened)->tensors().size(), 1U);
    EXPECT_EQ((*opened)->tensors()[0].name, "w");
    EXPECT_NE(notesOf(**opened).find("3 links to other places not followed"), std::string::npos);
}

TEST(Hdf5Reader, ListsAGroupInsideItselfOnce) {
    const test::TemporaryFolder folder;
    {
        const Making making(folder / "a.h5");
        const Hdf5Handle group(H5Gcreate2(making.file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                               H5Gclose);
        making.dataset("g/w", H5T_IEEE_F32LE, {2});
        H5Lcreate_hard(making.file, "g", group, "again", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_hard(making.file, "/", group, "root", H5P_DEFAULT, H5P_DEFAULT);
    }
    const auto opened = openCheckpoint(folder / "a.h5");
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->tensors().size(), 1U);
}

TEST(Hdf5Reader, TakesPrefixesOffNamesAsInOtherFiles) {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.h5";
    {
        const test::Hdf5Builder builder(path);
        builder.floats("module.encoder.w", {2, 3}, test::Hdf5Builder::chunked({1, 3}));
        builder.floats("module.bias", {3});
    }
    const auto opened = openCheckpoint(path);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->prefix(), "module.");
    EXPECT_NE(notesOf(**opened).find("prefix 'module.' taken off every name"), std::string::npos);
    const auto weight = (*opened)->read("encoder.w");
    ASSERT_TRUE(weight) << weight.error().message();
    EXPECT_EQ(toFloats(*weight), (std::vector<float>{0, 1, 2, 3, 4, 5}));
    EXPECT_TRUE((*opened)->read("bias"));

    OpenOptions options;
    options.prefix = "encoder.";
    const auto inside = openCheckpoint(path, options);
    ASSERT_TRUE(inside) << inside.error().message();
    ASSERT_EQ((*inside)->tensors().size(), 1U);
    const auto same = (*inside)->read("w");
    ASSERT_TRUE(same) << same.error().message();
    EXPECT_EQ(same->bytes, weight->bytes);

    options.prefix = "";
    const auto whole = openCheckpoint(path, options);
    ASSERT_TRUE(whole);
    EXPECT_TRUE((*whole)->find("module.encoder.w"));
}

TEST(Hdf5Reader, RefusesToReadElementsFromElsewhere) {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "outside.bin") << "12345678";
    {
        const Making making(folder / "a.h5");
        const Hdf5Handle external(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_external(external, (folder / "outside.bin").c_str(), 0, 8);
        making.dataset("external", H5T_IEEE_F32LE, {2}, external);
        making.dataset("source", H5T_IEEE_F32LE, {2});
        const Hdf5Handle virtualSet(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_virtual(
            virtualSet, making.space({2}), (folder / "other.h5").c_str(), "/x", making.space({2}));
        making.dataset("virtual", H5T_IEEE_F32LE, {2}, virtualSet);
        const Hdf5Handle packed(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        const hsize_t chunk = 2;
        H5Pset_chunk(packed, 1, &chunk);
        H5Pset_filter(packed, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr); // a plug-in's
        making.dataset("packed", H5T_IEEE_F32LE, {2}, packed);
        const Hdf5Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(text, H5T_VARIABLE);
        making.dataset("texts", text, {2});
        making.dataset("references", H5T_STD_REF_OBJ, {2});
    }
    const auto opened = openCheckpoint(folder / "a.h5");
    ASSERT_TRUE(opened) << opened.error().message();
    for (const char* name : {"external", "virtual", "packed"}) {
        ASSERT_NE((*opened)->find(name), nullptr) << name;
        EXPECT_EQ((*opened)->find(name)->dtype, DType::Unsupported) << name;
        EXPECT_FALSE((*opened)->read(name));
    }
    EXPECT_TRUE((*opened)->read("source"));
    EXPECT_EQ((*opened)->find("texts"), nullptr);
    const std::string notes = notesOf(**opened);
    for (const char* words : {"lie in other files",
                              "virtual dataset",
                              "filter 32015",
                              "2 datasets without plain numbers"})
        EXPECT_NE(notes.find(words), std::string::npos) << notes;
}

TEST(Hdf5Reader, DoesNotUnfoldABomb) {
    const test::TemporaryFolder folder;
    {
        const Making making(folder / "a.h5");
        const Hdf5Handle packed(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        const hsize_t chunk = 1 << 16;
        H5Pset_chunk(packed, 1, &chunk);
        H5Pset_deflate(packed, 9);
        making.dataset("bomb", H5T_IEEE_F32LE, {hsize_t{1} << 40}, packed); // 4 TiB, nothing stored
        making.dataset("fine", H5T_IEEE_F32LE, {1 << 16}, packed);
    }
    const auto opened = openCheckpoint(folder / "a.h5");
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ((*opened)->find("bomb")->dtype, DType::Unsupported);
    EXPECT_TRUE((*opened)->read("fine"));
}

TEST(Hdf5Reader, RefusesACutFileInASentence) {
    const test::TemporaryFolder folder;
    std::ifstream file(test::dataFolder() / "golden" / "zoo" / "keras_weights.h5",
                       std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (const std::size_t size :
         {std::size_t{8}, std::size_t{100}, std::size_t{600}, bytes.size() / 2, bytes.size() - 1}) {
        std::ofstream(folder / "cut.h5", std::ios::binary) << bytes.substr(0, size);
        const auto opened = openCheckpoint(folder / "cut.h5");
        ASSERT_FALSE(opened) << size;
        EXPECT_NE(opened.error().text.find("HDF5"), std::string::npos) << opened.error().message();
    }
}

TEST(Hdf5Reader, ReadsFromManyThreads) {
    const auto opened = openCheckpoint(test::dataFolder() / "golden" / "zoo" / "nested.h5");
    ASSERT_TRUE(opened);
    const auto expected = (*opened)->readAll();
    ASSERT_TRUE(expected);
    std::array<bool, 4> same{};
    {
        std::vector<std::jthread> threads;
        for (bool& ok : same)
            threads.emplace_back([&] {
                ok = true;
                for (int i = 0; i < 20; ++i) {
                    const auto read = (*opened)->readAll();
                    ok = ok && read && read->entries() == expected->entries();
                }
            });
    }
    for (const bool ok : same)
        EXPECT_TRUE(ok);
}

TEST(Hdf5Reader, NoticesAFileThatWasWrittenOver) {
    const test::TemporaryFolder folder;
    StateDict state;
    state.set("w", HostTensor::zeros(DType::F32, {4}));
    ASSERT_TRUE(writeCheckpoint(folder / "a.h5", CheckpointFormat::Hdf5, state));
    const auto opened = openCheckpoint(folder / "a.h5");
    ASSERT_TRUE(opened);
    std::ofstream(folder / "a.h5", std::ios::app) << "more";
    const auto read = (*opened)->read("w");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().text.find("changed by another program"), std::string::npos);
}

} // namespace
} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/OpenCheckpoint.h"

#include "core/checkpoint/Checkpoint.h"
#include "tests/core/checkpoint/FileBuilder.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <thread>
#include <vector>

namespace heirloom {
namespace {

using namespace std::string_literals;

class OpenCheckpoint : public testing::TestWithParam<const char*> {};

TEST_P(OpenCheckpoint, MayBeCalledAndReadFromManyThreads) {
    const auto path = test::dataFolder() / "golden" / GetParam();
    const auto shared = openCheckpoint(path);
    ASSERT_TRUE(shared) << shared.error().message();
    const auto expected = (*shared)->readAll();
    ASSERT_TRUE(expected) << expected.error().message();
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                const auto own = openCheckpoint(path);
                if (!own || (*own)->tensors() != (*shared)->tensors())
                    ++wrong;
                const auto& tensors = (*shared)->tensors();
                for (std::size_t i = 0; i < tensors.size(); ++i) {
                    const auto& tensor = tensors[(i + thread * 7) % tensors.size()];
                    if (tensor.dtype == DType::Unsupported)
                        continue;
                    const auto read = (*shared)->read(tensor.name);
                    if (!read || *read != *expected->find(tensor.name))
                        ++wrong;
                }
            });
    }
    EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(EveryFormat,
                         OpenCheckpoint,
                         testing::Values("zoo/single.safetensors",
                                         "zoo/hf_sharded",
                                         "zoo/views.pth",
                                         "zoo/legacy_views.pth",
                                         "zoo/tar_legacy.pth",
                                         "zoo/torchscript.pt",
                                         "zoo/keras_weights.h5",
                                         "numpy/half.npy",
                                         "numpy/deflated.npz",
                                         "gguf/small.gguf"),
                         [](const auto& row) {
                             std::string name = row.param;
                             for (char& c : name)
                                 if (std::isalnum(static_cast<unsigned char>(c)) == 0)
                                     c = '_';
                             return name;
                         });

TEST(OpenCheckpointBytes, TellsCompressedFilesFromUnknownOnes) {
    for (const auto& magic :
         {"\x1f\x8b\x08"s, "\x28\xb5\x2f\xfd"s, "\xfd\x37zXZ"s, "BZh9"s, "7z\xbc\xaf"s}) {
        const auto opened = test::openText(magic + std::string(600, 'x'));
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.error().text.find("is compressed"), std::string::npos)
            << opened.error().message();
        EXPECT_EQ(opened.error().advice, "Unpack it and open what was inside");
    }
    const auto opened = test::openText(std::string(600, 'x'));
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find("no checkpoint of a known kind"), std::string::npos);
}

} // namespace
} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
// Four CIFAR-10 ResNets trained by others (akamaster/pytorch_resnet_cifar10): legacy streams with a
// nest, a prefix and CUDA storages. The numbers below are PyTorch's: torch.load(f,
// map_location="cpu", weights_only=True)["state_dict"], names without "module.".
#include "core/base/Sha256.h"
#include "core/checkpoint/Checkpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

namespace heirloom {
namespace {

struct Expected {
    const char* file;
    std::size_t tensors;
    std::int64_t elements;
    const char* all; ///< sha256 over name, NUL, elements of every tensor in order
    const char* conv1;
    const char* linear;
};

constexpr Expected files[] = {{"resnet20-12fca82f.th",
                               97,
                               271098,
                               "d190fcb8478dc11c803c7034ad0b3ea771a0fb95fb49c8b2455825e8d665c4af",
                               "dd58fff310126506139692df49419cb3e897fa12836cb17f2141722107b42d6f",
                               "a16928bec91464d4dcc913d19d12e0c0ded575af18a3eaf831b11447064c0ac5"},
                              {"resnet32-d509ac18.th",
                               157,
                               466426,
                               "b9da581e6a083f644a49577c292f48710a9f22e6bd667d4237d0859ee1a1cfff",
                               "b7fcc6061201fcb960f564896318c08b083502243f932377adfb8675d4dd1f10",
                               "abf5ddaa2f573b19c9741243e46b30cf3249e655d59554a7eb87f7beba2125ed"},
                              {"resnet44-014dd654.th",
                               217,
                               661754,
                               "529efc2779b36bbf78dc72c655078d9e0ffb9572bbbc0c3afec0a15156c74480",
                               "b6136bfe8df9cc398d04d4ba851686dd0b94483bebb7d62984ab64c352000d32",
                               "81be0f6bd0df8ce2a0a0be610b9f0c942a87b40e8dcc1d92e50fc111376d021e"},
                              {"resnet56-4bfd9763.th",
                               277,
                               857082,
                               "34320e92d8fbc5a0a3116394e81f52d0a7182d4ae89f478c139c2847f05cc7cf",
                               "2c839b9bbbcddce343c5e5fb9cbe713c1e0fed17d53a4a648b4493c8d4d92c2a",
                               "9e3bd818a5c6809f19496a76ce27d75f00f8376a59f2f4dd8b7cb8bb9e5f1d4c"}};

class ResNetCifar10 : public testing::TestWithParam<Expected> {};

TEST_P(ResNetCifar10, OpensWithTheTensorsThatTorchReads) {
    const auto path = test::foreignData(std::string("resnet-cifar10/") + GetParam().file);
    if (!path)
        GTEST_SKIP() << "resnet-cifar10/" << GetParam().file << " is not there";
    const auto checkpoint = openCheckpoint(*path);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    EXPECT_EQ((*checkpoint)->format(), "pytorch-legacy");
    EXPECT_EQ((*checkpoint)->tensors().size(), GetParam().tensors);
    EXPECT_EQ((*checkpoint)->find("layer3.0.conv1.weight")->shape, (Shape{64, 32, 3, 3}));
    EXPECT_EQ((*checkpoint)->find("linear.bias")->shape, (Shape{10}));
    EXPECT_EQ(sha256Hex((*checkpoint)->read("conv1.weight")->bytes), GetParam().conv1);
    EXPECT_EQ(sha256Hex((*checkpoint)->read("linear.weight")->bytes), GetParam().linear);
    Sha256 all;
    std::int64_t elements = 0;
    for (const TensorInfo& tensor : (*checkpoint)->tensors()) {
        EXPECT_EQ(tensor.dtype, DType::F32);
        elements += tensor.elements();
        all.update(std::as_bytes(std::span(tensor.name.c_str(), tensor.name.size() + 1)));
        all.update((*checkpoint)->read(tensor)->bytes);
    }
    EXPECT_EQ(elements, GetParam().elements);
    EXPECT_EQ(all.hex(), GetParam().all);
}

INSTANTIATE_TEST_SUITE_P(Files, ResNetCifar10, testing::ValuesIn(files), [](const auto& one) {
    return std::string(one.param.file).substr(0, 8);
});

} // namespace
} // namespace heirloom

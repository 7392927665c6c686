// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "core/model/OpenedModel.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

using namespace heirloom;
using namespace heirloom::test;

namespace {

struct RealFile {
    const char* path;
    const char* name;
    std::int64_t parameters;
};

void PrintTo(const RealFile& file, std::ostream* out) { *out << file.path; }

class RealCheckpoints : public testing::TestWithParam<RealFile> {};

} // namespace

TEST_P(RealCheckpoints, AreRecognizedByTheirTensors) {
    const auto path = foreignData(GetParam().path);
    if (!path)
        GTEST_SKIP() << "wants " << GetParam().path;
    const auto opened = openModel(path->string(), ModelText::FileOnly);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->spec->name, GetParam().name) << testing::PrintToString(opened->spec->notes);
    EXPECT_EQ(opened->spec->parameterCount(), GetParam().parameters);
    EXPECT_EQ(opened->spec->parameters.size(), opened->checkpoint->tensors().size());
}

INSTANTIATE_TEST_SUITE_P(
    CifarResNet,
    RealCheckpoints,
    testing::Values(RealFile{"resnet-cifar10/resnet20-12fca82f.th", "resnet20", 269722},
                    RealFile{"resnet-cifar10/resnet32-d509ac18.th", "resnet32", 464154},
                    RealFile{"resnet-cifar10/resnet44-014dd654.th", "resnet44", 658586},
                    RealFile{"resnet-cifar10/resnet56-4bfd9763.th", "resnet56", 853018}),
    [](const auto& tested) { return std::string(tested.param.name); });

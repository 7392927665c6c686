// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/HubNames.h"

#include "core/base/Sha256.h"
#include "core/model/Families.h"
#include "tests/core/model/TextModels.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace heirloom;
using namespace heirloom::test;

TEST(HubNames, StandForTheTensorsThatTheFilesThereHold) {
    std::ifstream file(dataFolder() / "golden/hub/hub.json");
    const auto golden = nlohmann::json::parse(file);
    ASSERT_GE(golden["models"].size(), 10U);
    for (const auto& row : golden["models"]) {
        const auto id = row["id"].get<std::string>();
        SCOPED_TRACE(id);
        const auto spec = modelNamed(id);
        std::vector<std::string> lines;
        std::int64_t elements = 0;
        for (const auto& parameter : spec.parameters) {
            if (parameter.isBuffer) // of Swin, which transformers 5 computes and does not save
                continue;
            lines.push_back(
                fmt::format("{} [{}]\n", parameter.name, fmt::join(parameter.shape, ", ")));
            elements += elementCount(parameter.shape).value();
        }
        std::ranges::sort(lines);
        Sha256 digest;
        for (const auto& line : lines)
            digest.update(std::as_bytes(std::span(line)));
        EXPECT_EQ(lines.size(), row["tensors"]["count"].get<std::size_t>());
        EXPECT_EQ(elements, row["tensors"]["elements"].get<std::int64_t>());
        EXPECT_EQ(digest.hex(), row["tensors"]["sha256"].get<std::string>());
    }
}

TEST(HubNames, OfEveryFormAreModels) {
    for (const auto* id : {"google/vit-large-patch16-224",
                           "google/vit-base-patch16-384",
                           "google/vit-large-patch32-384",
                           "google/vit-large-patch32-224-in21k",
                           "facebook/deit-base-patch16-224",
                           "facebook/deit-tiny-distilled-patch16-224",
                           "facebook/dinov2-giant",
                           "facebook/dinov2-with-registers-large",
                           "microsoft/swin-base-patch4-window12-384",
                           "microsoft/swin-small-patch4-window7-224",
                           "facebook/convnext-large-224",
                           "facebook/convnextv2-huge-1k-224"})
        EXPECT_TRUE(modelFromName(id)) << id;
}

TEST(HubNames, TakeChangesAsOtherNamesDo) {
    const auto spec = modelNamed("facebook/deit-tiny-patch16-224:num_classes=100,depth=6");
    EXPECT_EQ(spec.name, "deit_tiny_patch16_224:depth=6,num_classes=100,names=transformers4");
    EXPECT_EQ(modelNamed(spec.name).hyper, spec.hyper);
}

TEST(HubNames, OfNoKnownModelAreRefusedWithWhatIsNear) {
    EXPECT_FALSE(hubModel("facebook/deit-tiny"));
    EXPECT_FALSE(hubModel("google/vit-base/../patch16-224"));
    EXPECT_FALSE(hubModel("facebook/dinov2-"));
    const auto wrong = modelFromName("google/vit-huge2-patch16-224");
    ASSERT_FALSE(wrong);
    const auto none = modelFromName("facebook/deit-tniy-patch16-224");
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message().find("deit_tiny_patch16_224"), std::string::npos)
        << none.error().message();
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Translation.h"

#include "core/model/Families.h"
#include "tests/support/FillCheckpoint.h"

#include <gtest/gtest.h>

#include <cstring>

namespace heirloom {
namespace {

OpenedModel filled(std::string_view name) {
    auto spec = std::make_shared<const ModelSpec>(modelFromName(name).value());
    std::vector<TensorInfo> tensors;
    for (const auto& parameter : spec->parameters)
        tensors.push_back({parameter.name, parameter.dtype, parameter.shape});
    return {test::fillCheckpoint(std::move(tensors)), std::move(spec)};
}

const std::string sizes = "vit:dim=24,heads=3,depth=2,image=32,patch=8,num_classes=10";

TEST(Translation, LeavesAModelOfTheSameNamesAlone) {
    const auto model = filled(sizes);
    const auto spoken = spokenLike(model, *model.spec);
    ASSERT_TRUE(spoken);
    EXPECT_EQ(spoken->spec, model.spec);
    EXPECT_EQ(spoken->checkpoint, model.checkpoint);
}

TEST(Translation, TakesAFusedQkvApart) {
    const auto model = filled(sizes);
    const auto other = modelFromName(sizes + ",names=transformers").value();
    const auto spoken = spokenLike(model, other);
    ASSERT_TRUE(spoken) << spoken.error().message();
    const auto fused = model.checkpoint->read("blocks.1.attn.qkv.weight").value();
    int found = 0;
    for (const auto& parameter : spoken->spec->parameters) {
        if (parameter.role != "blocks.1.attn.qkv.weight")
            continue;
        ++found;
        const auto part = spoken->checkpoint->read(parameter.name).value();
        ASSERT_EQ(part.bytes.size() * 3, fused.bytes.size());
        const auto offset =
            part.bytes.size() * static_cast<std::size_t>(parameter.rolePart);
        EXPECT_EQ(std::memcmp(part.bytes.data(), fused.bytes.data() + offset, part.bytes.size()), 0)
            << parameter.name;
    }
    EXPECT_EQ(found, 3);
}

TEST(Translation, PutsQAndKAndVTogetherAndComesBackToTheSameBytes) {
    for (const auto* names : {"transformers", "torchvision"}) {
        const auto model = filled(sizes);
        const auto there = spokenLike(model, modelFromName(sizes + ",names=" + names).value());
        ASSERT_TRUE(there) << there.error().message();
        EXPECT_EQ(there->spec->parameters.size(), there->checkpoint->tensors().size());
        const auto back = inFirstDialect(*there);
        ASSERT_TRUE(back) << back.error().message();
        ASSERT_EQ(back->checkpoint->tensors().size(), model.checkpoint->tensors().size()) << names;
        for (const auto& tensor : model.checkpoint->tensors())
            EXPECT_EQ(back->checkpoint->read(tensor.name).value(),
                      model.checkpoint->read(tensor).value())
                << names << " " << tensor.name;
    }
}

TEST(Translation, ReadsAnyRunOfRows) {
    const auto model = filled(sizes + ",names=transformers");
    const auto spoken = inFirstDialect(model);
    ASSERT_TRUE(spoken) << spoken.error().message();
    const auto* tensor = spoken->checkpoint->find("blocks.0.attn.qkv.weight");
    ASSERT_TRUE(tensor);
    const auto whole = spoken->checkpoint->read(*tensor).value();
    const auto rowBytes = static_cast<std::size_t>(tensor->bytes() / tensor->shape[0]);
    for (std::int64_t first = 0; first < tensor->shape[0]; first += 7)
        for (const std::int64_t count : {std::int64_t{1}, std::int64_t{30}}) {
            const auto rows = std::min(count, tensor->shape[0] - first);
            std::vector<std::byte> bytes(static_cast<std::size_t>(rows) * rowBytes);
            ASSERT_TRUE(spoken->checkpoint->readRows(*tensor, first, rows, bytes));
            EXPECT_EQ(std::memcmp(bytes.data(),
                                  whole.bytes.data() + static_cast<std::size_t>(first) * rowBytes,
                                  bytes.size()),
                      0)
                << first << " " << rows;
        }
}

TEST(Translation, FeedsADistilBertFromABert) {
    const auto teacher =
        filled("bert:dim=24,heads=3,depth=4,mlp=48,vocab=50,positions=16,types=2");
    const auto student =
        modelFromName("bert:dim=24,heads=3,depth=2,mlp=48,vocab=50,positions=16,names=distilbert");
    ASSERT_TRUE(student) << student.error().message();
    const auto spoken = spokenLike(teacher, *student);
    ASSERT_TRUE(spoken) << spoken.error().message();
    EXPECT_TRUE(speaksAlike(*spoken->spec, *student));
    for (const auto& parameter : student->parameters)
        EXPECT_TRUE(parameter.layer < 0 || spoken->spec->find(parameter.name)) << parameter.name;
}

} // namespace
} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/TextModels.h"

#include "core/model/ModelConfig.h"
#include "tests/core/model/GoldenModel.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace heirloom::test {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Golden groups [kept, copy] as ModelSpec::tied has them.
Pairs tiedPairs(const nlohmann::json& groups) {
    Pairs pairs;
    for (const auto& group : groups)
        pairs.emplace_back(group[1].get<std::string>(), group[0].get<std::string>());
    return pairs;
}

std::vector<TensorInfo> withoutCopies(std::vector<TensorInfo> tensors, const Pairs& tied) {
    std::erase_if(tensors, [&](const TensorInfo& tensor) {
        return std::ranges::find(tied, tensor.name, &Pairs::value_type::first) != tied.end();
    });
    return tensors;
}

void expectConfigLeadsTo(const ModelSpec& spec, const nlohmann::json& facts) {
    const TemporaryFolder folder;
    auto config = facts["config"];
    config["architectures"] = {facts["class"]};
    std::ofstream(folder / "config.json") << config.dump();
    const auto read = readModelConfig(folder.path());
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_TRUE(*read && (*read)->family);
    const auto built = modelFromConfig(**read);
    ASSERT_TRUE(built) << built.error().message();
    EXPECT_EQ(built->hyper, spec.hyper) << canonicalName(*built);
    EXPECT_EQ(built->name, spec.name);
}

} // namespace

ModelSpec modelNamed(std::string_view name) {
    auto spec = modelFromName(name);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

ModelSpec modelRead(std::vector<TensorInfo> tensors, std::string_view changes) {
    auto spec = recognizeModel(*namesOnly(std::move(tensors)), changes);
    EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
    return spec ? *spec : ModelSpec{};
}

bool notesSay(const ModelSpec& spec, std::string_view words) {
    return std::ranges::any_of(
        spec.notes, [&](const auto& note) { return note.find(words) != std::string::npos; });
}

const IndexSpace& spaceOf(const ModelSpec& spec, std::string_view name) {
    static const IndexSpace none{};
    const int index = spec.spaceIndex(name);
    EXPECT_GE(index, 0) << name;
    return index < 0 ? none : spec.spaces[static_cast<std::size_t>(index)];
}

std::string axisText(const ModelSpec& spec, std::string_view parameter, std::size_t axis) {
    const auto* found = spec.find(parameter);
    if (!found || axis >= found->axes.size())
        return "none";
    std::string text;
    for (const auto& segment : found->axes[axis].segments) {
        text += text.empty() ? "" : " | ";
        std::string product;
        for (const int space : segment.spaces)
            product +=
                (product.empty() ? "" : " x ") + spec.spaces[static_cast<std::size_t>(space)].name;
        text += product;
    }
    return text;
}

void expectStockTextModel(const std::string& label, const std::string& name) {
    SCOPED_TRACE(label);
    const auto golden = goldenModel(label);
    const auto tied = tiedPairs(golden["tied"]);
    auto entries = tensorsOf(golden["entries"]);
    const auto stored = withoutCopies(entries, tied);

    const auto spec = modelNamed(name);
    EXPECT_EQ(spec.name, name);
    EXPECT_EQ(tensorsOf(spec), stored);
    EXPECT_EQ(spec.tied, tied);
    EXPECT_EQ(spec.parameterCount(), golden["parameters"].get<std::int64_t>());
    for (const auto& parameter : spec.parameters)
        EXPECT_FALSE(parameter.isBuffer) << parameter.name;

    auto sorted = stored;
    std::ranges::sort(sorted, {}, &TensorInfo::name); // as safetensors files have them
    const auto read = modelRead(sorted);
    EXPECT_EQ(read.name, name) << testing::PrintToString(read.notes);
    EXPECT_EQ(read.hyper, spec.hyper);
    EXPECT_TRUE(read.notes.empty()) << testing::PrintToString(read.notes);
    EXPECT_EQ(tensorsOf(read), stored);
    if (!tied.empty()) {
        const auto whole = modelRead(entries);
        EXPECT_EQ(whole.name, name) << testing::PrintToString(whole.notes);
        EXPECT_EQ(tensorsOf(whole), stored);
        EXPECT_EQ(whole.tied, tied);
        EXPECT_TRUE(notesSay(whole, tied[0].first + " is " + tied[0].second + " again"));
    }
    expectConfigLeadsTo(spec, golden["facts"]);
}

void expectForwardCase(const std::string& label,
                       const std::string& name,
                       const std::string& changes) {
    SCOPED_TRACE(label);
    const auto golden = goldenCase(label);
    const auto leftOut = golden["tied_keys_left_out"].get<std::vector<std::string>>();
    auto order = golden["state_dict_order"].get<std::vector<std::string>>();
    std::erase_if(
        order, [&](const auto& key) { return std::ranges::find(leftOut, key) != leftOut.end(); });
    const auto spec = modelNamed(name);
    std::vector<std::string> names, copies;
    for (const auto& parameter : spec.parameters)
        names.push_back(parameter.name);
    for (const auto& [copy, kept] : spec.tied)
        copies.push_back(copy);
    EXPECT_EQ(names, order);
    EXPECT_EQ(copies, leftOut);
    auto built = tensorsOf(spec), stored = goldenWeights(label);
    std::ranges::sort(built, {}, &TensorInfo::name);
    std::ranges::sort(stored, {}, &TensorInfo::name);
    EXPECT_EQ(built, stored);
    const auto read = modelRead(stored, changes);
    EXPECT_EQ(read.hyper, spec.hyper) << canonicalName(read);
}

} // namespace heirloom::test

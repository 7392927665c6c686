// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/FirstDialect.h"

#include "core/engine/TensorBridge.h"
#include "core/model/Translation.h"
#include "tests/core/engine/EngineTestSupport.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace heirloom::test {
namespace {

const DataSource kDigits{std::filesystem::path(HEIRLOOM_SAMPLES) / "digits.h5", {}, {}};

class Silent final : public RunObserver {
public:
    void started(std::int64_t) override {}
    void stepDone(const StepMetrics&) override {}
    void epochDone(const EpochMetrics&) override {}
};

ModelSpec named(const std::string& name) {
    auto spec = modelFromName(name);
    if (!spec)
        throw std::runtime_error(spec.error().message());
    return std::move(*spec);
}

struct Net {
    ModelSpec model;
    StateDict weights;
};

/// Weights that differ in every tensor, and the same under the names of `other`.
Net drawn(const std::string& name) {
    Net net{named(name), {}};
    net.weights = drawnWeights(net.model, 3);
    return net;
}

Net spokenAs(const Net& net, const std::string& other) {
    const auto spoken =
        spokenLike({memoryCheckpoint(net.weights), std::make_shared<const ModelSpec>(net.model)},
                   named(other));
    if (!spoken)
        throw std::runtime_error(spoken.error().message());
    return {*spoken->spec, *spoken->checkpoint->readAll()};
}

StateDict trained(const Net& net) {
    FineTuneOptions options;
    options.epochs = 1;
    options.batchSize = 512; // three steps
    options.seed = 5;
    options.threads = 1;
    Silent observer;
    RunControl control;
    auto outcome = engine().fineTune(net.model, net.weights, kDigits, options, observer, control);
    if (!outcome)
        throw std::runtime_error(outcome.error().message());
    return std::move(outcome->weights);
}

std::vector<std::string> namesOf(const StateDict& weights) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : weights.entries())
        names.push_back(name);
    return names;
}

struct Pair {
    std::string label, timm, changes;
    friend void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.label; }
};

const std::string kVit =
    "vit:dim=32,depth=2,heads=4,mlp=64,patch=2,image=8,channels=1,num_classes=10";
const std::string kNext =
    "convnext_tiny:depths=1-1-1-1,dims=8-8-16-16,patch=1,channels=1,image=8,num_classes=10";
const std::string kSwin =
    "swin:depths=2-2,dims=16-32,heads=2-4,patch=1,window=4,channels=1,image=8,num_classes=10";

/// The two libraries' classes compute the same, so no bit may differ.
class SameInOtherNames : public testing::TestWithParam<Pair> {};

TEST_P(SameInOtherNames, LogitsAreEqualBitForBit) {
    const Net timm = drawn(GetParam().timm);
    const Net other = spokenAs(timm, GetParam().timm + "," + GetParam().changes);
    ASSERT_NE(namesOf(other.weights), namesOf(timm.weights));
    HostTensor input = HostTensor::zeros(DType::F32, {3, 1, 8, 8});
    for (std::size_t i = 0; i < input.floats().size(); ++i)
        input.floats()[i] = static_cast<float>(i % 7) - 3;
    const auto expected = engine().forward(timm.model, timm.weights, input, "cpu");
    const auto found = engine().forward(other.model, other.weights, input, "cpu");
    ASSERT_TRUE(expected) << expected.error().message();
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->logits, expected->logits);
}

TEST_P(SameInOtherNames, StepsOfTrainingAreEqualBitForBitAndComeBackUnderTheGivenNames) {
    const Net timm = drawn(GetParam().timm);
    const std::string changes = GetParam().timm + "," + GetParam().changes;
    const Net other = spokenAs(timm, changes);
    const StateDict expected = trained(timm);
    const StateDict found = trained(other);
    EXPECT_EQ(namesOf(found), namesOf(other.weights));
    const Net expectedInOther = spokenAs({timm.model, expected}, changes);
    std::size_t changed = 0;
    for (const auto& [name, tensor] : found.entries()) {
        ASSERT_TRUE(expectedInOther.weights.find(name)) << name;
        EXPECT_EQ(tensor, *expectedInOther.weights.find(name)) << name;
        changed += tensor == *other.weights.find(name) ? 0U : 1U;
    }
    // all but constants (the index of Swin's tables)
    EXPECT_EQ(changed,
              static_cast<std::size_t>(
                  std::ranges::count(other.model.parameters, false, &Parameter::isBuffer)));
}

INSTANTIATE_TEST_SUITE_P(
    Libraries,
    SameInOtherNames,
    testing::Values(Pair{"vit_torchvision", kVit, "names=torchvision"},
                    Pair{"dinov2_transformers",
                         kVit + ",layer_scale=true,pool=both",
                         "names=transformers,wrapper=true"},
                    Pair{"dinov2_transformers4",
                         kVit + ",layer_scale=true,pool=both",
                         "names=transformers4,wrapper=true"},
                    Pair{"dinov2_swiglu_transformers",
                         kVit + ",layer_scale=true,swiglu=true,pool=both",
                         "names=transformers,wrapper=true"},
                    Pair{"clip_transformers",
                         kVit + ",pre_norm=true,head_bias=false",
                         "names=transformers,wrapper=true,act=gelu"},
                    Pair{"convnext_torchvision", kNext, "names=torchvision"},
                    Pair{"convnext_authors", kNext, "names=authors"},
                    Pair{"swin_torchvision", kSwin, "names=torchvision"},
                    Pair{"swin_transformers4", kSwin, "names=transformers4,wrapper=true"}),
    [](const auto& test) { return test.param.label; });

/// transformers' ViT has another eps in its norms, and ConvNeXt in the last one.
class EpsilonInOtherNames : public testing::TestWithParam<Pair> {};

TEST_P(EpsilonInOtherNames, IsAllThatDiffersFromTimm) {
    const Net timm = drawn(GetParam().timm);
    const Net other = spokenAs(timm, GetParam().timm + "," + GetParam().changes);
    const auto spoken = FirstDialect::of(other.model, other.weights);
    ASSERT_TRUE(spoken) << spoken.error().message();
    // scaled down until eps shows
    const at::Tensor input = at::ones({2, 1, 8, 8}) * 1e-3;
    const auto theirs = spoken->network(at::kCPU);
    const auto asTimm = makeNetwork(spoken->model(), spoken->weights(), at::kCPU, "timm");
    const auto expected = makeNetwork(timm.model, timm.weights, at::kCPU);
    ASSERT_TRUE(theirs && asTimm && expected);
    const at::Tensor logits = (*expected)->forward(input, Mode::Evaluation);
    EXPECT_TRUE(at::equal((*asTimm)->forward(input, Mode::Evaluation), logits));
    EXPECT_FALSE(at::equal((*theirs)->forward(input, Mode::Evaluation), logits));
}

INSTANTIATE_TEST_SUITE_P(
    Libraries,
    EpsilonInOtherNames,
    testing::Values(Pair{"vit_transformers", kVit, "names=transformers,wrapper=true"},
                    Pair{"vit_transformers4", kVit, "names=transformers4,wrapper=true"},
                    Pair{"convnext_transformers", kNext, "names=transformers,wrapper=true"}),
    [](const auto& test) { return test.param.label; });

TEST(FirstDialect, KeepsWhatTheModulesDoNotHold) {
    // transformers' DINOv2 has a mask token, which plays no part in classifying
    const Net net = spokenAs(drawn(kVit + ",layer_scale=true,pool=both"),
                             kVit + ",layer_scale=true,pool=both,names=transformers,wrapper=true");
    Net whole{named(net.model.name), net.weights};
    HostTensor mask = HostTensor::zeros(DType::F32, {1, 32});
    std::ranges::fill(mask.floats(), 0.25F);
    const std::string name = "dinov2.embeddings.mask_token";
    ASSERT_NE(whole.model.find(name), nullptr);
    whole.weights.set(name, mask);
    const StateDict found = trained(whole);
    ASSERT_NE(found.find(name), nullptr);
    EXPECT_EQ(*found.find(name), mask);
}

TEST(FirstDialect, CopiesNothingWhereTheNamesAreTheModules) {
    const Net net = drawn(kVit);
    const auto spoken = FirstDialect::of(net.model, net.weights);
    ASSERT_TRUE(spoken);
    EXPECT_EQ(&spoken->weights(), &net.weights);
    EXPECT_EQ(&spoken->model(), &net.model);
}

} // namespace
} // namespace heirloom::test

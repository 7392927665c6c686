// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/Optimizers.h"
#include "core/engine/TensorBridge.h"
#include "tests/core/engine/EngineTestSupport.h"
#include "tests/support/FillCheckpoint.h"
#include "tests/support/TestData.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>

namespace heirloom::test {
namespace {

nlohmann::json readJson(const std::string& name) {
    return nlohmann::json::parse(std::ifstream(dataFolder() / "golden" / "optim" / name));
}

at::Tensor fill(const std::string& name, const Shape& shape) {
    const auto checkpoint = fillCheckpoint({TensorInfo{name, DType::F32, shape}});
    return *toTorch(*checkpoint->read(name), at::kCPU, name);
}

/// torch.optim's own numbers, step by step; parameters of one axis or none are not decayed.
class GoldenOptimizer : public testing::TestWithParam<const char*> {};

TEST_P(GoldenOptimizer, EveryStepEqualsTorchOptim) {
    const std::string name = GetParam();
    const auto golden = readJson("optimisers.json")["cases"][name];
    const StateDict numbers = readAll(dataFolder() / "golden" / "optim" / (name + ".safetensors"));
    const std::string prefix = golden["prefix"];
    const double decay = golden["options"]["weight_decay"];

    std::vector<std::string> names;
    std::vector<at::Tensor> parameters;
    for (const auto& [parameter, shape] : golden["shapes"].items()) {
        names.push_back(parameter);
        parameters.push_back(fill(prefix + parameter, shape.get<Shape>()).set_requires_grad(true));
    }
    const auto update = golden["optimiser"] == "AdamW"
                            ? makeAdamW(parameters, decay)
                            : makeSgd(parameters, decay, golden["options"]["momentum"]);
    for (int step = 0; step < golden["steps"].get<int>(); ++step) {
        for (std::size_t i = 0; i < parameters.size(); ++i)
            parameters[i].mutable_grad() = golden["grad_scale"].get<double>() *
                                           fill(fmt::format("{}grad.{}.{}", prefix, step, names[i]),
                                                parameters[i].sizes().vec());
        update->step(golden["lr"]);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const HostTensor* expected = numbers.find(fmt::format("step.{}.{}", step, names[i]));
            ASSERT_NE(expected, nullptr);
            EXPECT_LT(relativeDifference(toFloats(toHost(parameters[i])), toFloats(*expected)),
                      2e-6)
                << names[i] << " after step " << step;
            EXPECT_FALSE(parameters[i].grad().defined());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllRules,
                         GoldenOptimizer,
                         testing::Values("adamw", "adamw_tiny_gradients", "sgd_momentum"),
                         [](const auto& test) { return std::string(test.param); });

TEST(GoldenSchedule, EveryRateEqualsTheAuthorsScheduler) {
    int compared = 0;
    const auto schedules = readJson("schedules.json");
    for (const auto& schedule : schedules["authors"]) {
        const auto& arguments = schedule["arguments"];
        if (arguments.value("start_warmup_value", 0.0) != 0 ||
            arguments.value("warmup_steps", -1) > 0)
            continue;
        FineTuneOptions options;
        options.learningRate = arguments["base_value"];
        options.minimumLearningRate = arguments["final_value"];
        options.epochs = arguments["epochs"];
        options.warmupEpochs = arguments["warmup_epochs"];
        const std::int64_t perEpoch = arguments["niter_per_ep"];
        const auto rates = schedule["lr"].get<std::vector<double>>();
        ASSERT_EQ(std::ssize(rates), options.epochs * perEpoch);
        for (std::size_t i = 0; i < rates.size(); ++i)
            EXPECT_NEAR(
                learningRateAt(options, perEpoch, static_cast<std::int64_t>(i)), rates[i], 1e-15)
                << "update " << i;
        ++compared;
    }
    EXPECT_GE(compared, 2);
}

TEST(ParameterUpdate, SeesAGradientThatIsNotFinite) {
    std::vector<at::Tensor> parameters{at::ones({2, 3}).set_requires_grad(true),
                                       at::ones({4}).set_requires_grad(true)};
    const auto update = makeAdamW(parameters, 0.1);
    for (at::Tensor& parameter : parameters)
        parameter.mutable_grad() = at::ones_like(parameter);
    EXPECT_TRUE(update->gradientsAreFinite());
    parameters[1].mutable_grad()[2] = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(update->gradientsAreFinite());
}

} // namespace
} // namespace heirloom::test

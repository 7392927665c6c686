// SPDX-License-Identifier: GPL-3.0-or-later
//
// Making the plan for a Llama of 7 billion parameters, and the scores that take longest.
#include "core/base/Random.h"
#include "core/model/Families.h"
#include "core/selection/SelectionPlan.h"
#include "core/selection/SliceDistances.h"

#include <memory>

#include <benchmark/benchmark.h>

namespace heirloom {
namespace {

std::shared_ptr<const ModelSpec> named(std::string_view name) {
    auto spec = modelFromName(name);
    return spec ? std::make_shared<const ModelSpec>(std::move(*spec)) : nullptr;
}

/// 7.2 billion parameters to 1.1 billion: half the width, half the heads, 20 of 32 layers.
void planLlama(benchmark::State& state, std::string_view element) {
    const auto teacher = named("mistralai/Mistral-7B-v0.1");
    const auto student = named("mistralai/Mistral-7B-v0.1:dim=2048,heads=16,kv_heads=4,mlp=5632,"
                               "depth=20");
    if (!teacher || !student) {
        state.SkipWithError("this build does not know the model");
        return;
    }
    SelectionOptions options;
    options.element = parseElementSelection(element).value();
    for (auto _ : state) {
        auto plan = planSelection(teacher, student, options, nullptr);
        if (!plan)
            state.SkipWithError(plan.error().message().c_str());
        benchmark::DoNotOptimize(plan);
    }
}
BENCHMARK_CAPTURE(planLlama, uniform, "uniform")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(planLlama, random, "random")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(planLlama, inconsistent, "random:consistent=false")
    ->Unit(benchmark::kMillisecond);

/// The geometric median's part for one square matrix.
void distances(benchmark::State& state) {
    const auto side = static_cast<std::size_t>(state.range(0));
    Random random(1);
    std::vector<float> slices(side * side);
    for (float& value : slices)
        value = static_cast<float>(random.uniform());
    for (auto _ : state)
        benchmark::DoNotOptimize(distanceSums(slices, side));
}
BENCHMARK(distances)->Arg(512)->Arg(1024)->Arg(4096)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace heirloom

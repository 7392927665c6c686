// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/engine/EngineTestSupport.h"

#include "core/base/Random.h"
#include "core/engine/TorchEngine.h"
#include "tests/support/TestData.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace heirloom::test {

const Engine& engine() {
    static const std::unique_ptr<Engine> made = [] {
        auto result = makeTorchEngine();
        if (!result)
            throw std::runtime_error(result.error().message());
        return std::move(*result);
    }();
    return *made;
}

StateDict readAll(const std::filesystem::path& file) {
    const auto checkpoint = openCheckpoint(file);
    if (!checkpoint)
        throw std::runtime_error(checkpoint.error().message());
    auto tensors = (*checkpoint)->readAll();
    if (!tensors)
        throw std::runtime_error(tensors.error().message());
    return std::move(*tensors);
}

GoldenCase goldenCase(const std::string& name) {
    const auto folder = dataFolder() / "golden" / "forward" / name;
    GoldenCase result;
    result.weights = readAll(folder / "weights.safetensors");
    result.io = readAll(folder / "io.safetensors");
    if (std::filesystem::exists(folder / "train.safetensors"))
        result.train = readAll(folder / "train.safetensors");
    const auto description = nlohmann::json::parse(std::ifstream(folder / "case.json"));
    std::string changes;
    if (description["options"].contains(
            "num_heads")) // a file does not say how many heads there are
        changes = "heads=" + std::to_string(description["options"]["num_heads"].get<int>());
    auto model = recognizeModel(*memoryCheckpoint(result.weights), changes);
    if (!model)
        throw std::runtime_error(model.error().message());
    result.model = std::move(*model);
    return result;
}

double relativeDifference(const std::vector<float>& found, const std::vector<float>& expected) {
    if (found.size() != expected.size() || expected.empty())
        return std::numeric_limits<double>::infinity();
    double difference = 0;
    double largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double d = std::abs(static_cast<double>(found[i]) - expected[i]);
        difference =
            std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(difference, d);
        largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    }
    return difference / largest;
}

StateDict drawnWeights(const ModelSpec& model, std::uint64_t seed) {
    StateDict weights;
    for (const Parameter& parameter : model.parameters) {
        HostTensor tensor = HostTensor::zeros(parameter.dtype, parameter.shape);
        Random random(seedFor(seed, parameter.name));
        const bool isOne = parameter.name.ends_with("running_var") ||
                           (parameter.shape.size() == 1 && parameter.name.ends_with(".weight"));
        if (parameter.dtype == DType::F32)
            for (float& value : tensor.floats())
                value = isOne                        ? 1.0F
                        : parameter.shape.size() > 1 ? static_cast<float>(0.02 * random.normal())
                                                     : 0.0F;
        weights.set(parameter.name, std::move(tensor));
    }
    return weights;
}

} // namespace heirloom::test

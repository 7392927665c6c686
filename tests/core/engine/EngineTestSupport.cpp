// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/engine/EngineTestSupport.h"

#include "core/base/Random.h"
#include "core/engine/TorchEngine.h"
#include "tests/support/FillCheckpoint.h"
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
    const auto& options = description["options"];
    // a file does not say how many heads there are, but for Swin's, a number a stage
    if (options.contains("num_heads") && options["num_heads"].is_number())
        changes = "heads=" + std::to_string(options["num_heads"].get<int>());
    auto model = recognizeModel(*memoryCheckpoint(result.weights), changes);
    if (!model)
        throw std::runtime_error(model.error().message());
    result.model = std::move(*model);
    return result;
}

namespace {

const nlohmann::json& stockCases() {
    static const auto cases = nlohmann::json::parse(
        std::ifstream(dataFolder() / "golden" / "engine" / "engine.json"))["models"];
    return cases;
}

HostTensor filled(const std::string& name, const Shape& shape) {
    return *fillCheckpoint({TensorInfo{name, DType::F32, shape}})->read(name);
}

} // namespace

std::vector<std::string> stockCaseNames() {
    std::vector<std::string> names;
    for (const auto& one : stockCases())
        names.push_back(one["model"]);
    return names;
}

StockCase stockCase(const std::string& name, StockWeights weights) {
    const bool isSmall = weights == StockWeights::Small;
    const auto found = std::ranges::find_if(
        stockCases(), [&](const nlohmann::json& one) { return one["model"] == name; });
    if (found == stockCases().end())
        throw std::runtime_error(name + " is not in engine.json");
    StockCase result{name, (*found)["changes"], {}, {}, {}, (*found)["gradient"]};
    if (!(*found)["config"].is_null())
        result.config = (*found)["config"].dump();
    for (const auto& row : (*found)[isSmall ? "small_logits" : "logits"])
        for (const auto& value : row)
            result.logits.push_back(value.get<float>());
    for (const auto& entry : (*found)["entries"]) {
        const std::string tensor = entry[0];
        const auto shape = entry[1].get<Shape>();
        if (entry[2] != "F32") {
            result.weights.set(tensor, HostTensor::zeros(DType::I64, shape));
            continue;
        }
        HostTensor values = filled(tensor, shape);
        const bool isGain =
            (shape.size() == 1 && tensor.ends_with("weight")) || tensor.ends_with("running_var");
        for (float& value : values.floats())
            value = isGain ? 1 + value / 2 : value / (isSmall ? 64.0F : 4.0F);
        result.weights.set(tensor, std::move(values));
    }
    return result;
}

ModelSpec StockCase::model() const {
    auto spec = recognizeModel(*memoryCheckpoint(weights), changes);
    if (!spec)
        throw std::runtime_error(name + ": " + spec.error().message());
    return std::move(*spec);
}

HostTensor stockInput() { return filled("input", {2, 3, 32, 32}); }

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

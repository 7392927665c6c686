// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/Network.h"

#include "core/engine/TensorBridge.h"
#include "core/engine/families/Families.h"

#include <algorithm>
#include <stdexcept>

namespace heirloom {
namespace {

std::unexpected<Error> refuse(const ModelSpec& model, std::string text) {
    return std::unexpected(
        Error{model.name, std::move(text), "Selection and export work without training"});
}

} // namespace

Result<WeightTable> WeightTable::make(const ModelSpec& model,
                                      const StateDict& weights,
                                      at::Device device) {
    WeightTable table;
    for (const Parameter& parameter : model.parameters) {
        const HostTensor* stored = weights.find(parameter.name);
        at::Tensor tensor;
        if (stored) {
            if (stored->shape != parameter.shape)
                return fail(parameter.name,
                            "the model {} needs {}, but the weights hold {}",
                            model.name,
                            shapeText(parameter.shape),
                            shapeText(stored->shape));
            auto converted = toTorch(*stored, device, parameter.name);
            if (!converted)
                return std::unexpected(converted.error());
            tensor = std::move(*converted);
        } else if (parameter.isBuffer && parameter.dtype == DType::I64) {
            tensor = at::zeros(parameter.shape, at::TensorOptions(device).dtype(at::kLong));
        } else {
            return fail(parameter.name,
                        "the model {} needs this tensor, and the weights do not hold it",
                        model.name);
        }
        if (!parameter.isBuffer)
            tensor.set_requires_grad(true);
        table.m_index.emplace(parameter.name, table.m_entries.size());
        table.m_entries.emplace_back(parameter.name, std::move(tensor));
    }
    return table;
}

at::Tensor WeightTable::find(const std::string& name) {
    const auto found = m_index.find(name);
    if (found == m_index.end())
        return {};
    m_used.insert(name);
    return m_entries[found->second].second;
}

at::Tensor WeightTable::get(const std::string& name) {
    at::Tensor tensor = find(name);
    if (!tensor.defined())
        throw std::runtime_error("the model has no tensor " + name);
    return tensor;
}

std::vector<std::string> WeightTable::unused() const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : m_entries)
        if (!m_used.contains(name))
            names.push_back(name);
    return names;
}

std::vector<at::Tensor> WeightTable::parameters() const {
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : m_entries)
        if (tensor.requires_grad())
            tensors.push_back(tensor);
    return tensors;
}

std::vector<at::Tensor> WeightTable::buffers() const {
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : m_entries)
        if (!tensor.requires_grad())
            tensors.push_back(tensor);
    return tensors;
}

StateDict Network::stateDict() const {
    StateDict result;
    for (const auto& [name, tensor] : m_weights.entries())
        result.set(name, toHost(tensor));
    return result;
}

std::int64_t classCount(const ModelSpec& model) {
    for (const Parameter& parameter : model.parameters)
        if (parameter.isClassifier && !parameter.shape.empty())
            return parameter.shape.front();
    return 0;
}

int inputChannels(const ModelSpec& model) {
    // The first weight of four axes sees the image.
    for (const Parameter& parameter : model.parameters)
        if (parameter.shape.size() == 4)
            return static_cast<int>(parameter.shape[1]);
    return 0;
}

Result<std::unique_ptr<Network>> makeNetwork(const ModelSpec& model,
                                             const StateDict& weights,
                                             at::Device device,
                                             std::string_view library) {
    const auto families = networkFamilies();
    const auto family = std::ranges::find(families, model.family, &NetworkFamily::name);
    if (family == families.end()) {
        std::vector<std::string_view> names;
        for (const NetworkFamily& known : families)
            names.push_back(known.name);
        return refuse(model,
                      fmt::format("a model of family '{}' cannot be trained here; these can: {}",
                                  model.family,
                                  fmt::join(names, ", ")));
    }
    if (classCount(model) == 0)
        return std::unexpected(
            Error{model.name,
                  "the model has no classifier, so there is nothing to train it for",
                  "Give it one, e.g. num_classes=10"});
    auto table = WeightTable::make(model, weights, device);
    if (!table)
        return std::unexpected(table.error());
    const auto names = model.hyper.text("names");
    auto network = family->make(model, library.empty() ? names : library, std::move(*table));
    if (!network)
        return network;
    if (const auto unused = (*network)->weights().unused(); !unused.empty())
        return refuse(model,
                      fmt::format("{} and {} more tensors have no place in the module of family "
                                  "'{}', so the net cannot be trained here",
                                  unused.front(),
                                  unused.size() - 1,
                                  model.family));
    return network;
}

} // namespace heirloom

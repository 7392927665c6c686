// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/SpecBuilder.h"

#include "core/model/Naming.h"

#include <cmath>

namespace heirloom {

Draw zeros() { return {InitRule::Constant, 0}; }
Draw ones() { return {InitRule::Constant, 1}; }
Draw truncNormal(double deviation) { return {InitRule::TruncNormal, deviation}; }
Draw torchDefault(std::int64_t fanIn) {
    return {InitRule::Uniform, 1 / std::sqrt(static_cast<double>(fanIn))};
}

AxisLayout axis(int space) { return {{AxisSegment{{space}}}}; }
AxisLayout axis(std::initializer_list<int> product) { return {{AxisSegment{product}}}; }

SpecBuilder::SpecBuilder(std::string family, HyperParameters hyper) {
    m_spec.family = std::move(family);
    m_spec.hyper = std::move(hyper);
}

int SpecBuilder::space(const std::string& name, std::int64_t size, SpaceKind kind) {
    const auto [found, isNew] = m_index.try_emplace(name, static_cast<int>(m_spec.spaces.size()));
    if (isNew)
        m_spec.spaces.push_back({name, size, kind, m_layer});
    return found->second;
}

int SpecBuilder::fixed(const std::string& name, std::int64_t size) {
    const int index = space(name, size, SpaceKind::Fixed);
    m_spec.spaces[static_cast<std::size_t>(index)].layer = -1;
    return index;
}

void SpecBuilder::beginLayer(const std::string& stack, int position, std::string prefix) {
    m_layer = static_cast<int>(m_spec.layers.size());
    if (prefix.empty())
        prefix = fmt::format("{}.{}", stack, position);
    m_spec.layers.push_back({std::move(prefix), stack, position});
}

std::int64_t SpecBuilder::sizeOf(const AxisLayout& layout) {
    std::int64_t total = 0;
    for (const auto& segment : layout.segments) {
        Shape sizes;
        for (const int index : segment.spaces)
            sizes.push_back(m_spec.spaces[static_cast<std::size_t>(index)].size);
        const auto product = elementCount(sizes);
        m_overflow =
            m_overflow || !product || __builtin_add_overflow(total, product.value_or(0), &total);
    }
    return total;
}

Parameter& SpecBuilder::add(std::string name, std::vector<AxisLayout> axes, Draw draw) {
    Parameter parameter;
    parameter.name = std::move(name);
    for (const auto& layout : axes)
        parameter.shape.push_back(sizeOf(layout));
    // eight bytes an element must be countable too
    const auto elements = elementCount(parameter.shape);
    m_overflow = m_overflow || !elements || *elements > (std::int64_t{1} << 59);
    parameter.axes = std::move(axes);
    parameter.layer = m_layer;
    parameter.init = draw.rule;
    parameter.initScale = draw.scale;
    return m_spec.parameters.emplace_back(std::move(parameter));
}

Parameter& SpecBuilder::buffer(std::string name,
                               std::vector<AxisLayout> axes,
                               double value,
                               DType dtype) {
    auto& parameter = add(std::move(name), std::move(axes), {InitRule::Constant, value});
    parameter.isBuffer = true;
    parameter.dtype = dtype;
    return parameter;
}

void SpecBuilder::norm(const std::string& name, int space) {
    add(name + ".weight", {axis(space)}, ones());
    add(name + ".bias", {axis(space)}, zeros());
}

void SpecBuilder::batchNorm(const std::string& name, int space) {
    norm(name, space);
    buffer(name + ".running_mean", {axis(space)}, 0);
    buffer(name + ".running_var", {axis(space)}, 1);
    buffer(name + ".num_batches_tracked", {}, 0, DType::I64);
}

void SpecBuilder::linear(const std::string& name,
                         const AxisLayout& out,
                         const AxisLayout& in,
                         Draw weight,
                         Draw bias,
                         std::int64_t positions) {
    add(name + ".weight", {out, in}, weight).positions = positions;
    add(name + ".bias", {out}, bias);
}

void SpecBuilder::classifier(
    const std::string& name, int classes, int features, Draw weight, Draw bias) {
    auto& matrix = add(name + ".weight", {axis(classes), axis(features)}, weight);
    matrix.isClassifier = true;
    matrix.positions = 1;
    add(name + ".bias", {axis(classes)}, bias).isClassifier = true;
}

Result<ModelSpec> SpecBuilder::finish() {
    if (m_overflow)
        return fail(m_spec.family, "a tensor of these sizes has more elements than can be counted");
    m_spec.name = describeModel(m_spec.family, m_spec.hyper);
    return std::move(m_spec);
}

Status requireSize(const std::string& family,
                   const HyperParameters& hyper,
                   std::string_view name,
                   std::int64_t low,
                   std::int64_t high) {
    const auto value = hyper.integer(name);
    if (value < low || value > high)
        return fail(family, "{} must lie between {} and {}, found {}", name, low, high, value);
    return {};
}

Status requireWholeHeads(const std::string& family, const HyperParameters& hyper) {
    const auto dim = hyper.integer("dim"), heads = hyper.integer("heads");
    if (dim % heads == 0)
        return {};
    auto error =
        fail(family, "dim must be a multiple of heads, found dim={} and heads={}", dim, heads);
    error.error().advice = "Write heads=N with an N that divides dim";
    return error;
}

Status requireList(const std::string& family,
                   const HyperParameters& hyper,
                   std::string_view name,
                   std::size_t count,
                   std::int64_t high) {
    const auto values = hyper.integers(name);
    if (values.size() != count)
        return fail(
            family, "{} needs {} numbers, one a stage, found {}", name, count, values.size());
    for (const auto value : values)
        if (value < 1 || value > high)
            return fail(
                family, "each of {} must lie between 1 and {}, found {}", name, high, value);
    return {};
}

HyperParameters overDefaults(HyperParameters defaults, const HyperParameters& hyper) {
    HyperParameters result = defaults;
    for (const auto& [name, value] : defaults.entries())
        if (const auto* given = hyper.find(name); given && given->index() == value.index())
            result.set(name, *given);
    return result;
}

} // namespace heirloom

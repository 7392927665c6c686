// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/InitializeStudent.h"
#include "core/selection/ParameterDraw.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace heirloom {
namespace {

/// [out, in, kH, kW, ...]: out × kernel area, as torch.nn.init counts the fan out.
double fanOut(const Shape& shape) {
    double fan = shape.empty() ? 1.0 : static_cast<double>(shape[0]);
    for (std::size_t axis = 2; axis < shape.size(); ++axis)
        fan *= static_cast<double>(shape[axis]);
    return std::max(fan, 1.0);
}

double truncatedNormal(Random& random, double deviation) {
    for (;;) {
        const double value = random.normal() * deviation;
        if (std::abs(value) <= 2.0)
            return value;
        if (deviation > 20.0) // hardly anything falls inside: the cut normal is flat there
            return random.uniform() * 4.0 - 2.0;
    }
}

/// Swin's relative_position_index: for pixels a and b of a window of side w, in row-major order,
/// (ya - yb + w - 1) (2w - 1) + (xa - xb + w - 1). Any shape of w^4 elements.
HostTensor windowIndex(const Parameter& parameter) {
    auto made = HostTensor::zeros(DType::I64, parameter.shape);
    const auto side = static_cast<std::int64_t>(parameter.initScale);
    const auto pixels = side * side;
    std::size_t place = 0;
    for (std::int64_t a = 0; a < pixels; ++a)
        for (std::int64_t b = 0; b < pixels && place < made.bytes.size(); ++b) {
            const std::int64_t row = (a / side - b / side + side - 1) * (2 * side - 1) +
                                     (a % side - b % side + side - 1);
            std::memcpy(made.bytes.data() + place, &row, sizeof row);
            place += sizeof row;
        }
    return made;
}

} // namespace

ParameterDraw::ParameterDraw(const Parameter& parameter, std::uint64_t seed)
    : m_parameter(&parameter), m_random(seedFor(seed, parameter.name)) {}

void ParameterDraw::next(std::span<float> out) {
    const double scale = m_parameter->initScale;
    const auto fill = [&](auto&& draw) {
        for (float& value : out)
            value = static_cast<float>(draw());
    };
    switch (m_parameter->init) {
    case InitRule::TruncNormal:
        fill([&] { return truncatedNormal(m_random, scale); });
        break;
    case InitRule::Normal:
        fill([&] { return m_random.normal() * scale; });
        break;
    case InitRule::Uniform:
        fill([&] { return (2.0 * m_random.uniform() - 1.0) * scale; });
        break;
    case InitRule::KaimingFanOut: {
        const double deviation = std::sqrt(2.0 / fanOut(m_parameter->shape));
        fill([&] { return m_random.normal() * deviation; });
        break;
    }
    case InitRule::Constant:
        fill([&] { return scale; });
        break;
    case InitRule::WindowIndex: // an index table: nothing is drawn
        fill([] { return 0.0; });
        break;
    }
    m_position += std::ssize(out);
}

HostTensor drawParameter(const Parameter& parameter, std::uint64_t seed) {
    if (parameter.init == InitRule::WindowIndex)
        return windowIndex(parameter);
    if (!isFloatingPoint(parameter.dtype))
        return HostTensor::zeros(parameter.dtype, parameter.shape);
    auto made = HostTensor::zeros(DType::F32, parameter.shape);
    ParameterDraw(parameter, seed).next(made.floats());
    return made;
}

StateDict randomStudent(const ModelSpec& student, std::uint64_t seed) {
    StateDict made;
    for (const auto& parameter : student.parameters)
        made.set(parameter.name, drawParameter(parameter, seed));
    return made;
}

} // namespace heirloom

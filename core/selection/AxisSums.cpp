// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/AxisSums.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace heirloom {
namespace {

constexpr std::int64_t kBlockBytes = 8 << 20;

/// |w| or w² of a block of lines (runs along the last axis) added to the sums of every axis.
class LineAdder {
public:
    LineAdder(const Shape& shape, int norm) : m_shape(shape), m_norm(norm), m_at(shape.size(), 0) {
        for (const auto size : shape)
            m_sums.emplace_back(static_cast<std::size_t>(size), 0.0);
    }

    void add(std::span<const float> values) {
        const auto length = static_cast<std::size_t>(m_shape.back());
        for (; !values.empty(); values = values.subspan(length))
            addLine(values.first(length));
    }

    std::vector<std::vector<double>> take() { return std::move(m_sums); }

private:
    /// Eight sums side by side: one alone would wait for each addition before the next.
    template <int Norm> double addToLast(std::span<const float> line) {
        constexpr std::size_t lanes = 8;
        double* last = m_sums.back().data();
        double totals[lanes] = {};
        const auto add = [&](std::size_t i, std::size_t lane) {
            const double w = static_cast<double>(line[i]);
            const double amount = Norm == 1 ? std::abs(w) : w * w;
            last[i] += amount;
            totals[lane] += amount;
        };
        std::size_t i = 0;
        for (; i + lanes <= line.size(); i += lanes)
            for (std::size_t lane = 0; lane < lanes; ++lane)
                add(i + lane, lane);
        for (; i < line.size(); ++i)
            add(i, 0);
        return std::accumulate(std::begin(totals), std::end(totals), 0.0);
    }

    void addLine(std::span<const float> line) {
        const double total = m_norm == 1 ? addToLast<1>(line) : addToLast<2>(line);
        const std::size_t outer = m_shape.size() - 1;
        for (std::size_t axis = 0; axis < outer; ++axis)
            m_sums[axis][static_cast<std::size_t>(m_at[axis])] += total;
        for (std::size_t axis = outer; axis-- > 0;) {
            if (++m_at[axis] < m_shape[axis])
                break;
            m_at[axis] = 0;
        }
    }

    Shape m_shape;
    int m_norm;
    std::vector<std::int64_t> m_at; ///< of the next line; the last entry stays 0
    std::vector<std::vector<double>> m_sums;
};

Error notFinite(const Parameter& parameter) {
    return Error{parameter.name,
                 "a value is not finite, so its slices have no magnitude",
                 "Choose a strategy that does not look at weights, such as uniform"};
}

} // namespace

Result<const TensorInfo*> ScoreReader::find(const Parameter& parameter) const {
    const auto* info = m_checkpoint.find(parameter.name);
    if (!info)
        return fail(parameter.name,
                    "the checkpoint has no such tensor, its scores cannot be computed");
    if (info->shape != parameter.shape || info->shape.empty())
        return fail(parameter.name,
                    "expected {}, found {}",
                    shapeText(parameter.shape),
                    shapeText(info->shape));
    if (dtypeSize(info->dtype) == 0)
        return fail(parameter.name, "its dtype cannot be read, so it has no magnitude");
    return info;
}

template <class Visit> Status ScoreReader::read(const TensorInfo& info, const Visit& visit) {
    if (info.elements() == 0)
        return {};
    const std::int64_t rows = info.shape[0];
    const std::int64_t rowElements = info.elements() / rows;
    const std::int64_t blockRows =
        std::clamp<std::int64_t>(kBlockBytes / (rowElements * dtypeSize(info.dtype)), 1, rows);
    for (std::int64_t row = 0; row < rows; row += blockRows) {
        const std::int64_t count = std::min(blockRows, rows - row);
        const auto elements = static_cast<std::size_t>(count * rowElements);
        const auto byteCount = elements * static_cast<std::size_t>(dtypeSize(info.dtype));
        if (m_bytes.size() < byteCount)
            m_bytes.resize(byteCount);
        if (m_values.size() < elements)
            m_values.resize(elements);
        const auto bytes = std::span(m_bytes).first(byteCount);
        const auto values = std::span(m_values).first(elements);
        if (auto done = m_checkpoint.readRows(info, row, count, bytes); !done)
            return done;
        toFloats(info.dtype, bytes, values);
        visit(std::span<const float>(values));
    }
    return {};
}

Result<AxisSums> ScoreReader::axisSums(const Parameter& parameter, int norm) {
    const auto info = find(parameter);
    if (!info)
        return std::unexpected(info.error());
    LineAdder adder((*info)->shape, norm);
    if (auto done = read(**info, [&](std::span<const float> block) { adder.add(block); }); !done)
        return std::unexpected(done.error());
    auto sums = adder.take();
    for (const double sum : sums.front())
        if (!std::isfinite(sum))
            return std::unexpected(notFinite(parameter));
    return sums;
}

Result<std::vector<float>> ScoreReader::values(const Parameter& parameter) {
    const auto info = find(parameter);
    if (!info)
        return std::unexpected(info.error());
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>((*info)->elements()));
    const auto append = [&](std::span<const float> block) {
        values.insert(values.end(), block.begin(), block.end());
    };
    if (auto done = read(**info, append); !done)
        return std::unexpected(done.error());
    for (const float value : values)
        if (!std::isfinite(value))
            return std::unexpected(notFinite(parameter));
    return values;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace heirloom {
namespace {

constexpr std::int64_t kBlockBytes = 8 << 20;

std::int64_t segmentSize(const ModelSpec& spec, const AxisSegment& segment) {
    std::int64_t size = 1;
    for (const int space : segment.spaces)
        size *= spec.spaces[static_cast<std::size_t>(space)].size;
    return size;
}

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

} // namespace

Result<SpaceScorer::AxisSums> SpaceScorer::readAxisSums(const Parameter& parameter, int norm) {
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
    LineAdder adder(info->shape, norm);
    const std::int64_t rows = info->shape[0];
    if (info->elements() == 0)
        return adder.take();
    const std::int64_t rowElements = info->elements() / rows;
    const std::int64_t blockRows =
        std::clamp<std::int64_t>(kBlockBytes / (rowElements * dtypeSize(info->dtype)), 1, rows);
    for (std::int64_t row = 0; row < rows; row += blockRows) {
        const std::int64_t count = std::min(blockRows, rows - row);
        const auto elements = static_cast<std::size_t>(count * rowElements);
        const auto byteCount = elements * static_cast<std::size_t>(dtypeSize(info->dtype));
        if (m_bytes.size() < byteCount)
            m_bytes.resize(byteCount);
        if (m_values.size() < elements)
            m_values.resize(elements);
        const auto bytes = std::span(m_bytes).first(byteCount);
        const auto values = std::span(m_values).first(elements);
        if (auto read = m_checkpoint.readRows(*info, row, count, bytes); !read)
            return std::unexpected(read.error());
        toFloats(info->dtype, bytes, values);
        adder.add(values);
    }
    auto sums = adder.take();
    for (const double sum : sums.front())
        if (!std::isfinite(sum))
            return std::unexpected(
                Error{parameter.name,
                      "a value is not finite, so its slices have no magnitude",
                      "Choose a strategy that does not look at weights, such as uniform"});
    return sums;
}

Result<const SpaceScorer::AxisSums*> SpaceScorer::axisSums(const Parameter& parameter, int norm) {
    auto& known = m_sums[norm - 1];
    auto found = known.find(parameter.name);
    if (found == known.end()) {
        auto sums = readAxisSums(parameter, norm);
        if (!sums)
            return std::unexpected(sums.error());
        found = known.emplace(parameter.name, std::move(*sums)).first;
    }
    return &found->second;
}

/// `indexOf(segment, position)` is the index that a position of a segment adds to, or -1 where the
/// segment is not on the space.
template <class IndexOf>
Result<std::vector<double>> SpaceScorer::sumOverMembers(std::int64_t size,
                                                        int norm,
                                                        const IndexOf& indexOf) {
    assert(norm == 1 || norm == 2);
    std::vector<double> scores(static_cast<std::size_t>(size), 0.0);
    for (const auto& parameter : m_spec.parameters) {
        if (parameter.isBuffer)
            continue;
        for (std::size_t axis = 0; axis < parameter.axes.size(); ++axis) {
            const auto& segments = parameter.axes[axis].segments;
            if (std::ranges::none_of(segments,
                                     [&](const auto& segment) { return indexOf(segment, 0) >= 0; }))
                continue;
            const auto sums = axisSums(parameter, norm);
            if (!sums)
                return std::unexpected(sums.error());
            std::vector<double> slices(scores.size(), 0.0);
            std::size_t at = 0;
            for (const auto& segment : segments)
                for (std::int64_t i = 0, count = segmentSize(m_spec, segment); i < count; ++i, ++at)
                    if (const auto index = indexOf(segment, i); index >= 0)
                        slices[static_cast<std::size_t>(index)] += (**sums)[axis][at];
            if (norm == 2)
                std::ranges::transform(
                    slices, slices.begin(), [](double sum) { return std::sqrt(sum); });
            const double mean = std::accumulate(slices.begin(), slices.end(), 0.0) /
                                static_cast<double>(slices.size());
            if (mean > 0)
                for (std::size_t i = 0; i < slices.size(); ++i)
                    scores[i] += slices[i] / mean;
        }
    }
    return scores;
}

Result<std::vector<double>> SpaceScorer::scores(int space, int norm) {
    const auto indexOf = [&](const AxisSegment& segment, std::int64_t position) -> std::int64_t {
        // Row-major: divide the inner spaces away until the wanted one is the innermost.
        for (auto it = segment.spaces.rbegin(); it != segment.spaces.rend(); ++it) {
            const auto size = m_spec.spaces[static_cast<std::size_t>(*it)].size;
            if (*it == space)
                return position % size;
            position /= size;
        }
        return -1;
    };
    return sumOverMembers(m_spec.spaces[static_cast<std::size_t>(space)].size, norm, indexOf);
}

Result<std::vector<double>> SpaceScorer::flatScores(int headsSpace, int norm) {
    std::int64_t size = 0;
    for (const auto& parameter : m_spec.parameters)
        for (const auto& axis : parameter.axes)
            for (const auto& segment : axis.segments)
                if (!segment.spaces.empty() && segment.spaces.front() == headsSpace)
                    size = std::max(size, segmentSize(m_spec, segment));
    const auto indexOf = [&](const AxisSegment& segment, std::int64_t position) -> std::int64_t {
        return !segment.spaces.empty() && segment.spaces.front() == headsSpace ? position : -1;
    };
    return sumOverMembers(size, norm, indexOf);
}

Result<std::vector<double>> spaceScores(const Checkpoint& checkpoint,
                                        const ModelSpec& spec,
                                        int space,
                                        int norm) {
    if (norm != 1 && norm != 2)
        return fail("magnitude", "expected norm 1 or 2, found {}", norm);
    return SpaceScorer(checkpoint, spec).scores(space, norm);
}

} // namespace heirloom

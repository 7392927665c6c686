// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SpaceScores.h"

#include "core/selection/SliceDistances.h"
#include "core/selection/Strategy.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

namespace heirloom {
namespace {

std::int64_t segmentSize(const ModelSpec& spec, const AxisSegment& segment) {
    std::int64_t size = 1;
    for (const int space : segment.spaces)
        size *= spec.spaces[static_cast<std::size_t>(space)].size;
    return size;
}

/// The index on `space` of each position of a segment; empty when it is not on the space.
std::vector<std::int64_t> segmentIndices(const ModelSpec& spec,
                                         const AxisSegment& segment,
                                         int space,
                                         bool isFlat) {
    std::vector<std::int64_t> indices;
    const auto found = std::ranges::find(segment.spaces, space);
    if (found == segment.spaces.end() || (isFlat && found != segment.spaces.begin()))
        return indices;
    const auto count = segmentSize(spec, segment);
    // Row-major: an index stays for as many positions as the spaces inside have together.
    std::int64_t inside = 1;
    for (auto it = found + 1; it != segment.spaces.end(); ++it)
        inside *= spec.spaces[static_cast<std::size_t>(*it)].size;
    const auto size = spec.spaces[static_cast<std::size_t>(space)].size;
    indices.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
        indices.push_back(isFlat ? i : i / inside % size);
    return indices;
}

std::string_view leafOf(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool isWeight(const Parameter& parameter) { return leafOf(parameter.name).ends_with("weight"); }

bool isNormWeight(const Parameter& parameter) {
    return parameter.shape.size() == 1 && isWeight(parameter);
}

/// The gain of a norm, or a layer scale: one number a channel, by whatever name.
bool isGain(const Parameter& parameter) {
    const auto leaf = leafOf(parameter.name);
    return isNormWeight(parameter) || leaf.starts_with("gamma") || leaf.starts_with("lambda") ||
           leaf.starts_with("layer_scale");
}

/// Adds each tensor's slices divided by their mean.
void addOverMean(std::vector<double>& scores, const std::vector<double>& slices) {
    scores.resize(slices.size(), 0.0);
    const double mean =
        std::accumulate(slices.begin(), slices.end(), 0.0) / static_cast<double>(slices.size());
    if (mean > 0)
        for (std::size_t i = 0; i < slices.size(); ++i)
            scores[i] += slices[i] / mean;
}

Status checkNorm(int norm) {
    if (norm != 1 && norm != 2)
        return fail("magnitude", "expected norm 1 or 2, found {}", norm);
    return {};
}

} // namespace

WeightScores::WeightScores(const Checkpoint& checkpoint, const ModelSpec& spec)
    : m_spec(spec), m_reader(checkpoint),
      m_knowsPositions(std::ranges::any_of(
          spec.parameters, [](const Parameter& parameter) { return parameter.positions != 0; })) {}

bool WeightScores::has(std::string_view strategy) const {
    const auto* found = findStrategy(strategy);
    return found && found->score;
}

Result<std::vector<double>> WeightScores::scores(const ScoreRequest& request) {
    const auto* strategy = findStrategy(request.strategy);
    if (!strategy || !strategy->score)
        return fail(std::string(request.strategy), "it has no scores from weights");
    return strategy->score(*this, request);
}

std::int64_t WeightScores::sizeOf(int space, bool isFlat) const {
    if (!isFlat)
        return m_spec.spaces[static_cast<std::size_t>(space)].size;
    std::int64_t size = 0;
    for (const auto& parameter : m_spec.parameters)
        for (const auto& axis : parameter.axes)
            for (const auto& segment : axis.segments)
                if (!segment.spaces.empty() && segment.spaces.front() == space)
                    size = std::max(size, segmentSize(m_spec, segment));
    return size;
}

template <class Counts>
std::vector<WeightScores::Member> WeightScores::membersOf(int space,
                                                          bool isFlat,
                                                          const Counts& counts) const {
    std::vector<Member> members;
    for (const auto& parameter : m_spec.parameters) {
        const bool isTied = std::ranges::any_of(
            m_spec.tied, [&](const auto& pair) { return pair.first == parameter.name; });
        if (parameter.isBuffer || isTied || !counts(parameter))
            continue;
        for (std::size_t axis = 0; axis < parameter.axes.size(); ++axis) {
            Member member{&parameter, axis, {}};
            bool isOn = false;
            for (const auto& segment : parameter.axes[axis].segments) {
                const auto indices = segmentIndices(m_spec, segment, space, isFlat);
                isOn = isOn || !indices.empty();
                if (indices.empty())
                    member.indices.insert(member.indices.end(),
                                          static_cast<std::size_t>(segmentSize(m_spec, segment)),
                                          -1);
                else
                    member.indices.insert(member.indices.end(), indices.begin(), indices.end());
            }
            if (isOn)
                members.push_back(std::move(member));
        }
    }
    return members;
}

bool WeightScores::isLinear(const Parameter& parameter) const {
    return parameter.shape.size() >= 2 && isWeight(parameter) &&
           (!m_knowsPositions || parameter.positions != 0);
}

Result<std::vector<double>> WeightScores::sliceSums(const Member& member,
                                                    std::int64_t size,
                                                    int norm) {
    auto& known = m_sums[norm - 1];
    auto found = known.find(member.parameter->name);
    if (found == known.end()) {
        auto sums = m_reader.axisSums(*member.parameter, norm);
        if (!sums)
            return std::unexpected(sums.error());
        found = known.emplace(member.parameter->name, std::move(*sums)).first;
    }
    std::vector<double> slices(static_cast<std::size_t>(size), 0.0);
    const auto& sums = found->second[member.axis];
    for (std::size_t at = 0; at < sums.size(); ++at)
        if (const auto index = member.indices[at]; index >= 0)
            slices[static_cast<std::size_t>(index)] += sums[at];
    return slices;
}

Result<std::vector<double>> WeightScores::magnitudes(int space, bool isFlat, int norm) {
    if (auto valid = checkNorm(norm); !valid)
        return std::unexpected(valid.error());
    std::vector<double> scores;
    for (const auto& member : membersOf(space, isFlat, [](const auto&) { return true; })) {
        auto slices = sliceSums(member, sizeOf(space, isFlat), norm);
        if (!slices)
            return slices;
        if (norm == 2)
            std::ranges::transform(
                *slices, slices->begin(), [](double sum) { return std::sqrt(sum); });
        addOverMean(scores, *slices);
    }
    return scores;
}

Result<std::vector<double>> WeightScores::depGraphMagnitudes(int space, bool isFlat, int norm) {
    if (auto valid = checkNorm(norm); !valid)
        return std::unexpected(valid.error());
    const auto counts = [&](const Parameter& parameter) {
        return isLinear(parameter) || isNormWeight(parameter);
    };
    std::vector<double> totals;
    for (const auto& member : membersOf(space, isFlat, counts)) {
        const auto slices = sliceSums(member, sizeOf(space, isFlat), norm);
        if (!slices)
            return slices;
        totals.resize(slices->size(), 0.0);
        std::ranges::transform(totals, *slices, totals.begin(), std::plus{});
    }
    // The mean over the tensors falls out when the mean over the slices is divided by.
    std::vector<double> scores;
    if (!totals.empty())
        addOverMean(scores, totals);
    return scores;
}

Result<std::vector<double>> WeightScores::gains(int space, bool isFlat) {
    std::vector<double> scores;
    for (const auto& member : membersOf(space, isFlat, isGain)) {
        const auto slices = sliceSums(member, sizeOf(space, isFlat), 1);
        if (!slices)
            return slices;
        addOverMean(scores, *slices);
    }
    return scores;
}

Result<std::vector<double>> WeightScores::distances(int space, bool isFlat) {
    const auto size = static_cast<std::size_t>(sizeOf(space, isFlat));
    const auto counts = [&](const Parameter& parameter) { return isLinear(parameter); };
    std::vector<double> scores;
    for (const auto& member : membersOf(space, isFlat, counts)) {
        const auto& shape = member.parameter->shape;
        try {
            const auto values = m_reader.values(*member.parameter);
            if (!values)
                return std::unexpected(values.error());
            if (values->empty())
                continue;
            std::size_t inner = 1;
            for (std::size_t axis = member.axis + 1; axis < shape.size(); ++axis)
                inner *= static_cast<std::size_t>(shape[axis]);
            const std::size_t outer = values->size() / inner / member.indices.size();
            const auto kept = static_cast<std::size_t>(
                std::ranges::count_if(member.indices, [](auto index) { return index >= 0; }));
            const std::size_t length = kept / size * outer * inner;
            std::vector<float> slices(size * length);
            std::vector<std::size_t> filled(size, 0); // how much of each slice is written
            for (std::size_t at = 0; at < member.indices.size(); ++at) {
                if (member.indices[at] < 0)
                    continue;
                const auto index = static_cast<std::size_t>(member.indices[at]);
                for (std::size_t o = 0; o < outer; ++o, filled[index] += inner)
                    std::copy_n(values->begin() + static_cast<std::ptrdiff_t>(
                                                      (o * member.indices.size() + at) * inner),
                                inner,
                                slices.begin() +
                                    static_cast<std::ptrdiff_t>(index * length + filled[index]));
            }
            addOverMean(scores, distanceSums(slices, size));
        } catch (const std::bad_alloc&) {
            return std::unexpected(Error{member.parameter->name,
                                         "there is not enough memory to compare its slices",
                                         "Close other programs or choose another strategy"});
        }
    }
    return scores;
}

Result<std::vector<double>> spaceScores(const Checkpoint& checkpoint,
                                        const ModelSpec& spec,
                                        int space,
                                        int norm) {
    return WeightScores(checkpoint, spec).magnitudes(space, false, norm);
}

} // namespace heirloom

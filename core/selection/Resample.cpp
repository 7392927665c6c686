// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Resample.h"

#include "core/model/Families.h"
#include "core/selection/ResamplePositions.h"

#include <algorithm>

namespace heirloom {
namespace {

bool isOnTokens(const ModelSpec& spec, const AxisLayout& axis) {
    return axis.segments.size() == 1 && axis.segments[0].spaces.size() == 1 &&
           spec.spaces[static_cast<std::size_t>(axis.segments[0].spaces[0])].kind ==
               SpaceKind::Tokens;
}

/// A convolution whose kernel is as wide as its stride, so that its pixels can be resized.
bool isPatchKernel(const Parameter& parameter) {
    return parameter.shape.size() == 4 && !parameter.isBuffer &&
           (parameter.name.find("patch_embed") != std::string::npos ||
            parameter.name == "stem.proj.weight");
}

Resampling positions(const ModelSpec& teacher,
                     std::int64_t from,
                     const ModelSpec& student,
                     std::int64_t to) {
    const auto oldPrefix = rowsBeforeGrid(teacher, from);
    const auto newPrefix = rowsBeforeGrid(student, to);
    if (!oldPrefix || !newPrefix)
        return {.reason = fmt::format(
                    "{} tokens, the teacher has {}, and these are no square grids", to, from)};
    Resampling made{.kind = Resampling::Kind::Positions,
                    .reason = {},
                    .oldPrefix = *oldPrefix,
                    .newPrefix = *newPrefix};
    const auto newSide = *gridSide(to - *newPrefix);
    const auto oldSide = *gridSide(from - *oldPrefix);
    made.reason = newSide == oldSide
                      ? fmt::format("the teacher's grid of {0} × {0} positions", newSide)
                      : fmt::format("a grid of {0} × {0} positions, the teacher has {1} × {1}",
                                    newSide,
                                    oldSide);
    if (*newPrefix < *oldPrefix)
        made.reason += fmt::format(
            "; {} of its {} positions before the grid are kept", *newPrefix, *oldPrefix);
    else if (*newPrefix > *oldPrefix)
        made.reason +=
            fmt::format("; {} before the grid start from zeros", *newPrefix - *oldPrefix);
    return made;
}

Resampling biases(std::int64_t from, std::int64_t to) {
    const auto oldSide = gridSide(from);
    const auto newSide = gridSide(to);
    if (!oldSide || !newSide || *oldSide % 2 == 0 || *newSide % 2 == 0)
        return {
            .reason = fmt::format(
                "{} offsets, the teacher has {}, and these are of no square windows", to, from)};
    return {.kind = Resampling::Kind::Bias,
            .reason = fmt::format("a window of {0} × {0}, the teacher's is {1} × {1}",
                                  (*newSide + 1) / 2,
                                  (*oldSide + 1) / 2)};
}

} // namespace

std::optional<std::int64_t> rowsBeforeGrid(const ModelSpec& spec, std::int64_t tokens) {
    for (const auto prefix : {positionPrefix(spec), std::int64_t{1}})
        if (gridSide(tokens - prefix))
            return prefix;
    return std::nullopt;
}

bool Resampling::covers(std::size_t axis, std::size_t rank) const {
    switch (kind) {
    case Kind::None:
        return false;
    case Kind::Positions:
        return axis + 2 == rank;
    case Kind::Kernel:
        return axis >= 2;
    case Kind::Bias:
        return axis == 0;
    }
    return false;
}

Resampling resamplingOf(const ModelSpec& teacher,
                        const Parameter& source,
                        const ModelSpec& student,
                        const Parameter& parameter) {
    const auto& from = source.shape;
    const auto& to = parameter.shape;
    const auto rank = to.size();
    if (from.size() != rank || rank < 2)
        return {};
    if (isPatchKernel(parameter)) {
        if (from[2] == to[2] && from[3] == to[3])
            return {};
        if (std::min({from[2], from[3], to[2], to[3]}) < 1)
            return {.reason = "one of the two patches has no pixels"};
        return {.kind = Resampling::Kind::Kernel,
                .reason = fmt::format("patches of {} × {} pixels, the teacher's are {} × {}",
                                      to[2],
                                      to[3],
                                      from[2],
                                      from[3])};
    }
    const auto axis = rank - 2;
    if (from[axis] == to[axis] || !isOnTokens(student, parameter.axes[axis]) ||
        !isOnTokens(teacher, source.axes[axis]))
        return {};
    if (rank == 2 && parameter.name.ends_with("relative_position_bias_table"))
        return biases(from[0], to[0]);
    if (rank == 3 ? to[0] == 1 && from[0] == 1
                  : rank == 2 && parameter.name.find("pos") != std::string::npos)
        return positions(teacher, from[axis], student, to[axis]);
    return {.reason = fmt::format("{} tokens, the teacher has {}", to[axis], from[axis])};
}

Result<HostTensor> resample(HostTensor values,
                            const Parameter& source,
                            const Parameter& parameter,
                            const SelectionPlan& plan) {
    const auto& shape = parameter.shape;
    const auto how = resamplingOf(*plan.teacher, source, *plan.student, parameter);
    switch (how.kind) {
    case Resampling::Kind::Positions:
        return resampleGrid(values, how.oldPrefix, how.newPrefix, shape[shape.size() - 2]);
    case Resampling::Kind::Kernel:
        return resampleKernel(values, shape[2], shape[3]);
    case Resampling::Kind::Bias:
        return resampleBias(values, shape[0]);
    case Resampling::Kind::None:
        break;
    }
    return values;
}

} // namespace heirloom

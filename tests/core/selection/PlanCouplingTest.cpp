// SPDX-License-Identifier: GPL-3.0-or-later
//
// What holds for every plan, whatever the pair and the strategy.
#include "core/selection/SelectionPlan.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <algorithm>
#include <map>
#include <set>

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

constexpr std::string_view kSmall = "vit_small_patch16_224";
constexpr std::string_view kTiny = "vit_tiny_patch16_224";
constexpr std::string_view kConvNeXtF = "convnext_tiny:depths=2-2-6-2,dims=48-96-192-384";

struct Pair {
    std::string_view teacher;
    std::string_view student;
};
constexpr Pair kPairs[] = {
    {kSmall, kTiny},
    {"vit_large_patch16_224", kTiny},
    {"vit_base_patch16_224", "vit:dim=96,heads=4,depth=3"},
    {"deit_small_distilled_patch16_224", "deit_tiny_distilled_patch16_224"},
    {"convnext_tiny", kConvNeXtF},
    {"resnet50", "resnet50:widths=32-64-128-256,stem=32"},
    {"resnet34", "resnet18:num_classes=100"},
    {"resnet34", "resnet18:widths=24-40-100-200,stem=24"},
    {"mixer_b16_224", "mixer_s16_224"},
};

/// The positions of one space along an axis segment: for each of its indices, the teacher index
/// found there, or -2 where two differ.
Indices traced(const ModelSpec& teacher,
               const ModelSpec& student,
               const AxisSegment& ours,
               const AxisSegment& theirs,
               const Indices& list,
               std::size_t at,
               std::int64_t teacherOffset,
               int space) {
    Indices found(static_cast<std::size_t>(student.spaces[static_cast<std::size_t>(space)].size),
                  -1);
    std::int64_t total = 1;
    for (const int each : ours.spaces)
        total *= student.spaces[static_cast<std::size_t>(each)].size;
    for (std::int64_t i = 0; i < total; ++i) {
        auto left = i;
        auto source = list[at + static_cast<std::size_t>(i)] - teacherOffset;
        for (std::size_t k = ours.spaces.size(); k-- > 0;) {
            const auto ourSize = student.spaces[static_cast<std::size_t>(ours.spaces[k])].size;
            const auto theirSize = teacher.spaces[static_cast<std::size_t>(theirs.spaces[k])].size;
            if (ours.spaces[k] == space) {
                auto& entry = found[static_cast<std::size_t>(left % ourSize)];
                entry = entry == -1 || entry == source % theirSize ? source % theirSize : -2;
            }
            left /= ourSize;
            source /= theirSize;
        }
    }
    return found;
}

/// For each student space, every teacher list that some axis of some inherited parameter has on it.
std::map<std::string, std::set<Indices>> listsBySpace(const SelectionPlan& plan) {
    std::map<std::string, std::set<Indices>> lists;
    const auto size = [](const ModelSpec& spec, const AxisSegment& segment) {
        std::int64_t total = 1;
        for (const int space : segment.spaces)
            total *= spec.spaces[static_cast<std::size_t>(space)].size;
        return total;
    };
    for (const auto& made : plan.parameters) {
        if (made.origin != Origin::Inherited)
            continue;
        const auto& ours = *plan.student->find(made.student);
        const auto& theirs = *plan.teacher->find(made.teacher);
        for (std::size_t axis = 0; axis < ours.axes.size(); ++axis) {
            const auto list = indicesOf(made.axes[axis], ours.shape[axis]);
            std::size_t at = 0;
            std::int64_t offset = 0;
            for (std::size_t i = 0; i < ours.axes[axis].segments.size(); ++i) {
                const auto& segment = ours.axes[axis].segments[i];
                const auto& source = theirs.axes[axis].segments[i];
                for (const int space : segment.spaces)
                    lists[plan.student->spaces[static_cast<std::size_t>(space)].name].insert(traced(
                        *plan.teacher, *plan.student, segment, source, list, at, offset, space));
                at += static_cast<std::size_t>(size(*plan.student, segment));
                offset += size(*plan.teacher, source);
            }
        }
    }
    return lists;
}

TEST(PlanCoupling, GivesEveryAxisOfASpaceTheSameList) {
    for (const auto& [teacher, student] : kPairs)
        for (const auto* element : {"uniform", "random:seed=1", "consecutive:position=centre"}) {
            const auto made = plan(teacher, student, withElement(element));
            for (const auto& [space, lists] : listsBySpace(made)) {
                EXPECT_EQ(lists.size(), 1U) << student << " " << element << " " << space;
                const auto& resolved = spaceOf(made, space);
                if (resolved.teacherSpace >= 0 && !resolved.blended) {
                    EXPECT_EQ(*lists.begin(), indicesOf(resolved.indices, resolved.studentSize))
                        << student << " " << space;
                }
            }
        }
}

TEST(PlanCoupling, HasASourceOfFittingRankAndRangeForEveryParameter) {
    for (const auto& [teacher, student] : kPairs) {
        const auto made = plan(teacher, student);
        ASSERT_EQ(made.parameters.size(), made.student->parameters.size());
        for (std::size_t i = 0; i < made.parameters.size(); ++i) {
            const auto& parameter = made.parameters[i];
            const auto& ours = made.student->parameters[i];
            EXPECT_EQ(parameter.student, ours.name);
            if (parameter.origin == Origin::Fresh) {
                EXPECT_FALSE(parameter.reason.empty()) << parameter.student;
                EXPECT_TRUE(parameter.teacher.empty() && parameter.axes.empty())
                    << parameter.student;
                continue;
            }
            const auto* theirs = made.teacher->find(parameter.teacher);
            ASSERT_TRUE(theirs) << parameter.teacher;
            ASSERT_EQ(parameter.axes.size(), ours.shape.size()) << parameter.student;
            for (std::size_t axis = 0; axis < ours.shape.size(); ++axis) {
                if (!parameter.axes[axis]) {
                    EXPECT_EQ(ours.shape[axis], theirs->shape[axis]) << parameter.student;
                    continue;
                }
                EXPECT_EQ(static_cast<std::int64_t>(parameter.axes[axis]->size()), ours.shape[axis])
                    << parameter.student;
                EXPECT_TRUE(std::ranges::is_sorted(*parameter.axes[axis])) << parameter.student;
                EXPECT_GE(parameter.axes[axis]->front(), 0) << parameter.student;
                EXPECT_LT(parameter.axes[axis]->back(), theirs->shape[axis]) << parameter.student;
            }
        }
    }
}

TEST(PlanCoupling, IsTheIdentityForEqualModels) {
    for (const auto& [teacher, student] : kPairs) {
        const auto made = plan(teacher, teacher, withElement("random:seed=9"));
        EXPECT_EQ(made.freshCount(), 0) << teacher;
        EXPECT_EQ(made.inheritedElements(), [&] {
            std::int64_t total = 0;
            for (const auto& parameter : made.student->parameters)
                total += elementCount(parameter.shape).value();
            return total;
        }());
        for (const auto& parameter : made.parameters) {
            EXPECT_EQ(parameter.teacher, parameter.student);
            EXPECT_TRUE(std::ranges::all_of(parameter.axes, [](const auto& list) {
                return list == nullptr;
            })) << parameter.student;
        }
    }
}

} // namespace
} // namespace heirloom

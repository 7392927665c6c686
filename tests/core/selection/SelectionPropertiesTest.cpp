// SPDX-License-Identifier: GPL-3.0-or-later
//
// What holds for every pair of shapes, every strategy and every seed.
#include "core/selection/InitializeStudent.h"
#include "core/selection/SelectionPlan.h"
#include "core/selection/SpaceScores.h"
#include "core/selection/Strategy.h"
#include "tests/core/selection/RandomPairs.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <map>

namespace heirloom {
namespace {

using namespace test;
using Indices = std::vector<std::int64_t>;

SelectionPlan planned(const SpecPair& pair, const std::string& element, const Checkpoint& weights) {
    auto options = withElement(element);
    options.seed = *rc::gen::arbitrary<std::uint64_t>();
    auto made = planSelection(pair.teacher, pair.student, options, &weights);
    if (!made)
        RC_FAIL(pair.text + ", " + element + ": " + made.error().message());
    return std::move(*made);
}

/// Checks one segment of an axis against what other axes said of its spaces.
class SpaceLists {
public:
    explicit SpaceLists(const SelectionPlan& plan) : m_plan(plan) {}

    void add(const AxisLayout& ours, const AxisLayout& theirs, const Indices& list) {
        std::size_t at = 0;
        std::int64_t offset = 0;
        for (std::size_t i = 0; i < ours.segments.size(); ++i) {
            const auto& spaces = ours.segments[i].spaces;
            const auto& sources = theirs.segments[i].spaces;
            const bool isFlat = !spaces.empty() && spaceAt(spaces[0]).blended && spaces.size() > 1;
            const auto count = sizeOf(*m_plan.student, spaces);
            for (std::int64_t position = 0; position < count; ++position, ++at) {
                std::int64_t mine = position;
                std::int64_t from = list.at(at) - offset;
                if (isFlat) {
                    agree(spaces[0], mine, from);
                    continue;
                }
                for (std::size_t k = spaces.size(); k-- > 0;) {
                    const auto ourSize = sizeOf(*m_plan.student, {spaces[k]});
                    const auto theirSize = sizeOf(*m_plan.teacher, {sources[k]});
                    agree(spaces[k], mine % ourSize, from % theirSize);
                    mine /= ourSize;
                    from /= theirSize;
                }
                RC_ASSERT(from == 0);
            }
            offset += sizeOf(*m_plan.teacher, sources);
        }
        RC_ASSERT(at == list.size());
    }

private:
    const SpacePlan& spaceAt(int space) const {
        return m_plan.spaces[static_cast<std::size_t>(space)];
    }
    static std::int64_t sizeOf(const ModelSpec& spec, const std::vector<int>& spaces) {
        std::int64_t size = 1;
        for (const int space : spaces)
            size *= spec.spaces[static_cast<std::size_t>(space)].size;
        return size;
    }
    void agree(int space, std::int64_t mine, std::int64_t from) {
        const auto [found, isNew] = m_seen.try_emplace({space, mine}, from);
        RC_ASSERT(found->second == from);
        const auto& plan = spaceAt(space);
        if (plan.indices)
            RC_ASSERT(plan.indices->at(static_cast<std::size_t>(mine)) == from);
        else
            RC_ASSERT(mine == from);
    }

    const SelectionPlan& m_plan;
    std::map<std::pair<int, std::int64_t>, std::int64_t> m_seen;
};

TEST(SelectionProperties, EveryAxisOfASpaceCarriesTheSameList) {
    EXPECT_TRUE(rc::check([] {
        const auto pair = randomPair();
        const auto element = randomStrategy();
        const auto weights = filledTeacher(*pair.teacher);
        const auto made = planned(pair, element, *weights);
        SpaceLists lists(made);
        for (std::size_t i = 0; i < made.parameters.size(); ++i) {
            const auto& plan = made.parameters[i];
            if (plan.origin != Origin::Inherited)
                continue;
            const auto& parameter = pair.student->parameters[i];
            const auto& source = *pair.teacher->find(plan.teacher);
            RC_ASSERT(plan.axes.size() == parameter.shape.size());
            for (std::size_t axis = 0; axis < plan.axes.size(); ++axis)
                lists.add(parameter.axes[axis],
                          source.axes[axis],
                          indicesOf(plan.axes[axis], parameter.shape[axis]));
        }
    }));
}

TEST(SelectionProperties, TheStudentHasTheStockNamesAndShapesAndTheChosenElements) {
    EXPECT_TRUE(rc::check([] {
        const auto pair = randomPair();
        const auto weights = filledTeacher(*pair.teacher);
        const auto made = planned(pair, randomStrategy(), *weights);
        const auto student = initializeStudent(*weights, made);
        RC_ASSERT(student.has_value());
        RC_ASSERT(student->size() == pair.student->parameters.size());
        std::size_t at = 0;
        for (const auto& [name, tensor] : student->entries()) {
            const auto& parameter = pair.student->parameters[at];
            RC_ASSERT(name == parameter.name);
            RC_ASSERT(tensor.shape == parameter.shape);
            RC_ASSERT(tensor.dtype == parameter.dtype);
            const auto& plan = made.parameters[at++];
            if (plan.origin != Origin::Inherited)
                continue;
            std::vector<Indices> lists;
            for (std::size_t axis = 0; axis < plan.axes.size(); ++axis)
                lists.push_back(indicesOf(plan.axes[axis], parameter.shape[axis]));
            RC_ASSERT(tensor.bytes == taken(weights->read(plan.teacher).value(), lists).bytes);
        }
    }));
}

TEST(SelectionProperties, AStudentOfTheSameSizesIsItsTeacher) {
    EXPECT_TRUE(rc::check([] {
        auto pair = randomPair();
        pair.student = pair.teacher;
        const auto weights = filledTeacher(*pair.teacher);
        const auto made = planned(pair, randomStrategy(), *weights);
        RC_ASSERT(made.freshCount() == 0);
        const auto student = initializeStudent(*weights, made);
        RC_ASSERT(student.has_value());
        for (const auto& [name, tensor] : student->entries())
            RC_ASSERT(tensor.bytes == weights->read(name).value().bytes);
    }));
}

TEST(SelectionProperties, AnIndexComesTwiceOnlyWhereItIsSaid) {
    EXPECT_TRUE(rc::check([] {
        const auto pair = randomPair();
        const auto element = randomStrategy();
        const auto made = planned(pair, element, *filledTeacher(*pair.teacher));
        for (const auto& space : made.spaces)
            if (space.indices) {
                const auto& list = *space.indices;
                RC_ASSERT(std::ranges::is_sorted(list));
                RC_ASSERT(list.front() >= 0);
                RC_ASSERT(list.back() < space.teacherSize);
                RC_ASSERT(static_cast<std::int64_t>(list.size()) == space.studentSize);
                RC_ASSERT(space.repeats == (std::ranges::adjacent_find(list) != list.end()));
                RC_ASSERT(!space.repeats || space.selection.strategy == "uniform");
            }
    }));
}

/// Whether the last score that is kept equals the first that is not, as it always does between the
/// distances of two slices: place decides then.
bool isTied(std::vector<double> scores, std::size_t kept) {
    std::ranges::sort(scores, std::greater{});
    return !scores.empty() && kept < scores.size() &&
           scores[kept - 1] - scores[kept] < 1e-6 * scores[kept];
}

TEST(SelectionProperties, APermutedTeacherGivesAPermutedStudent) {
    EXPECT_TRUE(rc::check([] {
        const auto pair = randomPair();
        const auto element = *rc::gen::element<std::string>("magnitude",
                                                            "magnitude:norm=1",
                                                            "magnitude-depgraph",
                                                            "magnitude-depgraph:norm=1",
                                                            "fpgm",
                                                            "gain");
        const auto weights = filledTeacher(*pair.teacher);
        const auto orders = randomOrders(*pair.teacher);
        const auto permuted = permutedTeacher(*pair.teacher, *weights, orders);
        const auto options = withElement(element);
        const auto plain = planSelection(pair.teacher, pair.student, options, weights.get());
        const auto other = planSelection(pair.teacher, pair.student, options, permuted.get());
        RC_ASSERT(plain.has_value());
        RC_ASSERT(other.has_value());
        // Where there is nothing to score the uniform rule stands in, which goes by place.
        bool isScored = std::ranges::none_of(plain->notes, [](const auto& note) {
            return note.find("nothing to go by") != std::string::npos ||
                   note.find("blended") != std::string::npos;
        });
        WeightScores scores(*weights, *pair.teacher);
        for (std::size_t i = 0; i < plain->spaces.size(); ++i) {
            const auto& space = plain->spaces[i];
            const auto kind = pair.student->spaces[i].kind;
            if (!space.indices || kind == SpaceKind::Rotary || kind == SpaceKind::Positions ||
                (element == "gain" && kind != SpaceKind::Residual) || space.blended)
                continue;
            const auto ranked = scores.scores({.strategy = options.element.strategy,
                                               .space = space.teacherSpace,
                                               .selection = options.element});
            RC_ASSERT(ranked.has_value());
            if (isTied(*ranked, space.indices->size())) {
                isScored = false;
                continue;
            }
            Indices back;
            for (const auto index : *other->spaces[i].indices)
                back.push_back(orders[static_cast<std::size_t>(space.teacherSpace)]
                                     [static_cast<std::size_t>(index)]);
            std::ranges::sort(back);
            RC_ASSERT(back == *space.indices);
        }
        if (!isScored)
            return;
        const auto student = initializeStudent(*weights, *plain);
        const auto twin = initializeStudent(*permuted, *other);
        RC_ASSERT(student.has_value());
        RC_ASSERT(twin.has_value());
        for (std::size_t i = 0; i < plain->parameters.size(); ++i) {
            const auto& plan = plain->parameters[i];
            if (plan.origin != Origin::Inherited)
                continue;
            const auto& parameter = pair.student->parameters[i];
            const auto& source = *pair.teacher->find(plan.teacher);
            std::vector<Indices> moves; // position of the twin -> position of the student
            for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
                const auto ours = indicesOf(plan.axes[axis], parameter.shape[axis]);
                const auto theirs =
                    indicesOf(other->parameters[i].axes[axis], parameter.shape[axis]);
                const auto held = permutedAxis(*pair.teacher, source.axes[axis], orders);
                Indices move;
                for (const auto position : theirs) {
                    const auto found =
                        std::ranges::find(ours, held[static_cast<std::size_t>(position)]);
                    RC_ASSERT(found != ours.end());
                    move.push_back(found - ours.begin());
                }
                moves.push_back(std::move(move));
            }
            RC_ASSERT(twin->find(parameter.name)->bytes ==
                      taken(*student->find(parameter.name), moves).bytes);
        }
    }));
}

} // namespace
} // namespace heirloom

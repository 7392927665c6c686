// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/selection/RandomPairs.h"

#include "core/base/Random.h"
#include "core/selection/SelectionText.h"
#include "core/selection/Strategy.h"
#include "tests/core/selection/GroupedSpec.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <fmt/ranges.h>
#include <rapidcheck.h>

#include <cstring>
#include <numeric>

namespace heirloom::test {
namespace {

/// In [low, high].
std::int64_t drawn(std::int64_t low, std::int64_t high) {
    return *rc::gen::inRange<std::int64_t>(low, high + 1);
}

struct Sizes {
    std::int64_t teacher;
    std::int64_t student;
};
/// The student's at most the teacher's.
Sizes drawnSizes(std::int64_t low, std::int64_t high) {
    const auto teacher = drawn(low, high);
    return {teacher, drawn(low, teacher)};
}

std::string flag(const char* name) {
    return fmt::format(",{}={}", name, *rc::gen::arbitrary<bool>() ? "true" : "false");
}

SpecPair named(const std::string& teacher, const std::string& student) {
    return {model(teacher), model(student), teacher + " -> " + student};
}

SpecPair vitPair() {
    const auto heads = drawnSizes(1, 4);
    const auto headDim = drawnSizes(1, 6);
    const auto depth = drawnSizes(1, 3);
    const auto mlp = drawnSizes(1, 20);
    const auto common = "patch=8,image=16,num_classes=3" + flag("layer_scale") + flag("qk_norm") +
                        flag("swiglu") + flag("class_token");
    const auto name = [&](auto of) {
        return fmt::format("vit:dim={},heads={},depth={},mlp={},{}",
                           of(heads) * of(headDim),
                           of(heads),
                           of(depth),
                           of(mlp),
                           common);
    };
    return named(name([](Sizes sizes) { return sizes.teacher; }),
                 name([](Sizes sizes) { return sizes.student; }));
}

/// Four stages, each with its depth and width.
SpecPair stagedPair(std::string_view head,
                    std::string_view widths,
                    const std::string& tail,
                    std::string_view stem = {}) {
    std::string names[2] = {std::string(head), std::string(head)};
    std::vector<std::int64_t> depths[2];
    std::vector<std::int64_t> sizes[2];
    for (int stage = 0; stage < 4; ++stage) {
        const auto depth = drawnSizes(1, 2);
        const auto width = drawnSizes(1, 9);
        depths[0].push_back(depth.teacher);
        depths[1].push_back(depth.student);
        sizes[0].push_back(width.teacher);
        sizes[1].push_back(width.student);
    }
    const auto stemSizes = drawnSizes(1, 9);
    for (int side = 0; side < 2; ++side) {
        names[side] += fmt::format("depths={},{}={},{}",
                                   fmt::join(depths[side], "-"),
                                   widths,
                                   fmt::join(sizes[side], "-"),
                                   tail);
        if (!stem.empty())
            names[side] +=
                fmt::format(",{}={}", stem, side == 0 ? stemSizes.teacher : stemSizes.student);
    }
    return named(names[0], names[1]);
}

SpecPair mixerPair() {
    const Sizes sizes[] = {
        drawnSizes(1, 12), drawnSizes(1, 3), drawnSizes(1, 9), drawnSizes(1, 20)};
    const auto name = [&](auto of) {
        return fmt::format(
            "mixer:dim={},depth={},tokens_mlp={},mlp={},patch=8,image=16,num_classes=3",
            of(sizes[0]),
            of(sizes[1]),
            of(sizes[2]),
            of(sizes[3]));
    };
    return named(name([](Sizes pair) { return pair.teacher; }),
                 name([](Sizes pair) { return pair.student; }));
}

/// BERT or GPT-2: the same words for the same sizes.
SpecPair textPair(std::string_view family) {
    const Sizes sizes[] = {drawnSizes(1, 4),  // heads
                           drawnSizes(1, 6),  // head size
                           drawnSizes(1, 3),  // depth
                           drawnSizes(1, 12), // mlp
                           drawnSizes(3, 9)}; // positions
    const auto name = [&](auto of) {
        return fmt::format("{}:dim={},heads={},depth={},mlp={},vocab=7,positions={}",
                           family,
                           of(sizes[0]) * of(sizes[1]),
                           of(sizes[0]),
                           of(sizes[2]),
                           of(sizes[3]),
                           of(sizes[4]));
    };
    return named(name([](Sizes pair) { return pair.teacher; }),
                 name([](Sizes pair) { return pair.student; }));
}

SpecPair llamaPair() {
    const Sizes sizes[] = {drawnSizes(1, 12),  // dim
                           drawnSizes(1, 3),   // kv heads
                           drawnSizes(1, 3),   // group
                           drawnSizes(1, 4),   // rotary pairs
                           drawnSizes(1, 3),   // depth
                           drawnSizes(1, 12)}; // mlp
    const auto common = flag("qk_norm") + flag("qkv_bias") + flag("tied");
    const auto name = [&](auto of) {
        return fmt::format(
            "llama:dim={},kv_heads={},heads={},head_dim={},depth={},mlp={},vocab=7{}",
            of(sizes[0]),
            of(sizes[1]),
            of(sizes[1]) * of(sizes[2]),
            2 * of(sizes[3]),
            of(sizes[4]),
            of(sizes[5]),
            common);
    };
    return named(name([](Sizes pair) { return pair.teacher; }),
                 name([](Sizes pair) { return pair.student; }));
}

SpecPair swinPair() {
    std::vector<std::int64_t> dims[2];
    std::vector<std::int64_t> heads[2];
    std::vector<std::int64_t> depths[2];
    for (int stage = 0; stage < 2; ++stage) {
        const auto count = drawnSizes(1, 3);
        const auto inside = drawnSizes(1, 5);
        const auto depth = drawnSizes(1, 2);
        dims[0].push_back(count.teacher * inside.teacher);
        dims[1].push_back(count.student * inside.student);
        heads[0].push_back(count.teacher);
        heads[1].push_back(count.student);
        depths[0].push_back(depth.teacher);
        depths[1].push_back(depth.student);
    }
    const auto name = [&](int side) {
        return fmt::format(
            "swin:dims={},heads={},depths={},mlp_ratio=2,patch=2,window=2,image=16,num_classes=3",
            fmt::join(dims[side], "-"),
            fmt::join(heads[side], "-"),
            fmt::join(depths[side], "-"));
    };
    return named(name(0), name(1));
}

SpecPair groupedPair() {
    const Sizes sizes[] = {drawnSizes(1, 12),
                           drawnSizes(1, 3),
                           drawnSizes(1, 4),
                           drawnSizes(1, 3),
                           drawnSizes(1, 5),
                           drawnSizes(1, 12),
                           drawnSizes(1, 9)};
    const auto made = [&](auto of) {
        return groupedSpec({.dim = of(sizes[0]),
                            .depth = static_cast<int>(of(sizes[1])),
                            .kvHeads = of(sizes[2]),
                            .group = of(sizes[3]),
                            .headDim = 2 * of(sizes[4]),
                            .mlp = of(sizes[5]),
                            .positions = of(sizes[6])});
    };
    std::string text = "grouped";
    for (const auto& pair : sizes)
        text += fmt::format(" {}->{}", pair.teacher, pair.student);
    return {made([](Sizes pair) { return pair.teacher; }),
            made([](Sizes pair) { return pair.student; }),
            text};
}

} // namespace

SpecPair randomPair() {
    switch (drawn(0, 9)) {
    case 0:
        return vitPair();
    case 1:
        return stagedPair("resnet:block=basic,", "widths", "num_classes=3", "stem");
    case 2:
        return stagedPair("resnet:block=bottleneck,", "widths", "num_classes=3", "stem");
    case 3:
        return stagedPair("convnext:",
                          "dims",
                          "patch=4,kernel=3,num_classes=3" + flag("layer_scale") + flag("grn"));
    case 4:
        return mixerPair();
    case 5:
        return textPair("bert");
    case 6:
        return textPair("gpt2");
    case 7:
        return llamaPair();
    case 8:
        return swinPair();
    default:
        return groupedPair();
    }
}

std::string randomStrategy() {
    // Every registered one that needs no list, with every word of its options.
    std::vector<std::string> words;
    for (const auto* strategy : strategies()) {
        if (strategy->need == StrategyNeed::Indices)
            continue;
        words.emplace_back(strategy->name);
        const auto add = [&](const RuleOption& option) {
            if (option.values.find('|') == std::string_view::npos)
                return;
            for (const auto word : splitText(option.values, '|'))
                words.push_back(fmt::format("{}:{}={}", strategy->name, option.name, word));
        };
        add(headsOption());
        for (const auto& option : strategy->options)
            if (option.name != "consistent") // a set a tensor, which axes of a space need not share
                add(option);
    }
    return *rc::gen::elementOf(words);
}

SpaceOrders randomOrders(const ModelSpec& spec) {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    SpaceOrders orders;
    for (const auto& space : spec.spaces) {
        std::vector<std::int64_t> order(static_cast<std::size_t>(space.size));
        std::iota(order.begin(), order.end(), std::int64_t{0});
        const bool isFree = space.kind == SpaceKind::Residual || space.kind == SpaceKind::Heads ||
                            space.kind == SpaceKind::HeadDim || space.kind == SpaceKind::Group ||
                            space.kind == SpaceKind::Mlp || space.kind == SpaceKind::Channels;
        for (std::size_t i = order.size(); isFree && i > 1; --i)
            std::swap(order[i - 1], order[random.below(i)]);
        orders.push_back(std::move(order));
    }
    return orders;
}

std::vector<std::int64_t> permutedAxis(const ModelSpec& spec,
                                       const AxisLayout& axis,
                                       const SpaceOrders& orders) {
    std::vector<std::int64_t> positions;
    std::int64_t offset = 0;
    for (const auto& segment : axis.segments) {
        std::vector<std::int64_t> run{0};
        for (const int space : segment.spaces) {
            std::vector<std::int64_t> wider;
            for (const auto outer : run)
                for (const auto index : orders[static_cast<std::size_t>(space)])
                    wider.push_back(outer * spec.spaces[static_cast<std::size_t>(space)].size +
                                    index);
            run = std::move(wider);
        }
        for (const auto position : run)
            positions.push_back(offset + position);
        offset += static_cast<std::int64_t>(run.size());
    }
    return positions;
}

HostTensor taken(const HostTensor& tensor, const std::vector<std::vector<std::int64_t>>& lists) {
    Shape shape;
    for (const auto& list : lists)
        shape.push_back(static_cast<std::int64_t>(list.size()));
    auto made = HostTensor::zeros(tensor.dtype, shape);
    const auto bytes = static_cast<std::size_t>(dtypeSize(tensor.dtype));
    const std::int64_t count = *elementCount(shape);
    for (std::int64_t flat = 0; flat < count; ++flat) {
        std::int64_t rest = flat;
        std::int64_t from = 0;
        std::int64_t stride = 1;
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            from += lists[axis][static_cast<std::size_t>(rest % shape[axis])] * stride;
            rest /= shape[axis];
            stride *= tensor.shape[axis];
        }
        std::memcpy(made.bytes.data() + static_cast<std::size_t>(flat) * bytes,
                    tensor.bytes.data() + static_cast<std::size_t>(from) * bytes,
                    bytes);
    }
    return made;
}

std::shared_ptr<const Checkpoint> permutedTeacher(const ModelSpec& spec,
                                                  const Checkpoint& teacher,
                                                  const SpaceOrders& orders) {
    StateDict tensors;
    for (const auto& parameter : spec.parameters) {
        std::vector<std::vector<std::int64_t>> lists;
        for (const auto& axis : parameter.axes)
            lists.push_back(permutedAxis(spec, axis, orders));
        tensors.set(parameter.name, taken(teacher.read(parameter.name).value(), lists));
    }
    return memoryCheckpoint(std::move(tensors));
}

} // namespace heirloom::test

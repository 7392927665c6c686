// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/selection/GroupedSpec.h"

#include "core/model/SpecBuilder.h"

#include <stdexcept>

namespace heirloom::test {

std::shared_ptr<const ModelSpec> groupedSpec(const GroupedSizes& sizes) {
    SpecBuilder builder("grouped", {});
    const Draw draw = truncNormal();
    const int words = builder.fixed("vocabulary", sizes.vocabulary);
    const int halves = builder.fixed("halves", 2);
    const int residual = builder.space("residual", sizes.dim, SpaceKind::Residual);
    const int rows = builder.space("positions", sizes.positions, SpaceKind::Positions);
    builder.add("embed.weight", {axis(words), axis(residual)}, draw);
    builder.add("positions.weight", {axis(rows), axis(residual)}, draw);
    for (int i = 0; i < sizes.depth; ++i) {
        const auto layer = fmt::format("layers.{}", i);
        builder.beginLayer("layers", i);
        const int kv = builder.space(layer + ".kv_heads", sizes.kvHeads, SpaceKind::Heads);
        const int group = builder.space(layer + ".group", sizes.group, SpaceKind::Group);
        const int rotary = builder.space(layer + ".rotary", sizes.headDim / 2, SpaceKind::Rotary);
        const int vDim = builder.space(layer + ".v_dim", sizes.headDim, SpaceKind::HeadDim);
        const int mlp = builder.space(layer + ".mlp", sizes.mlp, SpaceKind::Mlp);
        builder.add(layer + ".q.weight", {axis({kv, group, halves, rotary}), axis(residual)}, draw);
        builder.add(layer + ".k.weight", {axis({kv, halves, rotary}), axis(residual)}, draw);
        builder.add(layer + ".v.weight", {axis({kv, vDim}), axis(residual)}, draw);
        builder.add(layer + ".o.weight", {axis(residual), axis({kv, group, vDim})}, draw);
        builder.add(layer + ".q_norm.weight", {axis({halves, rotary})}, ones());
        builder.add(layer + ".norm.weight", {axis(residual)}, ones());
        builder.add(layer + ".gate.weight", {axis(mlp), axis(residual)}, draw);
        builder.add(layer + ".up.weight", {axis(mlp), axis(residual)}, draw);
        builder.add(layer + ".down.weight", {axis(residual), axis(mlp)}, draw);
        builder.endLayer();
    }
    builder.add("norm.weight", {axis(residual)}, ones());
    builder.add("head.weight", {axis(words), axis(residual)}, draw);
    auto spec = builder.finish();
    if (!spec)
        throw std::runtime_error(spec.error().message());
    spec->name = "grouped";
    spec->tied.emplace_back("head.weight", "embed.weight");
    return std::make_shared<const ModelSpec>(std::move(*spec));
}

} // namespace heirloom::test

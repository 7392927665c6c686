// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom {

enum class PairKind {
    Stack, ///< "blocks ×12"
    Layer, ///< one repeated block: "3"
    Module ///< what shares a name up to the last dot: attn.qkv with weight and bias
};

/// The teacher's or the student's half of a row.
struct PairSide {
    std::string label; ///< within its parent
    std::string path;  ///< "blocks.3.attn.qkv"; empty: nothing stands on this side
    std::vector<std::string> parameters; ///< of a module, its weight first
    std::string shape;                   ///< of a module's weight: "1152×384"
    std::int64_t elements = 0;           ///< with everything below it
    int layer = -1;                      ///< index into ModelSpec::layers, or -1

    [[nodiscard]] bool exists() const { return !path.empty(); }
};

/// A row of the map: teacher and student side by side where they belong together.
struct PairNode {
    PairKind kind = PairKind::Module;
    PairSide teacher;
    PairSide student;
    int parent = -1; ///< index into LayerPairs::nodes; -1 for the top
    int depth = 0;
    std::vector<int> children;
    /// Row of the teacher side that feeds this student side, where it could not stand on this row;
    /// -1: this row, or none.
    int source = -1;
    bool teacherTaken = false; ///< some student parameter draws on this teacher side
    std::map<std::string, std::int64_t>
        inherited; ///< strategy word -> elements of the student that it brings
    int freshParameters = 0;
    int resampledParameters = 0;
    int mappedLayers = 0; ///< of a stack: student layers with a source
    std::string pill; ///< "uniform", "uniform !", "fresh", "resampled", "published", "12 mapped";
                      ///< may be empty
    bool blended = false; ///< its heads are glued from several teacher heads

    [[nodiscard]] std::int64_t inheritedElements() const;
    [[nodiscard]] bool isFresh() const {
        return student.exists() && freshParameters > 0 && inherited.empty();
    }
    /// Stable name over plans, for keeping what is open.
    [[nodiscard]] std::string key() const;
};

/// A plan as rows of two outlines, laid side by side as a text comparison does: partners on one
/// line wherever the order of both allows it, teacher layers that are not taken between them,
/// crossing partners linked by `source`.
struct LayerPairs {
    std::vector<PairNode> nodes;
    std::vector<int> roots;
    std::int64_t largestModule = 1; ///< inherited elements, the scale of the gutter's bands

    [[nodiscard]] int nodeOf(
        std::string_view studentParameter) const; ///< the module's row, -1 when there is none
    [[nodiscard]] int studentParameters() const;
};

[[nodiscard]] LayerPairs layerPairs(const SelectionPlan& plan);

/// Word under which what a parameter takes counts: the strategy of its main space ("uniform", of a
/// whole copy too), "net2net" where that space grows, the weight rule where it makes the values
/// anew ("dct", "kaiming"), or "published".
[[nodiscard]] std::string strategyOf(const SelectionPlan& plan, std::string_view studentParameter);

/// Positions of a longest strictly increasing run of values; negative values are left out.
[[nodiscard]] std::vector<std::size_t> longestRise(const std::vector<int>& values);

} // namespace heirloom

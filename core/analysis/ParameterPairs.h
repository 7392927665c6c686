// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/SliceView.h"
#include "core/analysis/TensorRows.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace heirloom {

/// One of `parts` equal stretches of a parameter's first axis.
struct ParameterPart {
    const Parameter* parameter = nullptr;
    int part = 0;
    int parts = 1;
};

/// A stretch of a student parameter and the stretch of the teacher's that plays the same role.
struct ParameterPair {
    ParameterPart student;
    ParameterPart teacher;
};

/// Roles of a net's parameters: what the family's first dialect calls them, layer by layer, so that
/// nets whose files spell names differently (fused or separate q, k and v) can be laid side by
/// side. Where no roles are set, names are the roles. The spec must outlive it.
class Roles {
public:
    explicit Roles(const ModelSpec& spec);

    /// The stack of a layer by its role: "blocks" for transformers' "encoder.layer".
    [[nodiscard]] const std::string& stackOf(int layer) const {
        return m_stacks[static_cast<std::size_t>(layer)];
    }
    /// "attn.qkv.weight" of "blocks.3.attn.qkv.weight"; whole outside layers.
    [[nodiscard]] const std::string& roleOf(const Parameter& parameter) const;
    /// What has that role in a layer (-1: outside layers), in stretches that together are the
    /// whole; empty when nothing has.
    [[nodiscard]] std::vector<ParameterPart> find(int layer, const std::string& role) const;

private:
    const ModelSpec* m_spec;
    std::vector<std::string> m_stacks;
    std::map<const Parameter*, std::string> m_roles;
    std::map<std::pair<int, std::string>, std::vector<const Parameter*>> m_byRole;
};

/// The teacher's stretches for one student parameter, with `teacherLayer` as its layer's origin.
/// Several where the student's is fused and the teacher's is not; empty where the teacher has none.
[[nodiscard]] std::vector<ParameterPair> pairsOf(const Roles& studentRoles,
                                                 const Parameter& student,
                                                 const Roles& teacherRoles,
                                                 int teacherLayer);

/// Both stretches of a pair, ready to be read.
struct PairRows {
    SliceView view;
    TensorRows teacher;
    TensorRows student;
};

/// Empty where a tensor is missing or unreadable, or no selection leads from one shape to the
/// other.
[[nodiscard]] std::optional<PairRows> rowsOf(const ParameterPair& pair,
                                             const Checkpoint& teacher,
                                             const Checkpoint& student,
                                             const ModelSpec& studentSpec);

} // namespace heirloom

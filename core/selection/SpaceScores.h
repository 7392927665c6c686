// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"
#include "core/model/ModelSpec.h"
#include "core/selection/AxisSums.h"
#include "core/selection/ScoreSource.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// Scores from a teacher's weights alone, for many spaces: each tensor is read once a kind of sum.
///
/// `space` is an index into the spec's spaces; with `isFlat`, of a space of heads, there is one
/// score a position of the flat run heads × head_dim instead of one a head. A tensor that is all
/// zero adds nothing; one that is tied to another counts once. No scores where no tensor counts.
/// Each returns an Error when a tensor is missing, unreadable or not finite.
class WeightScores final : public ScoreSource {
public:
    /// Keeps references to both.
    WeightScores(const Checkpoint& checkpoint, const ModelSpec& spec);

    /// Of every strategy with a `score` of its own.
    [[nodiscard]] bool has(std::string_view strategy) const override;
    [[nodiscard]] Result<std::vector<double>> scores(const ScoreRequest& request) override;

    /// For each parameter axis on the space (weights, biases, free parameters; no buffers) sum |w|
    /// (`norm` 1) or sqrt(sum w²) (`norm` 2) of each slice, divided by that tensor's mean over the
    /// slices; summed over the axes. After DepGraph's GroupMagnitude (Fang et al., CVPR 2023).
    [[nodiscard]] Result<std::vector<double>> magnitudes(int space, bool isFlat, int norm);
    /// sum |w|^norm of each slice without a root, averaged over the weights of linear, convolution
    /// and norm layers, divided by the mean of that: GroupMagnitudeImportance of Torch-Pruning.
    [[nodiscard]] Result<std::vector<double>> depGraphMagnitudes(int space, bool isFlat, int norm);
    /// |gain| of the norms and layer scales on the space, each tensor's divided by its mean first.
    [[nodiscard]] Result<std::vector<double>> gains(int space, bool isFlat);
    /// For each linear or convolution weight the sum of Euclidean distances of each slice to all
    /// others, divided by its mean; summed (He et al., FPGM, CVPR 2019). Holds one tensor at a time
    /// in float32.
    [[nodiscard]] Result<std::vector<double>> distances(int space, bool isFlat);

private:
    /// One axis of a parameter that lies on the space.
    struct Member {
        const Parameter* parameter;
        std::size_t axis;
        std::vector<std::int64_t> indices; ///< of each position: its index in the space, or -1
    };

    [[nodiscard]] std::int64_t sizeOf(int space, bool isFlat) const;
    template <class Counts>
    [[nodiscard]] std::vector<Member> membersOf(int space, bool isFlat, const Counts& counts) const;
    [[nodiscard]] Result<std::vector<double>> sliceSums(const Member& member,
                                                        std::int64_t size,
                                                        int norm);
    [[nodiscard]] bool isLinear(const Parameter& parameter) const;

    const ModelSpec& m_spec;
    ScoreReader m_reader;
    bool m_knowsPositions; ///< the spec says which weights are multiplied by and which looked up
    std::unordered_map<std::string, AxisSums> m_sums[2]; ///< by norm - 1, by parameter
};

/// WeightScores::magnitudes() of one space. An Error unless `norm` is 1 or 2.
[[nodiscard]] Result<std::vector<double>> spaceScores(const Checkpoint& checkpoint,
                                                      const ModelSpec& spec,
                                                      int space,
                                                      int norm);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/model/ModelSpec.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// How a parameter is drawn: rule and its scale.
struct Draw {
    InitRule rule;
    double scale;
};

[[nodiscard]] Draw zeros();
[[nodiscard]] Draw ones();
[[nodiscard]] Draw truncNormal(double deviation = 0.02);
/// ±1/sqrt(fanIn): what torch.nn.Linear and Conv2d leave in weight and bias when nobody draws them
/// anew.
[[nodiscard]] Draw torchDefault(std::int64_t fanIn);

/// An axis that is one space, or the row-major product of several (outermost first).
[[nodiscard]] AxisLayout axis(int space);
[[nodiscard]] AxisLayout axis(std::initializer_list<int> product);

/// Puts a ModelSpec together in the stock class's order. Shapes follow from the spaces, so an axis
/// can never disagree with its space.
class SpecBuilder {
public:
    SpecBuilder(std::string family, HyperParameters hyper);

    /// Adds a space, or returns the one of that name. It belongs to the open layer.
    int space(const std::string& name, std::int64_t size, SpaceKind kind);
    /// A space of the whole net that must be equal on both sides; the one of that name if it is
    /// there.
    int fixed(const std::string& name, std::int64_t size);

    /// What is added from here on belongs to "stack.position", whose tensors' names start with
    /// `prefix` where that is something else ("model.layers.3" of stack "layers").
    void beginLayer(const std::string& stack, int position, std::string prefix = {});
    void endLayer() { m_layer = -1; }

    Parameter& add(std::string name, std::vector<AxisLayout> axes, Draw draw);
    Parameter& buffer(std::string name,
                      std::vector<AxisLayout> axes,
                      double value,
                      DType dtype = DType::F32);
    /// name.weight (1) and name.bias (0).
    void norm(const std::string& name, int space);
    /// norm() with running_mean, running_var and num_batches_tracked.
    void batchNorm(const std::string& name, int space);
    /// name.weight [out, in] and name.bias [out]; `positions` as in Parameter.
    void linear(const std::string& name,
                const AxisLayout& out,
                const AxisLayout& in,
                Draw weight,
                Draw bias,
                std::int64_t positions = 0);
    /// The head that maps features to classes, as linear(); multiplies once a sample.
    void classifier(const std::string& name, int classes, int features, Draw weight, Draw bias);

    /// The products of one attention, for counting.
    void attention(const Attention& products) { m_spec.attentions.push_back(products); }
    /// `name` is the tensor `kept` again: no parameter of its own.
    void tie(std::string name, std::string kept) {
        m_spec.tied.emplace_back(std::move(name), std::move(kept));
    }

    /// An Error where a tensor would have more elements than can be counted. Names the model.
    [[nodiscard]] Result<ModelSpec> finish();

private:
    std::int64_t sizeOf(const AxisLayout& layout);

    ModelSpec m_spec;
    std::unordered_map<std::string, int> m_index;
    int m_layer = -1;
    bool m_overflow = false;
};

/// Largest sizes that a stock model is built with; keeps a name from a hostile file from filling
/// the memory.
inline constexpr std::int64_t maximumWidth = 1 << 20;
inline constexpr std::int64_t maximumDepth = 2048;
inline constexpr std::int64_t maximumClasses = 1 << 24;

/// An Error unless low <= hyper[name] <= high.
[[nodiscard]] Status requireSize(const std::string& family,
                                 const HyperParameters& hyper,
                                 std::string_view name,
                                 std::int64_t low,
                                 std::int64_t high);
/// An Error unless dim is a multiple of heads. \pre heads > 0
[[nodiscard]] Status requireWholeHeads(const std::string& family, const HyperParameters& hyper);
/// An Error unless the list has `count` entries, each in [1, high].
[[nodiscard]] Status requireList(const std::string& family,
                                 const HyperParameters& hyper,
                                 std::string_view name,
                                 std::size_t count,
                                 std::int64_t high);

/// `defaults` with the entries of `hyper` that have the same name and kind.
[[nodiscard]] HyperParameters overDefaults(HyperParameters defaults, const HyperParameters& hyper);

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/TensorInfo.h"
#include "core/model/HyperParameters.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heirloom {

/// What a logical dimension is; decides which selections make sense on it.
enum class SpaceKind {
    Residual,  ///< width of a residual stream (whole net, or one stage)
    Heads,     ///< attention heads of one block
    HeadDim,   ///< the dimensions inside each head (q and k, or v)
    Group,     ///< query heads that share one key/value head (grouped-query attention)
    Rotary,    ///< rotary pairs (i, i + head_dim / 2) of q and k: taken at matching frequencies
    Mlp,       ///< hidden units of one MLP
    Channels,  ///< inner channels of one block (ResNet)
    Classes,   ///< classifier outputs: never inherited unless equal
    Tokens,    ///< positions of a position embedding: resampled, not picked
    Positions, ///< rows of a text position table: the first ones are kept
    Fixed,     ///< must be equal on both sides (image channels, kernel sides, class token)
    Unknown    ///< an axis of a net whose family is not known
};

/// One logical dimension, shared by several tensor axes; all of them are cut with the same index
/// list.
struct IndexSpace {
    std::string name; ///< unique: "residual", "blocks.3.heads", "stages.0.blocks.1.mlp"
    std::int64_t size = 0;
    SpaceKind kind = SpaceKind::Fixed;
    int layer = -1; ///< index into ModelSpec::layers, or -1 for a space of the whole net
};

/// A stretch of an axis: the product of its spaces in row-major order (heads × head_dim), or just
/// one space.
struct AxisSegment {
    std::vector<int> spaces; ///< indices into ModelSpec::spaces, outermost first
};

/// An axis is its segments one after the other: qkv is [heads × qk_dim | heads × qk_dim | heads ×
/// v_dim].
struct AxisLayout {
    std::vector<AxisSegment> segments;
};

/// How a parameter is drawn where it is not inherited; as the family's stock class does it.
enum class InitRule {
    TruncNormal,   ///< normal, std `initScale`, cut at ±2 (absolute, as timm's trunc_normal_)
    Normal,        ///< normal, std `initScale`
    Uniform,       ///< uniform in ±`initScale`
    KaimingFanOut, ///< normal, std sqrt(2 / (out channels × kernel area)), as torchvision's ResNet
    Constant,      ///< `initScale`
    WindowIndex ///< constants of Swin: the row of a bias table for each two pixels of a window of
                ///< side `initScale`
};

/// A parameter or buffer of an architecture.
struct Parameter {
    std::string name;
    Shape shape;
    DType dtype = DType::F32;
    bool isBuffer = false;
    std::vector<AxisLayout> axes; ///< one an axis; product of segment sizes equals shape
    int layer = -1;               ///< index into ModelSpec::layers, or -1
    bool isClassifier = false;    ///< of the head that maps features to classes
    InitRule init = InitRule::TruncNormal;
    double initScale = 0.02;
    /// Its name in the family's first dialect, and which of `roleParts` equal stretches of that
    /// tensor's first axis it is (q, k and v of a fused qkv). Empty: `name`, whole.
    std::string role;
    int rolePart = 0;
    int roleParts = 1;
    /// How often one sample multiplies by each of its elements: tokens for a linear layer, output
    /// pixels for a convolution, `perTextToken` for once a token of text, 0 for what is added or
    /// looked up.
    std::int64_t positions = 0;
};

/// Parameter::positions and Attention::tokens of a net that reads text of any length.
inline constexpr std::int64_t perTextToken = -1;

/// The two products of one attention, q k^T and softmax v: 2 x windows x tokens^2 x width
/// multiply-adds.
struct Attention {
    std::int64_t windows = 1; ///< attended on their own (Swin), else 1
    std::int64_t tokens = 0;  ///< in each window, or `perTextToken`
    std::int64_t width = 0;   ///< heads x head_dim
};

/// One repeated block: "blocks.3" of stack "blocks", position 3.
struct Layer {
    std::string prefix; ///< name without the final dot
    std::string stack;  ///< "blocks", "stages.2.blocks", "layer1"
    int position = 0;   ///< in the stack
};

/// An architecture: family + hyper-parameters + ordered parameters with shapes + the index spaces
/// that tie their axes.
struct ModelSpec {
    std::string family; ///< "vit", "convnext", "resnet", "cifar_resnet", "unknown"
    std::string name;   ///< as timm writes it where there is such a name, else family:options
    HyperParameters hyper;
    std::vector<Parameter> parameters; ///< in the stock class's state-dict order, buffers included
    std::vector<IndexSpace> spaces;
    std::vector<Layer> layers;
    std::vector<Attention> attentions; ///< for counting only
    /// Parameters that stock checkpoints leave out because they are another one's tensor: name and
    /// the name of the one that is kept ("lm_head.weight", "model.embed_tokens.weight").
    std::vector<std::pair<std::string, std::string>> tied;
    std::vector<std::string>
        notes; ///< what was assumed: "4 heads of 16 assumed; write heads=N to change it"

    [[nodiscard]] const Parameter* find(std::string_view parameterName) const;
    [[nodiscard]] int spaceIndex(std::string_view spaceName) const; ///< -1 when there is none
    /// Elements of all parameters without buffers.
    [[nodiscard]] std::int64_t parameterCount() const;
    /// Distinct stacks in order of appearance.
    [[nodiscard]] std::vector<std::string> stacks() const;
    /// Layers of one stack, as indices into `layers`, by position.
    [[nodiscard]] std::vector<int> layersOf(std::string_view stack) const;
};

} // namespace heirloom

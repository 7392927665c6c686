// SPDX-License-Identifier: GPL-3.0-or-later
//
// Swin transformers of core/model/families/Swin.cpp (Liu et al. 2021): LayerNorm eps 1e-5, exact
// GELU. Every second block shifts its windows by half. Sources: timm, models/swin_transformer.py;
// torchvision, models/swin_transformer.py; transformers, models/swin/modeling_swin.py.
//
// Where windows do not fill the image, zeros fill it: timm shifts before that, the others after.
#include "core/engine/families/Families.h"
#include "core/engine/families/Modules.h"

#include <cmath>

namespace heirloom {
namespace {

constexpr double kEps = 1e-5;

/// Of images [N, H, W, C] whose sides are multiples of `side`: [N x windows, side x side, C].
at::Tensor cutIntoWindows(const at::Tensor& x, std::int64_t side) {
    const auto rows = x.size(1) / side, columns = x.size(2) / side;
    return x.reshape({x.size(0), rows, side, columns, side, x.size(3)})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({-1, side * side, x.size(3)});
}

at::Tensor putTogether(const at::Tensor& windows,
                       std::int64_t side,
                       std::int64_t height,
                       std::int64_t width) {
    const auto rows = height / side, columns = width / side;
    return windows.reshape({-1, rows, columns, side, side, windows.size(2)})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({-1, height, width, windows.size(2)});
}

/// Zeros after the last row and column, so that the sides are multiples of `side`.
at::Tensor filledUp(const at::Tensor& x, std::int64_t side) {
    const auto down = (side - x.size(1) % side) % side, right = (side - x.size(2) % side) % side;
    return down + right > 0 ? at::constant_pad_nd(x, {0, 0, 0, right, 0, down}) : x;
}

/// For each two pixels of a window, the row of the table of offsets: [side^2 x side^2].
at::Tensor offsetIndex(std::int64_t side, at::Device device) {
    const at::Tensor pixel = at::arange(side * side, at::TensorOptions(device).dtype(at::kLong));
    const at::Tensor row = pixel.floor_divide(side), column = pixel.remainder(side);
    const at::Tensor down = row.unsqueeze(1) - row.unsqueeze(0) + side - 1;
    const at::Tensor right = column.unsqueeze(1) - column.unsqueeze(0) + side - 1;
    return (down * (2 * side - 1) + right).flatten();
}

/// -100 where the shift brought two pixels into one window that are not neighbours in the image:
/// [windows, 1, side^2, side^2].
at::Tensor shiftMask(
    std::int64_t height, std::int64_t width, std::int64_t side, std::int64_t shift, at::Device on) {
    // 0 before the last window, 1 and 2 for its two parts
    const auto parts = [&](std::int64_t size) {
        const at::Tensor pixel = at::arange(size, at::TensorOptions(on).dtype(at::kFloat));
        return (pixel >= size - side).to(at::kFloat) + (pixel >= size - shift).to(at::kFloat);
    };
    const at::Tensor part = parts(height).unsqueeze(1) * 3 + parts(width).unsqueeze(0);
    const at::Tensor windows = cutIntoWindows(part.reshape({1, height, width, 1}), side).squeeze(2);
    return windows.unsqueeze(1).ne(windows.unsqueeze(2)).to(at::kFloat).mul(-100).unsqueeze(1);
}

struct Block {
    LayerNorm norm1, norm2;
    Linear qkv, projection, fc1, fc2;
    at::Tensor table, index; ///< [offsets, heads], [side^4]
    std::int64_t side;       ///< of a window
    bool isShifted, shiftsFirst;

    Block(WeightTable& weights, const std::string& name, bool isShifted_, bool shiftsFirst_)
        : norm1(weights, name + ".norm1", kEps), norm2(weights, name + ".norm2", kEps),
          qkv(weights, name + ".attn.qkv"), projection(weights, name + ".attn.proj"),
          fc1(weights, name + ".mlp.fc1"), fc2(weights, name + ".mlp.fc2"),
          table(weights.get(name + ".attn.relative_position_bias_table")),
          side((std::llround(std::sqrt(static_cast<double>(table.size(0)))) + 1) / 2),
          isShifted(isShifted_), shiftsFirst(shiftsFirst_) {
        index = offsetIndex(side, table.device());
    }

    /// \param x [N x windows, side^2, C] \param mask undefined or [windows, 1, side^2, side^2]
    at::Tensor attention(const at::Tensor& x, const at::Tensor& mask) const {
        const auto batch = x.size(0), pixels = x.size(1), heads = table.size(1);
        const auto parts =
            qkv(x).reshape({batch, pixels, 3, heads, -1}).permute({2, 0, 3, 1, 4}).unbind(0);
        at::Tensor bias =
            table.index_select(0, index).reshape({1, pixels, pixels, heads}).permute({0, 3, 1, 2});
        if (mask.defined())
            bias = (bias + mask).repeat({batch / mask.size(0), 1, 1, 1});
        const at::Tensor mixed =
            at::scaled_dot_product_attention(parts[0], parts[1], parts[2], bias);
        return projection(mixed.transpose(1, 2).reshape({batch, pixels, -1}));
    }

    at::Tensor windowed(const at::Tensor& input) const {
        // one window sees the whole image: nothing to shift
        const auto shift =
            isShifted && std::min(input.size(1), input.size(2)) > side ? side / 2 : 0;
        at::Tensor x = input;
        if (shift > 0 && shiftsFirst)
            x = x.roll({-shift, -shift}, {1, 2});
        x = filledUp(x, side);
        if (shift > 0 && !shiftsFirst)
            x = x.roll({-shift, -shift}, {1, 2});
        const auto height = x.size(1), width = x.size(2);
        const at::Tensor mask =
            shift > 0 ? shiftMask(height, width, side, shift, x.device()) : at::Tensor();
        x = putTogether(attention(cutIntoWindows(x, side), mask), side, height, width);
        if (shift > 0 && !shiftsFirst)
            x = x.roll({shift, shift}, {1, 2});
        x = x.slice(1, 0, input.size(1)).slice(2, 0, input.size(2));
        return shift > 0 && shiftsFirst ? x.roll({shift, shift}, {1, 2}) : x;
    }

    at::Tensor operator()(const at::Tensor& x) const {
        const at::Tensor y = x + windowed(norm1(x));
        return y + fc2(at::gelu(fc1(norm2(y))));
    }
};

/// Between two stages: the four pixels of a 2 x 2 square one after the other, rows first.
struct Merging {
    LayerNorm norm;
    Linear reduction;

    Merging() = default;
    Merging(WeightTable& weights, const std::string& name)
        : norm(weights, name + ".norm", kEps), reduction(weights, name + ".reduction") {}
    explicit operator bool() const { return static_cast<bool>(reduction); }

    at::Tensor operator()(const at::Tensor& input) const {
        const at::Tensor x = filledUp(input, 2);
        const at::Tensor merged = x.reshape({x.size(0), x.size(1) / 2, 2, x.size(2) / 2, 2, -1})
                                      .permute({0, 1, 3, 4, 2, 5})
                                      .flatten(3);
        return reduction(norm(merged));
    }
};

struct Stage {
    Merging merging;
    std::vector<Block> blocks;

    Stage(WeightTable& weights, const std::string& name, bool shiftsFirst) {
        if (weights.has(name + ".downsample.reduction.weight"))
            merging = Merging(weights, name + ".downsample");
        for (std::int64_t i = 0; weights.has(fmt::format("{}.blocks.{}.norm1.weight", name, i));
             ++i)
            blocks.emplace_back(
                weights, fmt::format("{}.blocks.{}", name, i), i % 2 == 1, shiftsFirst);
    }

    at::Tensor operator()(at::Tensor x) const {
        if (merging)
            x = merging(x);
        for (const Block& block : blocks)
            x = block(x);
        return x;
    }
};

class Swin final : public Network {
public:
    Swin(const ModelSpec& model, std::string_view library, WeightTable weights)
        : Network(std::move(weights)), m_image(static_cast<int>(model.hyper.integer("image"))),
          m_patch(m_weights, "patch_embed.proj"), m_patchNorm(m_weights, "patch_embed.norm", kEps),
          m_norm(m_weights, "norm", kEps), m_head(m_weights, "head.fc") {
        m_patch.stride = m_patch.weight.size(2);
        for (std::int64_t i = 0; m_weights.has(fmt::format("layers.{}.blocks.0.norm1.weight", i));
             ++i)
            m_stages.emplace_back(m_weights, fmt::format("layers.{}", i), library == "timm");
    }

    int imageSide() const override { return m_image; }

    at::Tensor forward(const at::Tensor& input, Mode) override {
        at::Tensor x = m_patchNorm(m_patch(input).permute({0, 2, 3, 1}));
        for (const Stage& stage : m_stages)
            x = stage(x);
        return m_head(m_norm(x).mean({1, 2}));
    }

private:
    int m_image;
    Convolution m_patch;
    LayerNorm m_patchNorm;
    std::vector<Stage> m_stages;
    LayerNorm m_norm;
    Linear m_head;
};

} // namespace

Result<std::unique_ptr<Network>> makeSwin(const ModelSpec& model,
                                          std::string_view library,
                                          WeightTable weights) {
    return std::make_unique<Swin>(model, library, std::move(weights));
}

} // namespace heirloom

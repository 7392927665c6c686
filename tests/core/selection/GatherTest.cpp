// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/Gather.h"

#include "core/base/Random.h"

#include <gtest/gtest.h>

#include <cstring>

namespace heirloom {
namespace {

/// A tensor whose bytes all differ from their neighbours', and which notes the rows that it is
/// asked for.
class RecordingCheckpoint final : public Checkpoint {
public:
    RecordingCheckpoint(DType dtype, Shape shape) {
        m_tensors = {{"t", dtype, std::move(shape)}};
        index();
        Random random(1);
        for (std::int64_t i = 0; i < m_tensors[0].bytes(); ++i)
            m_bytes.push_back(static_cast<std::byte>(random.below(256)));
    }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const auto rowBytes = tensor.bytes() / (tensor.shape.empty() ? 1 : tensor.shape[0]);
        EXPECT_EQ(static_cast<std::int64_t>(out.size()), rowCount * rowBytes);
        std::memcpy(out.data(), m_bytes.data() + firstRow * rowBytes, out.size());
        m_reads.emplace_back(firstRow, rowCount);
        return {};
    }

    [[nodiscard]] const TensorInfo& tensor() const { return m_tensors[0]; }
    [[nodiscard]] const std::vector<std::byte>& bytes() const { return m_bytes; }
    [[nodiscard]] const std::vector<std::pair<std::int64_t, std::int64_t>>& reads() const {
        return m_reads;
    }

private:
    std::vector<std::byte> m_bytes;
    mutable std::vector<std::pair<std::int64_t, std::int64_t>> m_reads;
};

IndexList list(std::vector<std::int64_t> indices) {
    return std::make_shared<const std::vector<std::int64_t>>(std::move(indices));
}

/// The same, element by element.
std::vector<std::byte> plainGather(const RecordingCheckpoint& checkpoint,
                                   const std::vector<IndexList>& axes,
                                   const Shape& shape) {
    const auto& tensor = checkpoint.tensor();
    const auto size = dtypeSize(tensor.dtype);
    std::vector<std::byte> out;
    for (std::int64_t i = 0; i < elementCount(shape).value(); ++i) {
        std::int64_t left = i;
        std::int64_t stride = 1;
        std::int64_t source = 0;
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            const auto at = left % shape[axis];
            left /= shape[axis];
            source += (axes[axis] ? (*axes[axis])[static_cast<std::size_t>(at)] : at) * stride;
            stride *= tensor.shape[axis];
        }
        for (std::int64_t b = 0; b < size; ++b)
            out.push_back(checkpoint.bytes()[static_cast<std::size_t>(source * size + b)]);
    }
    return out;
}

TEST(Gather, EqualsAPlainGatherForAnyRankDTypeAndChoiceOfAxes) {
    Random random(5);
    const DType dtypes[] = {DType::F32,
                            DType::F16,
                            DType::BF16,
                            DType::F64,
                            DType::I64,
                            DType::U8,
                            DType::F8E4M3,
                            DType::Bool};
    for (int round = 0; round < 400; ++round) {
        Shape shape;
        std::vector<IndexList> axes;
        Shape expected;
        const auto rank = random.below(5);
        for (std::uint64_t axis = 0; axis < rank; ++axis) {
            const auto size = static_cast<std::int64_t>(1 + random.below(9));
            const auto kept =
                static_cast<std::int64_t>(1 + random.below(static_cast<std::uint64_t>(size)));
            const bool isPicked = random.below(3) != 0;
            shape.push_back(size);
            expected.push_back(isPicked ? kept : size);
            axes.push_back(isPicked ? list(random.sample(size, kept)) : nullptr);
        }
        const RecordingCheckpoint checkpoint(dtypes[random.below(std::size(dtypes))], shape);
        std::vector<std::byte> block;
        const auto made = gather(checkpoint, checkpoint.tensor(), axes, block);
        ASSERT_TRUE(made) << made.error().message();
        EXPECT_EQ(made->shape, expected);
        EXPECT_EQ(made->dtype, checkpoint.tensor().dtype);
        EXPECT_EQ(made->bytes, plainGather(checkpoint, axes, expected)) << "round " << round;
    }
}

TEST(Gather, TakesEverySecondUnitFromAnyBeginning) {
    for (const auto dtype : {DType::U8, DType::BF16, DType::F32, DType::F64}) {
        for (const std::int64_t begin : {0, 1, 7}) {
            for (const std::int64_t count : {1, 2, 33}) {
                const RecordingCheckpoint checkpoint(dtype, {3, 80});
                std::vector<std::int64_t> picked;
                for (std::int64_t i = 0; i < count; ++i)
                    picked.push_back(begin + 2 * i);
                const std::vector<IndexList> axes{nullptr, list(picked)};
                std::vector<std::byte> block;
                const auto made = gather(checkpoint, checkpoint.tensor(), axes, block);
                ASSERT_TRUE(made) << made.error().message();
                EXPECT_EQ(made->bytes, plainGather(checkpoint, axes, {3, count}))
                    << begin << " " << count;
            }
        }
    }
}

TEST(Gather, TakesIndicesThatComeTwice) {
    const RecordingCheckpoint checkpoint(DType::F32, {4, 4});
    const std::vector<IndexList> axes{list({0, 1, 1, 3}), list({2, 2, 3})};
    std::vector<std::byte> block;
    EXPECT_EQ(gather(checkpoint, checkpoint.tensor(), axes, block)->bytes,
              plainGather(checkpoint, axes, {4, 3}));
}

TEST(Gather, ReadsOnlyTheRowsItNeedsInPiecesOfBoundedSize) {
    const std::int64_t rowFloats = 4 << 10; // 16 KiB a row: 16 of them are no gap to be read over
    const RecordingCheckpoint checkpoint(DType::F32, {96, rowFloats});
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < 80; ++row)
        rows.push_back(row < 40 ? row : row + 16);
    std::vector<std::byte> block;
    ASSERT_TRUE(gather(checkpoint, checkpoint.tensor(), {list(rows), nullptr}, block));
    EXPECT_EQ(
        checkpoint.reads(),
        (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 32}, {32, 8}, {56, 32}, {88, 8}}));
    EXPECT_LE(block.size(), 512U << 10);
}

TEST(Gather, ReadsOverSmallGaps) {
    const RecordingCheckpoint checkpoint(DType::F32, {64, 32});
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < 32; ++row)
        rows.push_back(2 * row);
    std::vector<std::byte> block;
    ASSERT_TRUE(gather(checkpoint, checkpoint.tensor(), {list(rows), nullptr}, block));
    EXPECT_EQ(checkpoint.reads().size(), 1U);
}

TEST(Gather, StopsWhenAskedTo) {
    const RecordingCheckpoint checkpoint(DType::F32, {4, 4});
    std::stop_source source;
    source.request_stop();
    std::vector<std::byte> block;
    const auto made =
        gather(checkpoint, checkpoint.tensor(), {nullptr, nullptr}, block, source.get_token());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().text, "stopped");
    EXPECT_TRUE(checkpoint.reads().empty());
}

TEST(Gather, MakesEmptyTensorsWithoutReading) {
    const RecordingCheckpoint checkpoint(DType::F32, {0, 7});
    std::vector<std::byte> block;
    const auto made = gather(checkpoint, checkpoint.tensor(), {nullptr, nullptr}, block);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->shape, (Shape{0, 7}));
    EXPECT_TRUE(checkpoint.reads().empty());
}

} // namespace
} // namespace heirloom

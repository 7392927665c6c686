// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/selection/SelectedCheckpoint.h"

#include "core/checkpoint/TensorBlocks.h"
#include "core/selection/InitializeStudent.h"
#include "tests/core/selection/SelectionTestSupport.h"

#include <algorithm>
#include <atomic>

namespace heirloom {
namespace {

using namespace test;

constexpr std::string_view kTeacher = "vit:dim=48,heads=3,depth=4,image=32,patch=8,num_classes=10";
/// Copied, resampled and fresh tensors.
constexpr std::string_view kStudent = "vit:dim=24,heads=3,depth=2,image=56,patch=8,num_classes=7";

std::shared_ptr<const Checkpoint> selected(const SelectionPlan& plan,
                                           std::shared_ptr<const Checkpoint> teacher) {
    auto made = selectedCheckpoint(std::move(teacher), borrowed(plan));
    if (!made)
        throw std::runtime_error(made.error().message());
    return *made;
}

std::vector<std::byte> rowsOf(const Checkpoint& checkpoint,
                              const TensorInfo& tensor,
                              std::int64_t first,
                              std::int64_t count) {
    const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
    std::vector<std::byte> bytes(static_cast<std::size_t>(count * (tensor.bytes() / rows)));
    EXPECT_TRUE(checkpoint.readRows(tensor, first, count, bytes)) << tensor.name;
    return bytes;
}

TEST(SelectedCheckpoint, GivesTheStudentsBytesRowByRowInAnyOrder) {
    SelectionOptions options;
    options.seed = 5;
    for (const char* weights : {"copy", "scale", "trunc-normal"}) {
        options.weights = parseWeightSelection(weights).value();
        const auto made = plan(kTeacher, kStudent, options);
        const auto teacher = filledTeacher(*made.teacher);
        const auto student = selected(made, teacher);
        for (const TensorInfo& tensor : student->tensors()) {
            SCOPED_TRACE(fmt::format("{} {}", weights, tensor.name));
            const auto whole = initializeParameter(*teacher, made, tensor.name);
            ASSERT_TRUE(whole) << whole.error().message();
            EXPECT_EQ(whole->dtype, tensor.dtype);
            EXPECT_EQ(whole->shape, tensor.shape);
            const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
            const auto rowBytes = std::ssize(whole->bytes) / rows;
            // Forwards, the last row twice, and then backwards.
            std::vector<std::int64_t> order;
            for (std::int64_t row = 0; row < rows; ++row)
                order.push_back(row);
            for (std::int64_t row = rows - 1; row >= 0; row = row < 8 ? row - 1 : row / 2)
                order.push_back(row);
            for (const std::int64_t row : order)
                ASSERT_TRUE(
                    std::ranges::equal(rowsOf(*student, tensor, row, 1),
                                       std::span(whole->bytes)
                                           .subspan(static_cast<std::size_t>(row * rowBytes),
                                                    static_cast<std::size_t>(rowBytes))))
                    << row;
        }
    }
}

TEST(SelectedCheckpoint, GivesTheSameBytesToManyThreadsAtOnce) {
    const auto made = plan(kTeacher, kStudent);
    const auto teacher = filledTeacher(*made.teacher);
    const auto student = selected(made, teacher);
    PassOptions options;
    options.sha256 = true;
    const auto together = passTensors(*student, student->tensors(), options);
    ASSERT_TRUE(together) << together.error().message();
    const auto inMemory = memoryCheckpoint(initializeStudent(*teacher, made).value());
    EXPECT_EQ(inMemory->tensors(), student->tensors());
    EXPECT_EQ(*passTensors(*inMemory, inMemory->tensors(), options), *together);
}

/// Counts the largest piece that is read of it.
class WatchedTeacher final : public Checkpoint {
public:
    explicit WatchedTeacher(std::shared_ptr<const Checkpoint> inner) : m_inner(std::move(inner)) {
        m_format = "memory";
        m_tensors = m_inner->tensors();
        index();
    }
    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        std::size_t largest = m_largest;
        while (largest < out.size() && !m_largest.compare_exchange_weak(largest, out.size())) {
        }
        return m_inner->readRows(tensor, firstRow, rowCount, out);
    }
    [[nodiscard]] std::size_t largest() const { return m_largest; }

private:
    std::shared_ptr<const Checkpoint> m_inner;
    mutable std::atomic<std::size_t> m_largest = 0;
};

TEST(SelectedCheckpoint, ReadsALargeTeacherInSmallPieces) {
    // One matrix of 256 MiB among them, of which every second row and column is taken.
    const auto made = plan("vit:dim=4096,heads=32,depth=1,image=32,patch=8,num_classes=10",
                           "vit:dim=2048,heads=32,depth=1,image=32,patch=8,num_classes=10");
    const auto watched = std::make_shared<const WatchedTeacher>(filledTeacher(*made.teacher));
    const auto student = selected(made, watched);
    const TensorInfo* tensor = student->find("blocks.0.mlp.fc1.weight");
    ASSERT_NE(tensor, nullptr);
    std::vector<std::byte> row(static_cast<std::size_t>(2048 * 4 * 64));
    ASSERT_TRUE(student->readRows(*tensor, 0, 64, row));
    EXPECT_GT(watched->largest(), 0U);
    EXPECT_LE(watched->largest(), std::size_t{512} << 10);
}

TEST(SelectedCheckpoint, RefusesRowsThatAreNotThere) {
    const auto made = plan(kTeacher, kStudent);
    const auto student = selected(made, filledTeacher(*made.teacher));
    const TensorInfo& tensor = student->tensors().front();
    std::vector<std::byte> out;
    EXPECT_FALSE(student->readRows(tensor, -1, 1, out));
    EXPECT_FALSE(student->readRows(tensor, 0, 2, out));
    EXPECT_FALSE(student->readRows({"nonsense", DType::F32, {1}}, 0, 1, out));
}

TEST(SelectedCheckpoint, RefusesATeacherThatThePlanWasNotMadeFor) {
    const auto made = plan(kTeacher, kStudent);
    const auto other = selectedCheckpoint(
        filledTeacher(*model("vit:dim=96,heads=3,depth=4,image=32,patch=8,num_classes=10")),
        borrowed(made));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().where, "cls_token");
}

} // namespace
} // namespace heirloom

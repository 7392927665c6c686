// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/FillCheckpoint.h"

#include "core/base/Random.h"

#include <cstring>

namespace heirloom::test {
namespace {

class FillCheckpoint final : public Checkpoint {
public:
    FillCheckpoint(std::vector<TensorInfo> tensors, std::string prefix)
        : m_prefix(std::move(prefix)) {
        m_format = "memory";
        m_tensors = std::move(tensors);
        index();
    }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const std::uint64_t seed = fnv1a64(m_prefix + tensor.name);
        const std::int64_t row =
            tensor.shape.empty() ? 1
                                 : tensor.elements() / std::max<std::int64_t>(tensor.shape[0], 1);
        const std::int64_t first = firstRow * row;
        for (std::int64_t i = 0; i < rowCount * row; ++i) {
            std::uint64_t z =
                seed + static_cast<std::uint64_t>(first + i + 1) * 0x9e3779b97f4a7c15ULL;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
            const std::uint64_t k = (z ^ (z >> 31)) >> 40;
            if (tensor.dtype == DType::I64) {
                const auto value = static_cast<std::int64_t>(k);
                std::memcpy(out.data() + i * 8, &value, 8);
            } else {
                const float value = static_cast<float>(k) * 0x1p-23F - 1.0F;
                std::memcpy(out.data() + i * 4, &value, 4);
            }
        }
        return {};
    }

private:
    std::string m_prefix;
};

} // namespace

std::shared_ptr<const Checkpoint> fillCheckpoint(std::vector<TensorInfo> tensors,
                                                 std::string prefix) {
    return std::make_shared<FillCheckpoint>(std::move(tensors), std::move(prefix));
}

} // namespace heirloom::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/Checkpoint.h"

#include <algorithm>
#include <new>

namespace heirloom {
namespace {

class MemoryCheckpoint final : public Checkpoint {
public:
    MemoryCheckpoint(std::shared_ptr<const StateDict> tensors,
                     std::map<std::string, std::string> metadata)
        : m_state(std::move(tensors)) {
        m_format = "memory";
        m_metadata = std::move(metadata);
        m_tensors = m_state->infos();
        index();
    }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const HostTensor* found = m_state->find(tensor.name);
        const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
        if (!found || firstRow < 0 || rowCount < 0 || rowCount > rows - firstRow)
            return fail(tensor.name,
                        "there are no rows {} to {} of this tensor",
                        firstRow,
                        firstRow + rowCount);
        const std::size_t rowBytes =
            rows == 0 ? 0 : found->bytes.size() / static_cast<std::size_t>(rows);
        const auto first = found->bytes.begin() + static_cast<std::ptrdiff_t>(rowBytes) * firstRow;
        std::copy_n(first,
                    std::min(out.size(), rowBytes * static_cast<std::size_t>(rowCount)),
                    out.begin());
        return {};
    }

private:
    std::shared_ptr<const StateDict> m_state;
};

} // namespace

const TensorInfo* Checkpoint::index() {
    m_index = NameIndex(m_tensors);
    return m_index.repeated() ? &m_tensors[*m_index.repeated()] : nullptr;
}

std::vector<std::filesystem::path> Checkpoint::files() const {
    return m_path.empty() ? std::vector<std::filesystem::path>()
                          : std::vector<std::filesystem::path>{m_path};
}

const TensorInfo* Checkpoint::find(std::string_view name) const {
    const auto found = m_index.find(name, m_tensors);
    return found ? &m_tensors[*found] : nullptr;
}

Status Checkpoint::readBytes(const TensorInfo& tensor,
                             std::int64_t first,
                             std::span<std::byte> out) const {
    const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
    const std::int64_t rowBytes = rows == 0 ? 0 : tensor.bytes() / rows;
    if (out.empty() || rowBytes == 0)
        return {};
    const auto size = static_cast<std::int64_t>(out.size());
    const std::int64_t firstRow = first / rowBytes;
    const std::int64_t count = (first + size + rowBytes - 1) / rowBytes - firstRow;
    if (first % rowBytes == 0 && size % rowBytes == 0)
        return readRows(tensor, firstRow, count, out);
    try {
        std::vector<std::byte> whole(static_cast<std::size_t>(count * rowBytes));
        if (auto done = readRows(tensor, firstRow, count, whole); !done)
            return done;
        std::copy_n(whole.begin() + (first - firstRow * rowBytes), size, out.begin());
        return {};
    } catch (const std::bad_alloc&) {
        return fail(tensor.name, "there is not enough memory for its rows");
    }
}

Result<HostTensor> Checkpoint::read(const TensorInfo& tensor) const {
    if (tensor.dtype == DType::Unsupported)
        return fail(tensor.name, "tensors of this kind are listed but cannot be read");
    try {
        HostTensor made = HostTensor::zeros(tensor.dtype, tensor.shape);
        const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
        if (auto done = readRows(tensor, 0, rows, made.bytes); !done)
            return std::unexpected(done.error());
        return made;
    } catch (const std::bad_alloc&) {
        return fail(tensor.name, "there is not enough memory for its {} bytes", tensor.bytes());
    }
}

Result<HostTensor> Checkpoint::read(std::string_view name) const {
    const TensorInfo* found = find(name);
    if (!found)
        return fail(m_path.string(), "there is no tensor named '{}'", name);
    return read(*found);
}

Result<StateDict> Checkpoint::readAll() const {
    StateDict all;
    for (const TensorInfo& tensor : m_tensors) {
        if (tensor.dtype == DType::Unsupported)
            continue; // notes() has said so
        auto read = this->read(tensor);
        if (!read)
            return std::unexpected(read.error());
        try {
            all.set(tensor.name, std::move(*read));
        } catch (const std::bad_alloc&) {
            return fail(tensor.name, "there is not enough memory for its name");
        }
    }
    return all;
}

std::shared_ptr<const Checkpoint> memoryCheckpoint(StateDict tensors,
                                                   std::map<std::string, std::string> metadata) {
    return memoryCheckpoint(std::make_shared<const StateDict>(std::move(tensors)),
                            std::move(metadata));
}

std::shared_ptr<const Checkpoint> memoryCheckpoint(std::shared_ptr<const StateDict> tensors,
                                                   std::map<std::string, std::string> metadata) {
    return std::make_shared<const MemoryCheckpoint>(std::move(tensors), std::move(metadata));
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/TensorBlocks.h"

#include "core/base/Sha256.h"
#include "core/checkpoint/Crc32.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

namespace heirloom {
namespace {

constexpr std::int64_t blockBytes = 1 << 20; // what the caches hold
/// Less than this is done before a second thread has begun.
constexpr std::int64_t bytesForThread = 2 << 20;
constexpr unsigned mostThreads = 4;

/// One pass, shared by its threads.
class Pass {
public:
    Pass(const Checkpoint& source,
         std::span<const TensorInfo> tensors,
         const PassOptions& options,
         const BlockSink& sink)
        : m_source(source), m_tensors(tensors), m_options(options), m_sink(sink),
          m_digests(tensors.size()) {
        for (const TensorInfo& tensor : tensors)
            m_total += tensor.bytes();
    }

    Result<std::vector<TensorDigest>> run() {
        const auto wanted = static_cast<std::int64_t>(std::min(
            {std::thread::hardware_concurrency(),
             mostThreads,
             static_cast<unsigned>(std::min<std::size_t>(m_tensors.size(), mostThreads))}));
        std::vector<std::jthread> helpers;
        for (std::int64_t i = 1; i < std::min(wanted, 1 + m_total / bytesForThread); ++i)
            helpers.emplace_back([this] { work(false); });
        work(true);
        helpers.clear(); // joins
        if (m_error)
            return std::unexpected(std::move(*m_error));
        return std::move(m_digests);
    }

private:
    void work(bool isFirst) {
        std::vector<std::byte> block;
        for (std::size_t i = m_next++; i < m_tensors.size() && !m_failed; i = m_next++) {
            try {
                if (auto done = pass(i, block, isFirst); !done)
                    keep(done.error());
            } catch (const std::bad_alloc&) {
                keep(Error{m_tensors[i].name,
                           "there is not enough memory for a block of its rows",
                           "Close other programs"});
            }
        }
    }

    Status pass(std::size_t index, std::vector<std::byte>& block, bool isFirst) {
        const TensorInfo& tensor = m_tensors[index];
        const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
        const std::int64_t rowBytes = rows > 0 ? tensor.bytes() / rows : 0;
        const std::int64_t step = std::clamp<std::int64_t>(
            rowBytes > 0 ? blockBytes / rowBytes : rows, 1, std::max<std::int64_t>(rows, 1));
        TensorDigest digest;
        Sha256 hash;
        std::uint64_t offset = 0;
        for (std::int64_t row = 0; row < rows && rowBytes > 0; row += step) {
            if (m_options.stop.stop_requested())
                return fail(tensor.name, "stopped");
            if (m_failed)
                return {};
            const std::int64_t count = std::min(step, rows - row);
            const auto size = static_cast<std::size_t>(count * rowBytes);
            if (block.size() < size)
                block.resize(size);
            const auto bytes = std::span(block).first(size);
            if (auto read = m_source.readRows(tensor, row, count, bytes); !read)
                return read;
            digest.crc = crc32(bytes, digest.crc);
            if (m_options.sha256)
                hash.update(bytes);
            if (m_sink)
                if (auto done = m_sink(index, offset, bytes); !done)
                    return done;
            offset += size;
            const std::int64_t done = m_done += count * rowBytes;
            if (isFirst)
                tell(done, tensor.name);
        }
        if (m_options.sha256)
            digest.sha256 = hash.hex();
        m_digests[index] = std::move(digest);
        return {};
    }

    /// Some hundred times a pass, always on the caller's thread.
    void tell(std::int64_t done, std::string_view what) {
        const std::int64_t percent = done * 100 / m_total;
        if (!m_options.progress || percent == m_told)
            return;
        m_told = percent;
        const double share = static_cast<double>(done) / static_cast<double>(m_total);
        m_options.progress(
            m_options.progressFrom + share * (m_options.progressTo - m_options.progressFrom), what);
    }

    void keep(Error error) {
        const std::scoped_lock lock(m_mutex);
        if (!m_error)
            m_error = std::move(error);
        m_failed = true;
    }

    const Checkpoint& m_source;
    std::span<const TensorInfo> m_tensors;
    const PassOptions& m_options;
    const BlockSink& m_sink;
    std::vector<TensorDigest> m_digests;
    std::int64_t m_total = 0;
    std::int64_t m_told = 0;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<std::int64_t> m_done = 0;
    std::atomic<bool> m_failed = false;
    std::mutex m_mutex;
    std::optional<Error> m_error;
};

} // namespace

Result<std::vector<TensorDigest>> passTensors(const Checkpoint& source,
                                              std::span<const TensorInfo> tensors,
                                              const PassOptions& options,
                                              const BlockSink& sink) {
    return Pass(source, tensors, options, sink).run();
}

} // namespace heirloom

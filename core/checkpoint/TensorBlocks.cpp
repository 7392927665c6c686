// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/TensorBlocks.h"

#include "core/base/Crc32.h"
#include "core/base/Sha256.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <thread>

namespace heirloom {
namespace {

constexpr std::int64_t blockBytes = 256 << 10; // two of them stay in a core's own cache
/// Less than this is done before a second thread has begun.
constexpr std::int64_t bytesForThread = 2 << 20;
constexpr unsigned mostThreads = 4;

/// A tensor on its way through a thread.
struct Lane {
    std::optional<std::size_t> tensor;   ///< empty between two
    std::int64_t row = 0;                ///< the next that is read
    std::uint64_t offset = 0;            ///< of that row, in bytes
    TensorDigest digest;                 ///< of what was read
    QuickHash quick;                     ///< of what was read
    Sha256 hash;                         ///< of what was read, but for `unhashed`
    std::span<const std::byte> unhashed; ///< of the block
    std::span<const std::byte> unsent;   ///< of the block: the sink has not had it yet
    std::vector<std::byte> block;
};

/// One pass, shared by its threads.
class Pass {
public:
    Pass(const Checkpoint& source,
         std::span<const TensorInfo> tensors,
         const PassOptions& options,
         const BlockSink& sink)
        : m_source(source), m_tensors(tensors), m_options(options), m_sink(sink),
          m_digests(tensors.size()), m_order(tensors.size()) {
        for (const TensorInfo& tensor : tensors)
            m_total += tensor.bytes();
        // So that no thread is left alone with a large one at the end.
        std::iota(m_order.begin(), m_order.end(), std::size_t{0});
        std::ranges::stable_sort(
            m_order, std::ranges::greater(), [&](std::size_t i) { return tensors[i].bytes(); });
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
        std::array<Lane, 2> lanes;
        auto& [one, other] = lanes;
        // Both are filled again as soon as either is used up: all but the end is hashed by twos.
        while (fill(one, isFirst) | fill(other, isFirst)) {
            // While another thread has the sink there is hashing to do; fill() sends the blocks.
            if (std::unique_lock lock(m_sinkMutex, std::try_to_lock); lock) {
                send(one);
                send(other);
            }
            Sha256::updateBoth(one.hash, one.unhashed, other.hash, other.unhashed);
        }
    }

    /// Gives the sink what it has not had of a lane; the caller holds the sink.
    void send(Lane& lane) {
        if (lane.unsent.empty() || m_failed)
            return;
        const std::size_t number = *lane.tensor;
        attempt(m_tensors[number],
                [&] { return m_sink(number, lane.offset - lane.unsent.size(), lane.unsent); });
        lane.unsent = {};
    }

    /// Keeps what is wrong with a step, lack of memory too.
    template <typename Step> void attempt(const TensorInfo& tensor, const Step& step) {
        try {
            if (auto done = step(); !done)
                keep(done.error());
        } catch (const std::bad_alloc&) {
            keep(Error{tensor.name,
                       "there is not enough memory for a block of its rows",
                       "Close other programs"});
        }
    }

    /// Reads on until there is something to hash. \return false when there is nothing more
    bool fill(Lane& lane, bool isFirst) {
        while (lane.unhashed.empty()) {
            if (!lane.tensor && !begin(lane))
                return false;
            if (!lane.unsent.empty()) {
                const std::scoped_lock lock(m_sinkMutex);
                send(lane);
            }
            attempt(m_tensors[*lane.tensor], [&] { return readBlock(lane, isFirst); });
            if (m_failed) {
                lane.unhashed = {};
                return false;
            }
        }
        return true;
    }

    /// Takes the next tensor.
    bool begin(Lane& lane) {
        const std::size_t next = m_next++;
        if (m_failed || next >= m_order.size())
            return false;
        lane.tensor = m_order[next];
        lane.row = 0;
        lane.offset = 0;
        lane.digest = {};
        lane.hash = Sha256();
        lane.quick.reset();
        return true;
    }

    /// The next block of the lane's tensor, or its end.
    Status readBlock(Lane& lane, bool isFirst) {
        const TensorInfo& tensor = m_tensors[*lane.tensor];
        const std::int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
        const std::int64_t rowBytes = rows > 0 ? tensor.bytes() / rows : 0;
        if (lane.row >= rows || rowBytes == 0) {
            if (m_options.sha256)
                lane.digest.sha256 = lane.hash.hex();
            if (m_options.quick)
                lane.digest.quick = lane.quick.digest();
            m_digests[*lane.tensor] = std::move(lane.digest);
            lane.tensor.reset();
            return {};
        }
        if (m_options.stop.stop_requested())
            return fail(tensor.name, "stopped");
        const std::int64_t step = std::max<std::int64_t>(blockBytes / rowBytes, 1);
        const std::int64_t count = std::min(step, rows - lane.row);
        const auto size = static_cast<std::size_t>(count * rowBytes);
        if (lane.block.size() < size)
            lane.block = std::vector<std::byte>(size); // nothing of the old one is wanted
        const auto bytes = std::span(lane.block).first(size);
        if (auto read = m_source.readRows(tensor, lane.row, count, bytes); !read)
            return read;
        if (m_options.crc)
            lane.digest.crc = crc32(bytes, lane.digest.crc);
        if (m_options.quick)
            lane.quick.update(bytes);
        if (m_options.sha256)
            lane.unhashed = bytes;
        if (m_sink)
            lane.unsent = bytes;
        lane.row += count;
        lane.offset += size;
        const std::int64_t done = m_done += count * rowBytes;
        if (isFirst)
            tell(done, tensor.name);
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
    std::vector<std::size_t> m_order; ///< in which the tensors are read
    std::int64_t m_total = 0;
    std::int64_t m_told = 0;
    std::atomic<std::size_t> m_next = 0;
    std::atomic<std::int64_t> m_done = 0;
    std::atomic<bool> m_failed = false;
    std::mutex m_sinkMutex;
    std::mutex m_mutex; ///< of m_error
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

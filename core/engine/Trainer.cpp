// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/Trainer.h"

#include "core/engine/Optimizers.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

namespace heirloom {
namespace {

constexpr std::int64_t kEvaluationPixels =
    128 * 32 * 32; // an evaluation batch: 128 images of 32 x 32, fewer larger ones

/// Seconds since it was made, without the time spent in pauses.
class RunClock {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(Clock::now() - m_start).count();
    }
    /// Waits while paused. \return false when the run must stop
    bool waitUntilRunning(RunControl& control) {
        if (!control.isPaused())
            return !control.isStopRequested();
        const auto before = Clock::now();
        const bool goesOn = control.waitUntilRunning();
        m_start += Clock::now() - before;
        return goesOn;
    }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point m_start = Clock::now();
};

std::string_view notFiniteWord(double value) { return std::isnan(value) ? "NaN" : "infinite"; }

/// One fine-tuning, step by step.
class Trainer {
public:
    Trainer(Network& network,
            TrainingData& data,
            const FineTuneOptions& options,
            at::Device device,
            RunObserver& observer,
            RunControl& control)
        : m_network(network), m_data(data), m_options(options), m_device(device),
          m_observer(observer), m_control(control),
          m_update(makeUpdate(network.weights().parameters(), options)),
          m_buffers(network.weights().buffers()),
          m_augmentation(seedFor(options.seed, "augmentation")),
          m_stepsPerEpoch(
              heirloom::stepsPerEpoch(data.train()->images().size(), options.batchSize)) {
        for (const at::Tensor& buffer : m_buffers)
            m_savedBuffers.push_back(buffer.clone());
    }

    Result<RunOutcome> run() {
        m_observer.started(m_stepsPerEpoch);
        Status status = report(0);
        for (int epoch = 1; status && !m_ended && epoch <= m_options.epochs; ++epoch) {
            status = trainEpoch(epoch);
            if (status && !m_ended)
                status = report(epoch);
        }
        if (!status)
            return std::unexpected(status.error());
        m_outcome.weights = m_network.stateDict();
        return std::move(m_outcome);
    }

private:
    void end(RunEnding ending, std::string message = {}) {
        m_ended = true;
        m_outcome.ending = ending;
        m_outcome.message = std::move(message);
    }

    /// Evaluates on the held-out images and tells the observer.
    Status report(int epoch) {
        EpochMetrics metrics{epoch,
                             std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::quiet_NaN(),
                             0};
        if (Batches* images = m_data.heldOut()) {
            const auto evaluation = evaluateNetwork(m_network, *images, m_device, [this] {
                return m_clock.waitUntilRunning(m_control);
            });
            if (!evaluation)
                return std::unexpected(evaluation.error());
            if (evaluation->total < images->images().size()) {
                end(RunEnding::Stopped);
                return {};
            }
            metrics.validationLoss = evaluation->loss;
            metrics.validationTop1 =
                static_cast<double>(evaluation->correct) / static_cast<double>(evaluation->total);
        }
        metrics.seconds = m_clock.seconds();
        m_observer.epochDone(metrics);
        return {};
    }

    Status trainEpoch(int epoch) {
        const auto order = epochOrder(m_data.train()->images().size(), m_options.seed, epoch);
        const std::span<const std::int64_t> all(order);
        const auto batchSize = static_cast<std::size_t>(m_options.batchSize);
        for (std::int64_t i = 0; i < m_stepsPerEpoch; ++i) {
            if (!m_clock.waitUntilRunning(m_control)) {
                end(RunEnding::Stopped);
                return {};
            }
            const std::size_t first = static_cast<std::size_t>(i) * batchSize;
            const auto batch =
                makeBatch(*m_data.train(),
                          all.subspan(first, std::min(batchSize, all.size() - first)),
                          m_device,
                          {m_options.flip, m_options.cropPadding},
                          &m_augmentation);
            if (!batch)
                return std::unexpected(batch.error());
            trainStep(*batch);
            if (m_ended)
                return {};
        }
        return {};
    }

    void trainStep(const Batch& batch) {
        saveBuffers();
        const at::Tensor logits = m_network.forward(batch.input, Mode::Training);
        const at::Tensor loss = at::cross_entropy_loss(
            logits, batch.labels, {}, at::Reduction::Mean, -100, m_options.labelSmoothing);
        const double value = loss.item<double>();
        if (!std::isfinite(value))
            return diverged(
                fmt::format("loss became {} at step {}; stopped before the weights changed",
                            notFiniteWord(value),
                            m_step + 1));
        loss.backward();
        if (!m_update->gradientsAreFinite())
            return diverged(fmt::format("a gradient was not finite at step {} (loss {:.4g}); "
                                        "stopped before the weights changed",
                                        m_step + 1,
                                        value));
        const double rate = learningRateAt(m_options, m_stepsPerEpoch, m_step);
        m_update->step(rate);
        ++m_step;
        m_observer.stepDone({m_step,
                             static_cast<double>(m_step) / static_cast<double>(m_stepsPerEpoch),
                             value,
                             rate,
                             m_clock.seconds()});
    }

    /// The forward pass of a diverging step has already moved batch norm's statistics; these are
    /// put back.
    void diverged(std::string message) {
        const c10::NoGradGuard noGradient;
        for (std::size_t i = 0; i < m_buffers.size(); ++i)
            m_buffers[i].copy_(m_savedBuffers[i]);
        end(RunEnding::Diverged, std::move(message));
    }

    void saveBuffers() {
        for (std::size_t i = 0; i < m_buffers.size(); ++i)
            m_savedBuffers[i].copy_(m_buffers[i]);
    }

    Network& m_network;
    TrainingData& m_data;
    const FineTuneOptions& m_options;
    at::Device m_device;
    RunObserver& m_observer;
    RunControl& m_control;
    std::unique_ptr<ParameterUpdate> m_update;
    std::vector<at::Tensor> m_buffers, m_savedBuffers;
    Random m_augmentation;
    std::int64_t m_stepsPerEpoch;
    std::int64_t m_step = 0;
    RunClock m_clock;
    bool m_ended = false;
    RunOutcome m_outcome;
};

} // namespace

std::int64_t stepsPerEpoch(std::int64_t images, int batchSize) {
    const std::int64_t whole = images / batchSize;
    return std::max<std::int64_t>(whole + (images % batchSize > 1 ? 1 : 0), 1);
}

void prepareThread(int threads) {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    at::set_num_threads(threads > 0 ? threads : cores);
    c10::AutogradState::get_tls_state().set_multithreading_enabled(false);
}

Result<Evaluation> evaluateNetwork(Network& network,
                                   Batches& images,
                                   at::Device device,
                                   const std::function<bool()>& goesOn) {
    const c10::InferenceMode inference;
    const std::int64_t count = images.images().size();
    const ImageSize size = images.images().imageSize();
    const std::int64_t batchSize = std::clamp<std::int64_t>(
        kEvaluationPixels / (std::int64_t{size.height} * size.width), 8, 256);
    Evaluation result;
    double loss = 0;
    std::vector<std::int64_t> indices;
    for (std::int64_t first = 0; first < count && goesOn(); first += batchSize) {
        indices.resize(static_cast<std::size_t>(std::min(batchSize, count - first)));
        std::iota(indices.begin(), indices.end(), first);
        const auto batch = makeBatch(images, indices, device);
        if (!batch)
            return std::unexpected(batch.error());
        const at::Tensor logits = network.forward(batch->input, Mode::Evaluation);
        loss +=
            at::cross_entropy_loss(logits, batch->labels, {}, at::Reduction::Sum).item<double>();
        result.correct += logits.argmax(1).eq(batch->labels).sum().item<std::int64_t>();
        result.total += static_cast<std::int64_t>(indices.size());
    }
    result.loss = result.total > 0 ? loss / static_cast<double>(result.total) : 0;
    return result;
}

Result<RunOutcome> trainNetwork(Network& network,
                                TrainingData& data,
                                const FineTuneOptions& options,
                                at::Device device,
                                RunObserver& observer,
                                RunControl& control) {
    return Trainer(network, data, options, device, observer, control).run();
}

} // namespace heirloom

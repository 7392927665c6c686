// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/TorchEngine.h"

#include "core/engine/BlockCache.h"
#include "core/engine/FirstDialect.h"
#include "core/engine/TensorBridge.h"
#include "core/engine/Trainer.h"
#include "core/engine/TrainingData.h"

#include <filesystem>
#include <utility>

#include <dlfcn.h>

extern "C" std::uint64_t aoti_torch_abi_version(); // exported by libtorch_cpu.so

namespace heirloom {
namespace {

namespace fs = std::filesystem;

/// Runs `work`; what torch or the library throws becomes an Error here, the engine's only doors.
template <class Work> auto guarded(std::string_view what, Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const c10::Error& e) { // its what() carries a C++ stack of a hundred lines
        return fail(std::string(what), "{}", e.what_without_backtrace());
    } catch (const std::bad_alloc&) {
        return fail(std::string(what), "there is not enough memory");
    } catch (const std::exception& e) {
        return fail(std::string(what), "{}", e.what());
    }
}

/// The folder that holds lib/libtorch_cpu.so of this process.
fs::path torchFolder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&at::globalContext), &info) == 0 || !info.dli_fname)
        return {};
    return fs::path(info.dli_fname).parent_path().parent_path();
}

/// Registers CUDA's kernels when the LibTorch has them. \return why there is no usable CUDA device;
/// empty when there is one
std::string openCuda(const fs::path& folder) {
    const fs::path library = folder / "lib" / "libtorch_cuda.so";
    std::error_code error;
    if (!fs::exists(library, error))
        return "this LibTorch is built for the CPU only";
    if (!dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        const char* why = dlerror();
        return fmt::format("LibTorch's CUDA part did not load: {}",
                           why ? why : "no reason was given");
    }
    try {
        if (cudaDevices() == 0)
            return "no NVIDIA GPU or no driver was found";
        at::globalContext().lazyInitDevice(at::kCUDA);
    } catch (const c10::Error& e) {
        return fmt::format("CUDA could not be started: {}", e.what_without_backtrace());
    }
    return {};
}

/// "2.13.0", by the library's own word rather than by the headers of the build.
std::string loadedTorchVersion() {
    const std::uint64_t version = aoti_torch_abi_version();
    return fmt::format("{}.{}.{}", version >> 56, version >> 48 & 255, version >> 40 & 255);
}

/// Gives unused memory back at the end of a job; another job that still runs takes some anew.
class ReleaseAtEnd {
public:
    explicit ReleaseAtEnd(BlockCache& blocks) : m_blocks(blocks) {}
    ~ReleaseAtEnd() { m_blocks.release(); }
    ReleaseAtEnd(const ReleaseAtEnd&) = delete;
    ReleaseAtEnd& operator=(const ReleaseAtEnd&) = delete;

private:
    BlockCache& m_blocks;
};

class TorchEngine final : public Engine {
public:
    TorchEngine() : m_blocks(BlockCache::install()) {
        m_info.torchVersion = loadedTorchVersion();
        const fs::path folder = torchFolder();
        m_info.torchFolder = folder.string();
        m_info.devices.emplace_back("cpu");
        m_info.gpuNote = openCuda(folder);
        if (m_info.gpuNote.empty())
            for (int i = 0; i < cudaDevices(); ++i)
                m_info.devices.push_back(fmt::format("cuda:{}", i));
    }

    EngineInfo info() const override { return m_info; }

    Result<DatasetInfo> describeData(const DataSource& source) const override {
        return guarded(source.path.string(), [&]() -> Result<DatasetInfo> {
            const auto dataset = openDataset(source);
            if (!dataset)
                return std::unexpected(dataset.error());
            return (*dataset)->info();
        });
    }

    Result<ForwardResult> forward(const ModelSpec& model,
                                  const StateDict& weights,
                                  const HostTensor& input,
                                  const std::string& device) const override {
        return guarded(model.name, [&]() -> Result<ForwardResult> {
            const ReleaseAtEnd release(m_blocks);
            prepareThread(0);
            const auto where = usableDevice(device);
            if (!where)
                return std::unexpected(where.error());
            const auto spoken = FirstDialect::of(model, weights);
            if (!spoken)
                return std::unexpected(spoken.error());
            const auto network = spoken->network(*where);
            if (!network)
                return std::unexpected(network.error());
            const auto images = toTorch(input, *where, "input");
            if (!images)
                return std::unexpected(images.error());
            const c10::InferenceMode inference;
            return ForwardResult{toHost((*network)->forward(*images, Mode::Evaluation))};
        });
    }

    Result<Evaluation> evaluate(const ModelSpec& model,
                                const StateDict& weights,
                                const DataSource& source,
                                const std::string& device,
                                RunControl& control) const override {
        return guarded(model.name, [&]() -> Result<Evaluation> {
            const ReleaseAtEnd release(m_blocks);
            prepareThread(0);
            const auto where = usableDevice(device);
            if (!where)
                return std::unexpected(where.error());
            const auto spoken = FirstDialect::of(model, weights);
            if (!spoken)
                return std::unexpected(spoken.error());
            const auto network = spoken->network(*where);
            if (!network)
                return std::unexpected(network.error());
            auto data = TrainingData::open(source,
                                           spoken->model(),
                                           **network,
                                           TrainingData::Wanted::HeldOutOrTrain,
                                           m_cache,
                                           control);
            if (!data)
                return std::unexpected(data.error());
            if (!*data)
                return fail(model.name, "the evaluation was stopped");
            Batches& images = (*data)->heldOut() ? *(*data)->heldOut() : *(*data)->train();
            auto result = evaluateNetwork(
                **network, images, *where, [&] { return control.waitUntilRunning(); });
            if (result && result->total < images.images().size())
                return fail(model.name,
                            "the evaluation was stopped after {} of {} images",
                            result->total,
                            images.images().size());
            return result;
        });
    }

    Result<RunOutcome> fineTune(const ModelSpec& model,
                                const StateDict& weights,
                                const DataSource& source,
                                const FineTuneOptions& options,
                                RunObserver& observer,
                                RunControl& control) const override {
        if (auto status = validate(options); !status)
            return std::unexpected(status.error());
        return guarded(model.name, [&]() -> Result<RunOutcome> {
            const ReleaseAtEnd release(m_blocks);
            prepareThread(options.threads);
            const auto where = usableDevice(options.device);
            if (!where)
                return std::unexpected(where.error());
            const auto spoken = FirstDialect::of(model, weights);
            if (!spoken)
                return std::unexpected(spoken.error());
            const auto network = spoken->network(*where);
            if (!network)
                return std::unexpected(network.error());
            auto data = TrainingData::open(
                source, spoken->model(), **network, TrainingData::Wanted::Both, m_cache, control);
            if (!data)
                return std::unexpected(data.error());
            auto outcome = *data
                               ? trainNetwork(**network, **data, options, *where, observer, control)
                               : Result<RunOutcome>(
                                     RunOutcome{RunEnding::Stopped, {}, (*network)->stateDict()});
            if (!outcome)
                return outcome;
            auto restored = spoken->restore(std::move(outcome->weights));
            if (!restored)
                return std::unexpected(restored.error());
            outcome->weights = std::move(*restored);
            return outcome;
        });
    }

private:
    Result<at::Device> usableDevice(const std::string& name) const {
        auto device = deviceFromName(name);
        if (!device && !m_info.gpuNote.empty())
            return fail({}, "device '{}' cannot be used: {}", name, m_info.gpuNote);
        return device;
    }

    EngineInfo m_info;
    BlockCache& m_blocks;
    mutable ImageCache m_cache;
};

} // namespace

Result<std::unique_ptr<Engine>> makeTorchEngine() {
    return guarded("the training engine", []() -> Result<std::unique_ptr<Engine>> {
        return std::make_unique<TorchEngine>();
    });
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/EngineLoader.h"

#include "core/training/TorchSearch.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include <dlfcn.h>

namespace heirloom {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "libheirloom_engine-";
constexpr std::string_view kSuffix = ".so";

constexpr const char* kElsewhere = "Everything but training works without it";

/// Minor versions that an engine lies ready for: {"2.13"} for libheirloom_engine-2.13.so.
std::vector<std::string> engineVersions(const fs::path& folder) {
    std::vector<std::string> versions;
    std::error_code error;
    for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
        const std::string file = i->path().filename().string();
        if (file.size() > kPrefix.size() + kSuffix.size() && file.starts_with(kPrefix) &&
            file.ends_with(kSuffix))
            versions.push_back(
                file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size()));
    }
    std::ranges::sort(versions);
    return versions;
}

fs::path besideTheProgram() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path("lib") : program.parent_path().parent_path() / "lib";
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
    return fmt::format("{}", fmt::join(words, between));
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
}

Result<void*> open(const fs::path& library) {
    if (void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL))
        return handle;
    const char* why = dlerror();
    return fail(
        library.string(), "the library did not load: {}", why ? why : "no reason was given");
}

std::unexpected<Error> wrongVersion(const fs::path& folder,
                                    const std::string& found,
                                    const std::vector<std::string>& wanted) {
    const std::string list = join(wanted, " or ");
    return std::unexpected(Error{
        folder.string(),
        fmt::format("this is LibTorch {}, but the training engine was built against {}; another "
                    "minor version loads and computes wrong results, so it is refused",
                    found,
                    list),
        fmt::format("Install torch {0} (pip install 'torch=={1}.*'), set TORCH_DIR to its folder, "
                    "or build Heirloom again against LibTorch {2}",
                    list,
                    wanted.front(),
                    found)});
}

/// The first candidate that holds a LibTorch of a wanted version.
Result<fs::path> chooseTorch(const EngineSearch& search, const std::vector<std::string>& wanted) {
    std::vector<std::string> looked;
    for (const TorchCandidate& candidate : torchCandidates(search.torchFolder)) {
        looked.push_back(fmt::format("{} ({})", candidate.folder.string(), candidate.reason));
        if (!holdsTorch(candidate.folder)) {
            if (candidate.isChosen)
                break;
            continue;
        }
        const auto version = torchVersionOf(candidate.folder);
        if (!version || contains(wanted, *version))
            return candidate.folder;
        if (candidate.isChosen)
            return wrongVersion(candidate.folder, *version, wanted);
        looked.back() += fmt::format(", which is {}", *version);
    }
    if (looked.empty())
        looked.emplace_back("TORCH_DIR (not set), python3 (no torch in it)");
    return std::unexpected(
        Error{{},
              fmt::format("training needs LibTorch {}, and none was found; looked in: {}",
                          join(wanted, " or "),
                          join(looked, "; ")),
              fmt::format("Install it with pip install 'torch=={}.*', or set TORCH_DIR to a folder "
                          "that holds lib/libtorch_cpu.so. {}",
                          wanted.front(),
                          kElsewhere)});
}

/// "2.13" of the libtorch_cpu.so that is loaded.
Result<std::string> loadedVersion(void* torch, const fs::path& folder) {
    using Version = std::uint64_t (*)();
    const auto version = reinterpret_cast<Version>(dlsym(torch, "aoti_torch_abi_version"));
    if (!version)
        return fail(
            folder.string(),
            "this LibTorch does not tell its version; it is older than 2.4 or not LibTorch");
    const std::uint64_t number = version();
    return fmt::format("{}.{}", number >> 56, number >> 48 & 255);
}

/// What is loaded stays for the life of the process: LibTorch cannot be unloaded, nor can two live
/// side by side.
struct Loaded {
    std::mutex mutex;
    fs::path torchFolder;
    std::string version;
    std::shared_ptr<const Engine> engine;
};

Status loadTorch(Loaded& loaded, const fs::path& folder) {
    if (!loaded.torchFolder.empty()) {
        std::error_code error;
        if (fs::equivalent(loaded.torchFolder, folder, error))
            return {};
        return std::unexpected(Error{
            folder.string(),
            fmt::format("the LibTorch of {} is loaded already, and two cannot live in one process",
                        loaded.torchFolder.string()),
            "Close Heirloom and start it again"});
    }
    // A waiting libgomp thread that spins takes whole time slices from others on a shared machine.
    setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
    void* torch = nullptr;
    for (const char* name : {"libc10.so", "libtorch_cpu.so"}) {
        auto handle = open(folder / "lib" / name);
        if (!handle)
            return std::unexpected(
                withAdvice(handle.error(),
                           fmt::format("Install torch again, or set TORCH_DIR to another copy. {}",
                                       kElsewhere)));
        torch = *handle;
    }
    loaded.torchFolder = folder;
    auto version = loadedVersion(torch, folder);
    if (!version)
        return std::unexpected(version.error());
    loaded.version = *version;
    return {};
}

} // namespace

Result<std::shared_ptr<const Engine>> loadEngine(const EngineSearch& search) {
    static Loaded loaded;
    const std::scoped_lock lock(loaded.mutex);
    if (loaded.engine)
        return loaded.engine;

    const fs::path folder = search.engineFolder.empty() ? besideTheProgram() : search.engineFolder;
    const std::vector<std::string> wanted = engineVersions(folder);
    if (wanted.empty())
        return std::unexpected(Error{
            folder.string(),
            fmt::format(
                "training needs the file {}<version>{}, and there is none here", kPrefix, kSuffix),
            fmt::format("Heirloom was built without LibTorch; install torch (pip install "
                        "torch==2.13.0), or set TORCH_DIR, and build again. {}",
                        kElsewhere)});
    const auto torchFolder = chooseTorch(search, wanted);
    if (!torchFolder)
        return std::unexpected(torchFolder.error());
    if (auto status = loadTorch(loaded, *torchFolder); !status)
        return std::unexpected(status.error());
    if (!contains(wanted, loaded.version))
        return wrongVersion(loaded.torchFolder, loaded.version, wanted);

    const fs::path file = folder / fmt::format("{}{}{}", kPrefix, loaded.version, kSuffix);
    const auto library = open(file);
    if (!library)
        return std::unexpected(withAdvice(library.error(), "Build or install Heirloom again"));
    using Create = Engine* (*)(char* why, std::size_t size);
    const auto create = reinterpret_cast<Create>(dlsym(*library, "heirloomCreateEngine"));
    if (!create)
        return std::unexpected(
            withAdvice(fail(file.string(),
                            "this is not an engine of Heirloom: heirloomCreateEngine is missing")
                           .error(),
                       "Build or install Heirloom again"));
    std::array<char, 1024> why{};
    Engine* engine = create(why.data(), why.size());
    if (!engine)
        return fail(file.string(), "the engine did not start: {}", why.data());
    loaded.engine.reset(engine);
    return loaded.engine;
}

} // namespace heirloom

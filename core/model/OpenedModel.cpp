// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/OpenedModel.h"

#include "core/checkpoint/CheckpointFolder.h"
#include "core/model/Families.h"
#include "core/model/ModelConfig.h"
#include "core/model/Naming.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>

namespace heirloom {
namespace {

bool fileExists(std::string_view path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::path(path), error);
}

/// Why fileExists() is false.
std::unexpected<Error> notFound(std::string_view path) {
    const std::filesystem::path file(path);
    std::error_code why;
    static_cast<void>(std::filesystem::status(file, why));
    Error error{std::string(path), "there is no such file", "Check the path"};
    std::error_code ignored;
    if (why == std::errc::too_many_symbolic_link_levels)
        error.text = "its links lead in a circle";
    else if (why == std::errc::permission_denied)
        error = {error.where,
                 "a folder on the way to it may not be entered",
                 "Ask for permission to read it"};
    else if (std::filesystem::is_symlink(std::filesystem::symlink_status(file, ignored)))
        error.text = fmt::format("this is a link to {}, which is not there",
                                 std::filesystem::read_symlink(file, ignored).string());
    return std::unexpected(std::move(error));
}

/// Whether a text that names no file was meant to name one: "google-bert/bert-base-uncased" was
/// not.
bool looksLikeFile(std::string_view text) {
    const auto slash = text.find('/');
    if (slash != std::string_view::npos &&
        (text.find('/', slash + 1) != std::string_view::npos || slash == 0 || text[0] == '.' ||
         text[0] == '~' || !modelFromName(text)))
        return true;
    const auto ending = std::filesystem::path(text.substr(0, text.find(':'))).extension().string();
    constexpr std::array<std::string_view, 10> endings = {
        ".safetensors", ".pth", ".pt", ".bin", ".th", ".ckpt", ".h5", ".hdf5", ".tar", ".json"};
    for (const auto known : endings)
        if (ending == known)
            return true;
    return false;
}

/// What lies beside the tensors of a checkpoint: the config.json of its folder.
std::optional<ModelConfig> configBeside(const std::filesystem::path& path) {
    std::error_code error;
    const auto folder = std::filesystem::is_directory(path, error) ? path : path.parent_path();
    const auto file = fileInFolder(folder.empty() ? "." : folder, "config.json");
    if (!file)
        return std::nullopt; // nobody has named it: a link may not lead anywhere
    auto config = readModelConfig(*file);
    return config ? std::move(*config) : std::nullopt; // another program's file need not be ours
}

/// `changes` as the user gave them, after those of the config that he did not give.
std::string mergedChanges(std::string_view fromConfig, std::string_view changes) {
    const auto given = splitChanges(changes).value_or(std::vector<HyperChange>{});
    std::string merged;
    for (const auto& [name, value] : splitChanges(fromConfig).value_or(std::vector<HyperChange>{}))
        if (std::ranges::find(given, name, &HyperChange::first) == given.end())
            merged += fmt::format("{}{}={}", merged.empty() ? "" : ",", name, value);
    if (!merged.empty() && !changes.empty())
        merged += ",";
    return merged.append(changes);
}

/// recognizeModel(), with what the config.json beside the file says of heads and the like.
Result<ModelSpec> recognizeBesideConfig(const Checkpoint& checkpoint,
                                        const std::filesystem::path& path,
                                        std::string_view changes) {
    auto spec = recognizeModel(checkpoint, changes);
    if (!spec || checkpoint.metadata().contains("heirloom.model"))
        return spec;
    const auto config = configBeside(path);
    const auto told = config ? changesFromConfig(*config, *spec) : std::string{};
    if (told.empty())
        return spec;
    auto better = recognizeModel(checkpoint, mergedChanges(told, changes));
    if (better) {
        better->notes.push_back(fmt::format("{} as config.json says", told));
        return better;
    }
    spec->notes.push_back(fmt::format("config.json was not used: {}", better.error().message()));
    return spec;
}

/// A model without weights from a config.json, or from a folder that has nothing else.
Result<std::optional<OpenedModel>> openConfigModel(const std::filesystem::path& path,
                                                   std::string_view changes) {
    std::error_code error;
    const bool isFolder = std::filesystem::is_directory(path, error);
    if (!isFolder && path.extension() != ".json")
        return std::nullopt;
    if (path.filename().string().ends_with(".index.json")) // names the files of a checkpoint
        return std::nullopt;
    auto config = readModelConfig(path);
    if (!config)
        return std::unexpected(config.error());
    if (!*config)
        return std::nullopt;
    auto spec = modelFromConfig(**config);
    if (spec && !changes.empty()) {
        const auto& family = *(*config)->family;
        const auto hyper = applyChanges(family, spec->hyper, changes);
        if (!hyper)
            return std::unexpected(hyper.error());
        spec = family.build(*hyper);
    }
    if (!spec)
        return std::unexpected(spec.error());
    if (auto fits = fitsInMemory(*spec); !fits)
        return std::unexpected(fits.error());
    return OpenedModel{nullptr, std::make_shared<const ModelSpec>(std::move(*spec))};
}

/// The checkpoint in a folder; nothing for a file, or a folder without one.
Result<std::optional<std::filesystem::path>> checkpointInside(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error))
        return std::nullopt;
    return checkpointInFolder(path);
}

/// What the words behind a file say: hyper-parameters, and how the file is opened.
struct FileWords {
    std::string changes;
    OpenOptions options;
};

/// Takes `nest=` and `prefix=` out of the changes. They are no hyper-parameters of any family.
Result<FileWords> fileWords(std::string_view text, const OpenOptions& options) {
    FileWords words{{}, options};
    const auto parts = splitChanges(text);
    if (!parts)
        return std::unexpected(parts.error());
    for (const auto& [name, value] : *parts) {
        if (name == "nest")
            words.options.nest = value;
        else if (name == "prefix")
            words.options.prefix = value;
        else
            words.changes += fmt::format("{}{}={}", words.changes.empty() ? "" : ",", name, value);
    }
    return words;
}

/// Where nothing known was found, says which prefix the names have: behind it there may be a net.
void offerPrefixes(ModelSpec& spec, const Checkpoint& checkpoint) {
    if (spec.family != "unknown")
        return;
    for (const std::string& prefix : checkpoint.prefixes())
        if (prefix.size() > checkpoint.prefix().size())
            spec.notes.push_back(
                fmt::format("names begin with '{}'; prefix={} takes it off", prefix, prefix));
}

/// Far more than a language model with hundreds of experts a layer has.
constexpr std::size_t mostOfAnyFamily = 200'000;

/// What recognizeModel() says of a net of no known family, without its parameters.
ModelSpec bareSpec(std::size_t tensors) {
    ModelSpec spec;
    spec.family = "unknown";
    spec.name = "unknown";
    spec.notes.push_back(
        fmt::format("with {} tensors it was not compared with the known families", tensors));
    return spec;
}

/// Whether a checkpoint of very many tensors is compared with the known families.
enum class Depth { Always, UnlessManyTensors };

Result<OpenedModel> openFileModel(std::string_view given,
                                  std::string_view text,
                                  ModelText kind,
                                  const OpenOptions& openOptions,
                                  Depth depth) {
    const auto words = fileWords(text, openOptions);
    if (!words)
        return std::unexpected(words.error());
    const auto& changes = words->changes;
    const std::filesystem::path path(given);
    const auto inside = checkpointInside(path);
    if (!inside)
        return std::unexpected(inside.error());
    const auto fromConfig = [&]() -> Result<std::optional<OpenedModel>> {
        if (kind == ModelText::FileOnly)
            return std::nullopt;
        return openConfigModel(path, changes);
    };
    if (!*inside) {
        auto model = fromConfig();
        if (!model)
            return std::unexpected(model.error());
        if (*model)
            return std::move(**model);
    }
    auto checkpoint = openCheckpoint(path, words->options);
    if (!checkpoint)
        return std::unexpected(checkpoint.error());
    const auto count = (*checkpoint)->tensors().size();
    if (depth == Depth::UnlessManyTensors && count > mostOfAnyFamily && changes.empty())
        return OpenedModel{*checkpoint, std::make_shared<const ModelSpec>(bareSpec(count))};
    auto spec = recognizeBesideConfig(**checkpoint, path, changes);
    if (!spec) {
        auto error = spec.error();
        if (error.where.find(given) == std::string::npos)
            error.where =
                error.where.empty() ? std::string(given) : std::string(given) + ": " + error.where;
        return std::unexpected(error);
    }
    offerPrefixes(*spec, **checkpoint);
    return OpenedModel{*checkpoint, std::make_shared<const ModelSpec>(std::move(*spec))};
}

std::string scaled(double value, double step, const std::array<const char*, 5>& units) {
    std::size_t unit = 0;
    while (value >= step * 0.9995 && unit + 1 < units.size()) {
        value /= step;
        ++unit;
    }
    if (unit == 0)
        return fmt::format("{:.0f}{}", value, units[0]);
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f}{}", value, decimals, units[unit]);
}

Result<OpenedModel> openText(std::string_view text,
                             ModelText kind,
                             const OpenOptions& options,
                             Depth depth) {
    if (fileExists(text))
        return openFileModel(text, {}, kind, options, depth);
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && colon > 0 && fileExists(text.substr(0, colon)))
        return openFileModel(text.substr(0, colon), text.substr(colon + 1), kind, options, depth);
    if (kind == ModelText::FileOnly || looksLikeFile(text))
        return notFound(text);
    auto spec = modelFromName(text);
    if (!spec)
        return std::unexpected(spec.error());
    if (auto fits = fitsInMemory(*spec); !fits)
        return std::unexpected(fits.error());
    return OpenedModel{nullptr, std::make_shared<const ModelSpec>(std::move(*spec))};
}

} // namespace

Result<OpenedModel> openModel(std::string_view text, ModelText kind, const OpenOptions& options) {
    return openText(text, kind, options, Depth::Always);
}

Result<OpenedModel> listModel(std::string_view text, const OpenOptions& options) {
    return openText(text, ModelText::FileOnly, options, Depth::UnlessManyTensors);
}

std::string spokenName(const ModelSpec& spec) {
    if (!spec.name.starts_with(spec.family + ":"))
        return spec.name;
    std::string widths;
    for (const auto& space : spec.spaces)
        if (space.kind == SpaceKind::Residual)
            widths += fmt::format("{}{}", widths.empty() ? "" : "-", space.size);
    if (widths.empty() || spec.layers.empty())
        return spec.name;
    const auto kind = spec.hyper.text("kind"); // Qwen2 is of Llama's family
    return fmt::format(
        "{} {} wide, {} deep", kind.empty() ? spec.family : kind, widths, spec.layers.size());
}

Status fitsInMemory(const ModelSpec& spec) {
    double bytes = 0; // a sum that cannot overflow
    for (const auto& parameter : spec.parameters)
        bytes += static_cast<double>(elementCount(parameter.shape).value_or(0)) *
                 static_cast<double>(dtypeSize(parameter.dtype));
    std::ifstream file("/proc/meminfo");
    std::string word;
    double kibibytes = 0;
    while (file >> word)
        if (word == "MemAvailable:" && file >> kibibytes)
            break;
    if (kibibytes <= 0 || bytes <= kibibytes * 1024)
        return {};
    auto error = fail(spokenName(spec),
                      "its tensors take {:.1f} GB, and {:.1f} GB of memory are free",
                      bytes / 1e9,
                      kibibytes * 1024 / 1e9);
    error.error().advice = "Choose a smaller model";
    return error;
}

std::string OpenedModel::title() const {
    std::string line =
        fmt::format("{} · {}", spokenName(*spec), shortCountText(spec->parameterCount()));
    if (checkpoint) {
        std::map<DType, std::int64_t> elements;
        for (const auto& tensor : checkpoint->tensors())
            elements[tensor.dtype] += tensor.elements();
        DType most = DType::F32;
        std::int64_t count = -1;
        for (const auto& [dtype, n] : elements)
            if (n > count) {
                most = dtype;
                count = n;
            }
        line += fmt::format(" · {}", dtypeName(most));
    }
    return line;
}

std::string shortCountText(std::int64_t value) {
    return scaled(static_cast<double>(value), 1000, {"", " k", " M", " G", " T"});
}

std::string byteCountText(std::int64_t bytes) {
    return scaled(static_cast<double>(bytes), 1000, {" B", " kB", " MB", " GB", " TB"});
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/OpenedModel.h"

#include "core/model/Families.h"

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

/// Whether a text that names no file was meant to name one.
bool looksLikeFile(std::string_view text) {
    if (text.find('/') != std::string_view::npos)
        return true;
    const auto ending = std::filesystem::path(text.substr(0, text.find(':'))).extension().string();
    constexpr std::array<std::string_view, 9> endings = {
        ".safetensors", ".pth", ".pt", ".bin", ".th", ".ckpt", ".h5", ".hdf5", ".tar"};
    for (const auto known : endings)
        if (ending == known)
            return true;
    return false;
}

Result<OpenedModel> openFileModel(std::string_view path, std::string_view changes) {
    auto checkpoint = openCheckpoint(std::filesystem::path(path));
    if (!checkpoint)
        return std::unexpected(checkpoint.error());
    auto spec = recognizeModel(**checkpoint, changes);
    if (!spec) {
        auto error = spec.error();
        if (error.where.find(path) == std::string::npos)
            error.where =
                error.where.empty() ? std::string(path) : std::string(path) + ": " + error.where;
        return std::unexpected(error);
    }
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

} // namespace

Result<OpenedModel> openModel(std::string_view text, ModelText kind) {
    if (fileExists(text))
        return openFileModel(text, {});
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && colon > 0 && fileExists(text.substr(0, colon)))
        return openFileModel(text.substr(0, colon), text.substr(colon + 1));
    if (kind == ModelText::FileOnly || looksLikeFile(text)) {
        auto error = fail(std::string(text), "there is no such file");
        error.error().advice = "Check the path";
        return error;
    }
    auto spec = modelFromName(text);
    if (!spec)
        return std::unexpected(spec.error());
    if (auto fits = fitsInMemory(*spec); !fits)
        return std::unexpected(fits.error());
    return OpenedModel{nullptr, std::make_shared<const ModelSpec>(std::move(*spec))};
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
    return fmt::format("{} {} wide, {} deep", spec.family, widths, spec.layers.size());
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

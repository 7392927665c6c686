// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/ModelConfig.h"

#include "core/base/Limits.h"
#include "core/checkpoint/safetensors/JsonCursor.h"
#include "core/model/ConfigValues.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>

namespace heirloom {
namespace {

using nlohmann::json;

/// Leave no trace in names and shapes.
constexpr std::array<std::string_view, 6> unseen = {
    "heads", "kv_heads", "head_dim", "kind", "tied", "act"};

const json* findValue(const json& config, std::string_view key) {
    const auto found = config.find(key);
    return found == config.end() || found->is_null() ? nullptr : &*found;
}

std::unexpected<Error> refuse(const std::filesystem::path& path, std::string text) {
    return std::unexpected(
        Error{path.string(), std::move(text), "Give the config.json of a transformers model"});
}

} // namespace

std::int64_t configInteger(const json& config, std::string_view key, std::int64_t fallback) {
    const auto* value = findValue(config, key);
    if (!value)
        return fallback;
    if (value->is_number_unsigned()) {
        const auto number = value->get<std::uint64_t>();
        return number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                   ? -1
                   : static_cast<std::int64_t>(number);
    }
    return value->is_number_integer() ? value->get<std::int64_t>() : -1;
}

bool configFlag(const json& config, std::string_view key, bool fallback) {
    const auto* value = findValue(config, key);
    return value && value->is_boolean() ? value->get<bool>() : fallback;
}

std::string configText(const json& config, std::string_view key) {
    const auto* value = findValue(config, key);
    return value && value->is_string() ? value->get<std::string>() : std::string{};
}

std::string configClass(const json& config) {
    const auto* value = findValue(config, "architectures");
    return value && value->is_array() && !value->empty() && value->front().is_string()
               ? value->front().get<std::string>()
               : std::string{};
}

std::int64_t configClasses(const json& config) {
    const auto* labels = findValue(config, "id2label");
    if (labels && labels->is_object() && !labels->empty())
        return static_cast<std::int64_t>(labels->size());
    return configInteger(config, "num_labels", 2);
}

Result<std::optional<ModelConfig>> readModelConfig(const std::filesystem::path& given) {
    std::error_code error;
    const auto path = std::filesystem::is_directory(given, error) ? given / "config.json" : given;
    if (!std::filesystem::is_regular_file(path, error))
        return std::nullopt;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error)
        return refuse(path, "cannot be read: " + error.message());
    if (bytes > maximumConfigBytes)
        return refuse(path,
                      fmt::format("is {} bytes long; a config.json has at most {}",
                                  bytes,
                                  maximumConfigBytes));
    std::string text(static_cast<std::size_t>(bytes), '\0');
    std::ifstream file(path, std::ios::binary);
    if (!file.read(text.data(), static_cast<std::streamsize>(text.size())))
        return refuse(path, "cannot be read to its end");
    auto config = parseModelConfig(text, path);
    if (!config)
        return std::unexpected(config.error());
    return std::move(*config);
}

Result<ModelConfig> parseModelConfig(std::string_view text, const std::filesystem::path& path) {
    const Limits limits;
    if (JsonCursor cursor(text); !cursor.skipValue(limits[Limit::JsonDepth]) && cursor.isTooDeep())
        return std::unexpected(limits.exceeded(
            path.string(), Limit::JsonDepth, "its lists and objects lie inside each other"));
    const auto parsed = json::parse(text, nullptr, false); // neither throws nor recurses
    if (parsed.is_discarded())
        return refuse(path, "is no valid JSON");
    if (!parsed.is_object())
        return refuse(path, "holds no JSON object");
    ModelConfig config;
    config.path = path;
    config.modelType = configText(parsed, "model_type");
    if (config.modelType.empty())
        return refuse(path, "has no \"model_type\"");
    for (const auto* family : families()) {
        auto hyper = family->configured ? family->configured(parsed) : std::nullopt;
        if (!hyper)
            continue;
        config.family = family;
        config.hyper = std::move(*hyper);
        break;
    }
    return config;
}

Result<ModelSpec> modelFromConfig(const ModelConfig& config) {
    if (!config.family)
        return refuse(config.path,
                      fmt::format("is of model type '{}', which is not known here",
                                  config.modelType.substr(0, 64)));
    auto spec = config.family->build(config.hyper);
    if (!spec)
        spec.error().where = spec.error().where.empty()
                                 ? config.path.string()
                                 : fmt::format("{}: {}", config.path.string(), spec.error().where);
    return spec;
}

std::string changesFromConfig(const ModelConfig& config, const ModelSpec& spec) {
    if (!config.family || config.family->name != spec.family)
        return {};
    for (const auto size : {"dim", "depth"})
        if (config.hyper.integer(size) != spec.hyper.integer(size))
            return {};
    std::string changes;
    for (const auto name : unseen)
        if (const auto* value = config.hyper.find(name); value && spec.hyper.find(name))
            changes += fmt::format("{}{}={}", changes.empty() ? "" : ",", name, hyperText(*value));
    return changes;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/storage/Recipe.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;
constexpr std::string_view versionKey = "heirloom_recipe";
constexpr std::array<std::string_view, 12> keys = {"heirloom_recipe",
                                                   "$schema",
                                                   "teacher",
                                                   "student",
                                                   "as_published",
                                                   "layers",
                                                   "element",
                                                   "spaces",
                                                   "weights",
                                                   "parameters",
                                                   "growth",
                                                   "seed"};

/// File and tensor names are bytes: what is not UTF-8 in them is replaced rather than thrown over.
std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json document(const Recipe& recipe) {
    const auto& options = recipe.options;
    Json json;
    json[versionKey] = version;
    json["teacher"] = {{"model", recipe.teacher.model},
                       {"file", recipe.teacher.file},
                       {"fingerprint", recipe.teacher.fingerprint}};
    json["student"] = recipe.student;
    json["as_published"] = options.asPublished;
    json["layers"] = layerSelectionText(options.layers);
    json["element"] = elementSelectionText(options.element);
    json["spaces"] = Json::array(); // a list: the last match counts
    for (const auto& [space, element] : options.spaces)
        json["spaces"].push_back({{"space", space}, {"element", elementSelectionText(element)}});
    json["weights"] = weightSelectionText(options.weights);
    json["parameters"] = Json::array();
    for (const auto& [parameter, weights] : options.parameters)
        json["parameters"].push_back(
            {{"parameter", parameter}, {"weights", weightSelectionText(weights)}});
    json["growth"] = growthText(options.growth);
    json["seed"] = options.seed;
    return json;
}

/// Reads one recipe and says of what is wrong where it stands.
class Reader {
public:
    explicit Reader(std::string where) : m_where(std::move(where)) {}

    Result<Recipe> read(std::string_view text) {
        Json json;
        try {
            json = Json::parse(text);
        } catch (const Json::exception& error) {
            return refuse("this is no JSON", error.what());
        }
        if (!json.is_object())
            return refuse("expected a JSON object", json.type_name());
        const auto found = json.find(versionKey);
        if (found == json.end())
            return refuse("this is no recipe", "there is no key \"heirloom_recipe\"");
        if (!found->is_number_unsigned() || *found != version)
            return refuse(fmt::format("expected version {} in \"{}\"", version, versionKey),
                          dump(*found),
                          "A newer Heirloom may read it");
        if (auto known = checkKeys(json, keys, ""); !known)
            return std::unexpected(known.error());
        Recipe recipe;
        if (auto done = readModels(json, recipe); !done)
            return std::unexpected(done.error());
        if (auto done = readChoices(json, recipe.options); !done)
            return std::unexpected(done.error());
        return recipe;
    }

private:
    std::unexpected<Error> refuse(std::string expected,
                                  std::string found,
                                  std::string advice = "The keys are described in "
                                                       "heirloom-recipe.schema.json") const {
        if (found.size() > 200)
            found.resize(200);
        return std::unexpected(Error{m_where, expected + ": " + found, std::move(advice)});
    }

    template <class Keys>
    Status checkKeys(const Json& object, const Keys& known, std::string_view inside) const {
        for (const auto& [key, value] : object.items())
            if (std::ranges::find(known, key) == std::ranges::end(known))
                return refuse(fmt::format("there is no key of this name{}{}",
                                          inside.empty() ? "" : " in ",
                                          inside),
                              dump(Json(key)));
        return {};
    }

    /// The text at `key`; `fallback` where there is none.
    Result<std::string> text(const Json& object,
                             std::string_view key,
                             std::optional<std::string> fallback) const {
        const auto found = object.find(key);
        if (found == object.end()) {
            if (fallback)
                return *fallback;
            return refuse(fmt::format("expected a text in \"{}\"", key), "there is none");
        }
        if (!found->is_string())
            return refuse(fmt::format("expected a text in \"{}\"", key), dump(*found));
        return found->template get<std::string>();
    }

    /// An Error of a word in the recipe, with the file in front.
    std::unexpected<Error> inFile(Error error) const {
        error.where = m_where + (error.where.empty() ? "" : ": " + error.where);
        return std::unexpected(std::move(error));
    }

    Status readModels(const Json& json, Recipe& recipe) const {
        const auto teacher = json.find("teacher");
        if (teacher == json.end() || !teacher->is_object())
            return refuse("expected an object in \"teacher\"",
                          teacher == json.end() ? "there is none" : dump(*teacher));
        constexpr std::array<std::string_view, 3> known = {"model", "file", "fingerprint"};
        if (auto good = checkKeys(*teacher, known, "\"teacher\""); !good)
            return good;
        const std::array<std::pair<std::string_view, std::string*>, 3> targets = {
            {{"model", &recipe.teacher.model},
             {"file", &recipe.teacher.file},
             {"fingerprint", &recipe.teacher.fingerprint}}};
        for (const auto& [key, target] : targets) {
            auto value = text(*teacher, key, std::string());
            if (!value)
                return std::unexpected(value.error());
            *target = std::move(*value);
        }
        auto student = text(json, "student", std::nullopt);
        if (!student)
            return std::unexpected(student.error());
        recipe.student = std::move(*student);
        return {};
    }

    Status readChoices(const Json& json, SelectionOptions& options) const {
        if (const auto found = json.find("as_published"); found != json.end()) {
            if (!found->is_boolean())
                return refuse("expected true or false in \"as_published\"", dump(*found));
            options.asPublished = found->get<bool>();
        }
        if (const auto found = json.find("seed"); found != json.end()) {
            if (!found->is_number_unsigned())
                return refuse("expected a whole number from 0 on in \"seed\"", dump(*found));
            options.seed = found->get<std::uint64_t>();
        }
        if (auto done = readWord(json, "layers", "first", parseLayerSelection, options.layers);
            !done)
            return done;
        if (auto done =
                readWord(json, "element", "uniform", parseElementSelection, options.element);
            !done)
            return done;
        if (auto done = readWord(json, "weights", "copy", parseWeightSelection, options.weights);
            !done)
            return done;
        if (auto done = readWord(json, "growth", "none", parseGrowth, options.growth); !done)
            return done;
        if (auto done =
                readList(json, "spaces", "space", "element", parseElementSelection, options.spaces);
            !done)
            return done;
        return readList(
            json, "parameters", "parameter", "weights", parseWeightSelection, options.parameters);
    }

    template <class Parse, class Value>
    Status readWord(const Json& object,
                    std::string_view key,
                    std::string fallback,
                    const Parse& parse,
                    Value& target) const {
        const auto word = text(object, key, std::move(fallback));
        if (!word)
            return std::unexpected(word.error());
        auto value = parse(*word);
        if (!value)
            return inFile(value.error());
        target = std::move(*value);
        return {};
    }

    template <class Parse, class Value>
    Status readList(const Json& json,
                    std::string_view key,
                    std::string_view nameKey,
                    std::string_view valueKey,
                    const Parse& parse,
                    std::vector<std::pair<std::string, Value>>& target) const {
        const auto list = json.find(key);
        if (list == json.end())
            return {};
        if (!list->is_array())
            return refuse(fmt::format("expected a list in \"{}\"", key), dump(*list));
        const std::array<std::string_view, 2> known = {nameKey, valueKey};
        for (const auto& entry : *list) {
            if (!entry.is_object())
                return refuse(fmt::format("expected objects in \"{}\"", key), dump(entry));
            if (auto good = checkKeys(entry, known, fmt::format("\"{}\"", key)); !good)
                return good;
            auto name = text(entry, nameKey, std::nullopt);
            auto word = text(entry, valueKey, std::nullopt);
            if (!name || !word)
                return std::unexpected(!name ? name.error() : word.error());
            auto value = parse(*word);
            if (!value)
                return inFile(value.error());
            target.emplace_back(std::move(*name), std::move(*value));
        }
        return {};
    }

    std::string m_where;
};

} // namespace

std::string recipeText(const Recipe& recipe, RecipeLayout layout) {
    const auto json = document(recipe);
    if (layout == RecipeLayout::Compact)
        return dump(json);
    std::string text = "{";
    const char* separator = "\n";
    for (const auto& [key, value] : json.items()) {
        text += fmt::format("{}  {}: ", separator, dump(Json(key)));
        separator = ",\n";
        if (!value.is_array() || value.empty()) {
            text += dump(value);
            continue;
        }
        const char* rowSeparator = "[\n";
        for (const auto& row : value) { // a row an index space, for reading and for diffs
            text += fmt::format("{}    {}", rowSeparator, dump(row));
            rowSeparator = ",\n";
        }
        text += "\n  ]";
    }
    return text + "\n}\n";
}

Result<Recipe> parseRecipe(std::string_view json, const std::string& where) {
    auto recipe = Reader(where).read(json);
    if (!recipe || !recipe->options.asPublished)
        return recipe;
    const SelectionOptions plain{.asPublished = true, .seed = recipe->options.seed};
    if (recipe->options != plain)
        return std::unexpected(
            Error{where,
                  "\"as_published\" is true, and that rule has no choices, but others are given",
                  "Set as_published to false, or leave layers, element, spaces, weights, "
                  "parameters and growth as they are by default"});
    return recipe;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "core/storage/Export.h"

#include <nlohmann/json.hpp>

namespace heirloom {

Metadata selectionMetadata(const SelectionPlan& plan, const Recipe& recipe) {
    using Json = nlohmann::ordered_json;
    auto fresh = Json::array();
    for (const ParameterPlan& parameter : plan.parameters)
        if (parameter.origin == Origin::Fresh)
            fresh.push_back({{"name", parameter.student},
                             {"reason", parameter.reason},
                             {"seed", parameter.seed}});
    // File and tensor names are bytes: what is not UTF-8 in them is replaced rather than thrown
    // over.
    const auto text = [](const Json& value) {
        return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    return {{"heirloom.version", HEIRLOOM_VERSION},
            {"heirloom.model", canonicalName(*plan.student)},
            {"heirloom.teacher", Json::parse(text(recipe.teacher.file)).get<std::string>()},
            {std::string(recipeKey), recipeText(recipe, RecipeLayout::Compact)},
            {"heirloom.fresh", text(fresh)}};
}

} // namespace heirloom

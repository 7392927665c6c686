// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "core/storage/Export.h"

#include <nlohmann/json.hpp>

namespace heirloom {

Metadata selectionMetadata(const SelectionPlan& plan, const std::filesystem::path& teacher) {
    nlohmann::ordered_json selection;
    selection["as_published"] = plan.options.asPublished;
    if (!plan.options.asPublished) { // it reads none of these
        selection["layers"] = layerSelectionText(plan.options.layers);
        selection["element"] = elementSelectionText(plan.options.element);
        selection["spaces"] = nlohmann::ordered_json::array(); // a list: the last match counts
        for (const auto& [space, element] : plan.options.spaces)
            selection["spaces"].push_back(
                {{"space", space}, {"element", elementSelectionText(element)}});
    }
    selection["seed"] = plan.options.seed;
    selection["fresh"] = nlohmann::ordered_json::array();
    for (const ParameterPlan& parameter : plan.parameters)
        if (parameter.origin == Origin::Fresh)
            selection["fresh"].push_back({{"name", parameter.student},
                                          {"reason", parameter.reason},
                                          {"seed", parameter.seed}});
    // File and tensor names are bytes: what is not UTF-8 in them is replaced rather than thrown
    // over.
    const auto text = [](const nlohmann::ordered_json& value) {
        return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    };
    const std::string file = text(teacher.filename().string());
    return {{"heirloom.version", HEIRLOOM_VERSION},
            {"heirloom.model", canonicalName(*plan.student)},
            {"heirloom.teacher", nlohmann::json::parse(file).get<std::string>()},
            {"heirloom.selection", text(selection)}};
}

} // namespace heirloom

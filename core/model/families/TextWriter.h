// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/SpecBuilder.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heirloom {

/// Adds the parameters of a net for text by their name in the bare decoder, which is their role;
/// a class with a head puts `prefix` ("model.") before it.
class TextWriter {
public:
    TextWriter(SpecBuilder& builder, std::string prefix)
        : m_builder(builder), m_prefix(std::move(prefix)) {}

    [[nodiscard]] std::string spelled(std::string_view role) const {
        return m_prefix + std::string(role);
    }
    Parameter& add(const std::string& role, std::vector<AxisLayout> axes, Draw draw) {
        auto& parameter = m_builder.add(spelled(role), std::move(axes), draw);
        if (!m_prefix.empty())
            parameter.role = role;
        return parameter;
    }
    void norm(const std::string& role, const AxisLayout& space, bool hasBias) {
        add(role + ".weight", {space}, ones());
        if (hasBias)
            add(role + ".bias", {space}, zeros());
    }
    /// [out, in], normal with deviation 0.02, once a token.
    void linear(const std::string& role,
                const AxisLayout& out,
                const AxisLayout& in,
                bool hasBias) {
        add(role + ".weight", {out, in}, {InitRule::Normal, 0.02}).positions = perTextToken;
        if (hasBias)
            add(role + ".bias", {out}, zeros());
    }

private:
    SpecBuilder& m_builder;
    std::string m_prefix;
};

} // namespace heirloom

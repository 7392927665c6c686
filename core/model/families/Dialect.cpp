// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/families/Dialect.h"

#include <algorithm>
#include <array>

namespace heirloom {
namespace {

constexpr std::array<std::string_view, 3> suffixes = {"", ".weight", ".bias"};

/// No real axis is longer; keeps a product with the number of parts from overflowing.
constexpr std::int64_t longestAxis = std::int64_t{1} << 48;

/// Stretch `part` of `parts` of an axis.
AxisLayout stretch(const AxisLayout& axis, int part, int parts) {
    const auto length = static_cast<std::ptrdiff_t>(axis.segments.size()) / parts;
    const auto begin = axis.segments.begin() + part * length;
    return {{begin, begin + length}};
}

} // namespace

Respelling::Respelling(ModelSpec stock) : m_spec(std::move(stock)) {
    m_stock = std::move(m_spec.parameters);
    m_spec.parameters.clear();
    m_used.assign(m_stock.size(), false);
    for (std::size_t i = 0; i < m_stock.size(); ++i)
        m_index.emplace(m_stock[i].name, i);
}

void Respelling::append(const Word& word, const std::string& role, std::string name) {
    const auto found = m_index.find(role);
    if (found == m_index.end())
        return;
    m_used[found->second] = true;
    auto made = m_stock[found->second];
    made.name = std::move(name);
    made.role = role;
    made.rolePart = word.part;
    made.roleParts = word.parts;
    if (word.parts > 1) {
        made.axes[0] = stretch(made.axes[0], word.part, word.parts);
        made.shape[0] /= word.parts;
    }
    const AxisLayout one{{AxisSegment{{m_spec.spaceIndex("one")}}}};
    const auto insertOnes = [&](std::size_t place, std::size_t count) {
        made.axes.insert(made.axes.begin() + static_cast<std::ptrdiff_t>(place), count, one);
        made.shape.insert(made.shape.begin() + static_cast<std::ptrdiff_t>(place), count, 1);
    };
    switch (word.units) {
    case UnitAxes::Same:
        break;
    case UnitAxes::Dropped:
        while (made.shape.size() > 1 && made.shape[0] == 1) {
            made.axes.erase(made.axes.begin());
            made.shape.erase(made.shape.begin());
        }
        break;
    case UnitAxes::TwoBehind:
        insertOnes(made.shape.size(), 2);
        break;
    case UnitAxes::ThreeBefore:
        insertOnes(0, 3);
        break;
    }
    m_spec.parameters.push_back(std::move(made));
}

void Respelling::add(std::span<const Word> words,
                     const std::string& rolePrefix,
                     const std::string& namePrefix) {
    for (const auto& word : words)
        for (const auto suffix : suffixes)
            append(word,
                   fmt::format("{}{}{}", rolePrefix, word.role, suffix),
                   fmt::format("{}{}{}", namePrefix, word.name, suffix));
}

void Respelling::addLayer(std::span<const Word> words,
                          std::size_t layer,
                          const std::string& namePrefix) {
    auto& prefix = m_spec.layers.at(layer).prefix;
    add(words, prefix + ".", namePrefix + ".");
    prefix = namePrefix;
}

Result<ModelSpec> Respelling::finish() {
    for (std::size_t i = 0; i < m_stock.size(); ++i)
        if (!m_used[i])
            return fail(m_spec.family,
                        "{} has no name in the names of {}",
                        m_stock[i].name,
                        m_spec.hyper.text("names"));
    return std::move(m_spec);
}

void RoleTable::add(std::span<const Word> words,
                    const std::string& rolePrefix,
                    const std::string& namePrefix) {
    for (const auto& word : words)
        for (const auto suffix : suffixes)
            if (const auto* tensor =
                    m_table.find(fmt::format("{}{}{}", namePrefix, word.name, suffix)))
                m_found.emplace(fmt::format("{}{}{}", rolePrefix, word.role, suffix),
                                Found{tensor, word.parts});
}

const RoleTable::Found* RoleTable::find(const std::string& role) const {
    const auto found = m_found.find(role);
    return found == m_found.end() ? nullptr : &found->second;
}

std::size_t RoleTable::rank(const std::string& role) const {
    const auto* found = find(role);
    return found ? found->tensor->shape.size() : 0;
}

std::int64_t RoleTable::size(const std::string& role, std::size_t axis) const {
    const auto* found = find(role);
    if (!found || axis >= found->tensor->shape.size())
        return 0;
    const auto length = std::min(found->tensor->shape[axis], longestAxis);
    return axis == 0 ? length * found->parts : length;
}

} // namespace heirloom

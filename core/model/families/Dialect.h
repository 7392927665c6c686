// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/model/ModelSpec.h"
#include "core/model/TensorTable.h"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heirloom {

/// Axes of one that a library writes in another way than the family's first dialect.
enum class UnitAxes {
    Same,
    Dropped,    ///< none in front: [1, 1, dim] becomes [dim]
    TwoBehind,  ///< [dim] becomes [dim, 1, 1]
    ThreeBefore ///< [dim] becomes [1, 1, 1, dim]
};

/// What a library calls a module (its weight and bias) or a tensor of the first dialect, or which
/// of `parts` equal stretches of its first axis.
struct Word {
    std::string_view role, name;
    int part = 0;
    int parts = 1;
    UnitAxes units = UnitAxes::Same;
};

/// Writes a net of the first dialect in another one: the same index spaces, layers and draws under
/// other names, in another order, with fused tensors taken apart. Sets Parameter::role.
class Respelling {
public:
    explicit Respelling(ModelSpec stock);

    /// Appends what `words` name, in their order; a word whose tensor the net lacks is passed over.
    void add(std::span<const Word> words,
             const std::string& rolePrefix = {},
             const std::string& namePrefix = {});
    /// add() for the tensors of a layer, which is called `namePrefix` (without the final dot).
    void addLayer(std::span<const Word> words, std::size_t layer, const std::string& namePrefix);
    /// A tensor that the first dialect has but that this library leaves out.
    void leaveOut(const std::string& role) { m_used.at(m_index.at(role)) = true; }

    /// An Error that names a tensor for which no word was given.
    [[nodiscard]] Result<ModelSpec> finish();

private:
    void append(const Word& word, const std::string& role, std::string name);

    ModelSpec m_spec;
    std::vector<Parameter> m_stock;
    std::unordered_map<std::string, std::size_t> m_index; ///< role -> place in m_stock
    std::vector<char> m_used;
};

/// Sizes of a file's tensors asked for by their roles, whatever the file calls them.
class RoleTable {
public:
    explicit RoleTable(const TensorTable& table) : m_table(table) {}

    void add(std::span<const Word> words,
             const std::string& rolePrefix = {},
             const std::string& namePrefix = {});

    [[nodiscard]] bool has(const std::string& role) const { return find(role) != nullptr; }
    [[nodiscard]] std::size_t rank(const std::string& role) const;
    /// Size along `axis` of the whole tensor of that role, or 0.
    [[nodiscard]] std::int64_t size(const std::string& role, std::size_t axis) const;

private:
    struct Found {
        const TensorInfo* tensor;
        int parts;
    };
    [[nodiscard]] const Found* find(const std::string& role) const;

    const TensorTable& m_table;
    std::unordered_map<std::string, Found> m_found;
};

} // namespace heirloom

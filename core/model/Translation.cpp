// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Translation.h"

#include "core/model/Families.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace heirloom {
namespace {

/// Hyper-parameters that change how tensors are called and cut up, never what they hold.
constexpr std::array<std::string_view, 2> spelling = {"names", "wrapper"};

std::string_view roleOf(const Parameter& parameter) {
    return parameter.role.empty() ? std::string_view(parameter.name) : parameter.role;
}

/// Rows of a stored tensor that make up (a stretch of) a translated one.
struct Piece {
    const TensorInfo* tensor = nullptr;
    std::int64_t firstRow = 0;
    std::int64_t rows = 0;
};

std::int64_t rowsOf(const Shape& shape) { return shape.empty() ? 1 : shape[0]; }

/// Tensors of another checkpoint under other names, put together from its rows.
class TranslatedCheckpoint final : public Checkpoint {
public:
    explicit TranslatedCheckpoint(std::shared_ptr<const Checkpoint> source)
        : m_source(std::move(source)) {
        m_format = m_source->format();
        m_path = m_source->path();
        m_notes = m_source->notes();
        m_metadata = m_source->metadata();
    }

    void add(TensorInfo tensor, std::vector<Piece> pieces) {
        m_pieces.emplace(tensor.name, std::move(pieces));
        m_tensors.push_back(std::move(tensor));
    }
    void finish() { index(); }
    std::vector<std::filesystem::path> files() const override { return m_source->files(); }

    Status readRows(const TensorInfo& tensor,
                    std::int64_t firstRow,
                    std::int64_t rowCount,
                    std::span<std::byte> out) const override {
        const auto rows = rowsOf(tensor.shape);
        const auto rowBytes = rows > 0 ? static_cast<std::size_t>(tensor.bytes() / rows) : 0;
        std::int64_t start = 0; // of the piece, in rows of the translated tensor
        for (const auto& piece : m_pieces.at(tensor.name)) {
            const auto from = std::max(firstRow, start);
            const auto to = std::min(firstRow + rowCount, start + piece.rows);
            if (from < to) {
                const auto target =
                    out.subspan(static_cast<std::size_t>(from - firstRow) * rowBytes,
                                static_cast<std::size_t>(to - from) * rowBytes);
                if (auto read = readPiece(piece, from - start, to - from, rowBytes, target); !read)
                    return read;
            }
            start += piece.rows;
        }
        return {};
    }

private:
    /// A shape may differ by axes of one, and then the rows of the two are not the same: a piece
    /// that is a whole tensor is read by its own rows.
    Status readPiece(const Piece& piece,
                     std::int64_t first,
                     std::int64_t count,
                     std::size_t rowBytes,
                     std::span<std::byte> out) const {
        const auto rows = rowsOf(piece.tensor->shape);
        const auto storedBytes =
            rows > 0 ? static_cast<std::size_t>(piece.tensor->bytes() / rows) : 0;
        if (storedBytes == rowBytes)
            return m_source->readRows(*piece.tensor, piece.firstRow + first, count, out);
        auto whole = m_source->read(*piece.tensor);
        if (!whole)
            return std::unexpected(whole.error());
        const auto begin = whole->bytes.begin() +
                           static_cast<std::ptrdiff_t>(static_cast<std::size_t>(first) * rowBytes);
        std::copy(begin, begin + static_cast<std::ptrdiff_t>(out.size()), out.begin());
        return {};
    }

    std::shared_ptr<const Checkpoint> m_source;
    std::unordered_map<std::string, std::vector<Piece>> m_pieces;
};

/// The stored tensors by what they are: role -> the parameters that make it up, by part.
using ByRole = std::map<std::string_view, std::vector<const Parameter*>>;

ByRole byRole(const ModelSpec& spec) {
    ByRole roles;
    for (const auto& parameter : spec.parameters) {
        auto& parts = roles[roleOf(parameter)];
        parts.resize(static_cast<std::size_t>(std::max(parameter.roleParts, 1)));
        const auto part = static_cast<std::size_t>(parameter.rolePart);
        if (part < parts.size())
            parts[part] = &parameter;
    }
    return roles;
}

/// Where the rows of `target` lie, or nothing when the source does not hold all of them.
std::vector<Piece> piecesOf(const Parameter& target, const ByRole& roles, const Checkpoint& from) {
    const auto found = roles.find(roleOf(target));
    if (found == roles.end())
        return {};
    const auto& parts = found->second;
    const auto sourceParts = static_cast<int>(parts.size());
    const auto tensorOf = [&](int part) -> const TensorInfo* {
        const auto* parameter = parts[static_cast<std::size_t>(part)];
        return parameter ? from.find(parameter->name) : nullptr;
    };
    std::vector<Piece> pieces;
    if (sourceParts == target.roleParts) {
        const auto* tensor = tensorOf(target.rolePart);
        if (tensor && tensor->elements() == elementCount(target.shape))
            pieces.push_back({tensor, 0, rowsOf(target.shape)});
        return pieces;
    }
    if (sourceParts == 1) {
        const auto* tensor = tensorOf(0);
        const auto rows = rowsOf(target.shape);
        if (tensor &&
            tensor->elements() == elementCount(target.shape).value_or(0) * target.roleParts)
            pieces.push_back({tensor, rows * target.rolePart, rows});
        return pieces;
    }
    std::int64_t rows = 0;
    for (int part = 0; target.roleParts == 1 && part < sourceParts; ++part) {
        const auto* tensor = tensorOf(part);
        if (!tensor || tensor->shape.size() != target.shape.size() ||
            (part > 0 && tensor->dtype != pieces[0].tensor->dtype))
            return {};
        pieces.push_back({tensor, 0, rowsOf(tensor->shape)});
        rows += rowsOf(tensor->shape);
    }
    return rows == rowsOf(target.shape) ? pieces : std::vector<Piece>{};
}

} // namespace

bool speaksAlike(const ModelSpec& one, const ModelSpec& other) {
    return std::ranges::all_of(spelling, [&](std::string_view name) {
        const auto* left = one.hyper.find(name);
        const auto* right = other.hyper.find(name);
        return (!left && !right) || (left && right && *left == *right);
    });
}

Result<OpenedModel> spokenLike(const OpenedModel& model, const ModelSpec& other) {
    const auto* family = findFamily(model.spec->family);
    if (model.spec->family != other.family || !family || speaksAlike(*model.spec, other))
        return model;
    auto hyper = model.spec->hyper;
    for (const auto name : spelling)
        if (const auto* value = other.hyper.find(name))
            hyper.set(std::string(name), *value);
    auto spec = family->build(hyper);
    if (!spec)
        return std::unexpected(withAdvice(
            spec.error(),
            fmt::format("The teacher {} has no form in the student's names; choose a student in "
                        "the teacher's own",
                        model.spec->name)));
    const auto roles = byRole(*model.spec);
    if (!model.checkpoint) {
        std::erase_if(spec->parameters,
                      [&](const Parameter& one) { return !roles.contains(roleOf(one)); });
        return OpenedModel{nullptr, std::make_shared<const ModelSpec>(std::move(*spec))};
    }
    auto translated = std::make_shared<TranslatedCheckpoint>(model.checkpoint);
    std::erase_if(spec->parameters, [&](const Parameter& parameter) {
        auto pieces = piecesOf(parameter, roles, *model.checkpoint);
        if (pieces.empty())
            return true;
        const auto dtype = pieces[0].tensor->dtype;
        translated->add({parameter.name, dtype, parameter.shape}, std::move(pieces));
        return false;
    });
    translated->finish();
    spec->notes = model.spec->notes;
    spec->notes.push_back(fmt::format("its {} tensors are read under the student's names, as {}",
                                      model.spec->parameters.size(),
                                      spec->parameters.size()));
    return OpenedModel{translated, std::make_shared<const ModelSpec>(std::move(*spec))};
}

Result<OpenedModel> inFirstDialect(const OpenedModel& model) {
    const auto* family = findFamily(model.spec->family);
    const auto standard = family ? family->named(family->name) : std::nullopt;
    if (!standard)
        return model;
    ModelSpec first;
    first.family = model.spec->family;
    first.hyper = *standard;
    return spokenLike(model, first);
}

} // namespace heirloom

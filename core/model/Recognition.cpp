// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Families.h"
#include "core/model/Naming.h"
#include "core/model/TensorTable.h"
#include "core/model/families/Registry.h"

#include <algorithm>
#include <unordered_set>

namespace heirloom {
namespace {

constexpr std::string_view metadataKey = "heirloom.model";
constexpr std::string_view batchCount = ".num_batches_tracked";

/// Constants that newer libraries work out anew and no longer store.
bool isConstant(const Parameter& parameter) { return parameter.init == InitRule::WindowIndex; }

/// Files older than PyTorch 1.0 have no batch counters, and nothing is lost without them.
bool mayBeMissing(const Parameter& parameter) {
    return parameter.isBuffer && (parameter.name.ends_with(batchCount) || isConstant(parameter));
}

/// Whether the stock model says of a tensor that it is another one again.
bool isTied(const ModelSpec& spec, std::string_view name) {
    return std::ranges::any_of(spec.tied, [&](const auto& pair) { return pair.first == name; });
}

/// What a file may hold beside the stock model's tensors: tables of old versions, second copies.
bool mayBeBeside(const ModelSpec& spec, const TensorInfo& tensor) {
    const auto* family = findFamily(spec.family);
    return isTied(spec, tensor.name) ||
           (family && family->isLeftover && family->isLeftover(tensor));
}

/// The first thing in which the file is not the stock model; empty when there is none.
std::string firstDifference(const ModelSpec& spec,
                            const TensorTable& table,
                            std::span<const TensorInfo> tensors) {
    std::unordered_set<std::string_view> known;
    for (const auto& parameter : spec.parameters) {
        known.insert(parameter.name);
        const auto* tensor = table.find(parameter.name);
        if (!tensor) {
            if (mayBeMissing(parameter))
                continue;
            return fmt::format("{} is missing", parameter.name);
        }
        if (tensor->shape != parameter.shape)
            return fmt::format("{} is {}, the stock model has {}",
                               parameter.name,
                               shapeText(tensor->shape),
                               shapeText(parameter.shape));
        if (!parameter.isBuffer && !isFloatingPoint(tensor->dtype))
            return fmt::format("{} has dtype {}, the stock model has floating-point numbers",
                               parameter.name,
                               dtypeName(tensor->dtype));
    }
    for (const auto& tensor : tensors)
        if (!known.contains(tensor.name) && !mayBeBeside(spec, tensor))
            return fmt::format("{} is a tensor that the stock model does not have", tensor.name);
    return {};
}

/// Takes out the counters that the file lacks, so that the spec lists what there is to read.
void dropMissing(ModelSpec& spec, const TensorTable& table) {
    std::erase_if(spec.parameters, [&](const Parameter& parameter) {
        return isConstant(parameter) && !table.has(parameter.name);
    });
    const auto dropped = std::erase_if(spec.parameters, [&](const Parameter& parameter) {
        return mayBeMissing(parameter) && !table.has(parameter.name);
    });
    if (dropped > 0)
        spec.notes.push_back(fmt::format("the file has no batch counters (num_batches_tracked), as "
                                         "before PyTorch 1.0; {} left out",
                                         dropped));
}

/// Says which of the file's tensors the spec does not list.
void noteLeftOut(ModelSpec& spec, std::span<const TensorInfo> tensors) {
    std::unordered_set<std::string_view> known;
    for (const auto& parameter : spec.parameters)
        known.insert(parameter.name);
    std::string first;
    std::size_t count = 0;
    for (const auto& tensor : tensors) {
        if (known.contains(tensor.name) || isTied(spec, tensor.name))
            continue;
        if (count++ == 0)
            first = tensor.name;
    }
    if (count > 0)
        spec.notes.push_back(
            fmt::format("{} {} of an older version, computed today, left out: {}{}",
                        count,
                        count == 1 ? "table" : "tables",
                        first,
                        count == 1 ? "" : ", ..."));
    for (const auto& [copy, kept] : spec.tied)
        if (std::ranges::find(tensors, copy, &TensorInfo::name) != tensors.end())
            spec.notes.push_back(fmt::format("{} is {} again, left out", copy, kept));
}

/// Whether two tensors hold the same numbers, by a few of their rows; empty where they cannot be
/// read.
std::optional<bool> lookEqual(const Checkpoint& checkpoint,
                              const TensorInfo& one,
                              const TensorInfo& other) {
    if (one.shape != other.shape || one.dtype != other.dtype)
        return false;
    constexpr std::int64_t sampledRows = 8, mostRowBytes = 1 << 22;
    const auto rows = one.shape.empty() ? 0 : one.shape[0];
    if (rows < 1 || one.bytes() < 1 || one.bytes() / rows > mostRowBytes)
        return std::nullopt;
    std::vector<std::byte> left(static_cast<std::size_t>(one.bytes() / rows)), right(left.size());
    for (std::int64_t i = 0; i < std::min(rows, sampledRows); ++i) {
        const auto row = rows <= sampledRows ? i : i * ((rows - 1) / (sampledRows - 1));
        if (!checkpoint.readRows(one, row, 1, left) || !checkpoint.readRows(other, row, 1, right))
            return std::nullopt;
        if (left != right)
            return false;
    }
    return true;
}

/// An output matrix in the file is the word embedding again or one of its own: the numbers tell.
void decideTied(ModelSpec& spec,
                const Family& family,
                const Checkpoint& checkpoint,
                const TensorTable& table) {
    if (!spec.hyper.find("tied"))
        return;
    auto hyper = spec.hyper;
    hyper.set("tied", true);
    auto tied = family.build(hyper);
    if (!tied || tied->tied.empty())
        return;
    const auto* copy = table.find(tied->tied[0].first);
    const auto* kept = table.find(tied->tied[0].second);
    if (!copy || !kept)
        return;
    const auto equal = lookEqual(checkpoint, *copy, *kept);
    if (!equal || *equal == spec.hyper.flag("tied"))
        return;
    hyper.set("tied", *equal);
    auto other = *equal ? std::move(tied) : family.build(hyper);
    if (!other || !firstDifference(*other, table, checkpoint.tensors()).empty())
        return;
    other->notes = std::move(spec.notes);
    spec = std::move(*other);
}

Result<ModelSpec> buildChanged(const Family& family,
                               const HyperParameters& hyper,
                               std::string_view changes) {
    const auto changed = withChanges(hyper, changes);
    if (!changed)
        return std::unexpected(changed.error());
    return family.build(*changed);
}

/// What the file itself says, where that fits its tensors; otherwise a note says why not.
std::optional<ModelSpec> fromMetadata(const Checkpoint& checkpoint,
                                      const TensorTable& table,
                                      std::vector<std::string>& notes) {
    const auto stored = checkpoint.metadata().find(std::string(metadataKey));
    if (stored == checkpoint.metadata().end() || stored->second == unknownFamily.name)
        return std::nullopt;
    const auto shown = stored->second.substr(0, 200);
    auto spec = modelFromName(stored->second);
    if (!spec) {
        notes.push_back(fmt::format("the model name stored in the file, '{}', was not used: {}",
                                    shown,
                                    spec.error().message()));
        return std::nullopt;
    }
    if (const auto difference = firstDifference(*spec, table, checkpoint.tensors());
        !difference.empty()) {
        notes.push_back(
            fmt::format("the model name stored in the file, '{}', does not fit its tensors: {}",
                        shown,
                        difference));
        return std::nullopt;
    }
    return *spec;
}

/// `changes` name what cannot be seen in the tensors; one that contradicts them is the user's
/// Error.
Result<ModelSpec> applyUserChanges(ModelSpec spec,
                                   const Family& family,
                                   std::string_view changes,
                                   const Checkpoint& checkpoint,
                                   const TensorTable& table) {
    if (changes.empty())
        return spec;
    const auto fitting = [&](Result<ModelSpec> built) -> Result<ModelSpec> {
        if (!built)
            return built;
        if (const auto difference = firstDifference(*built, table, checkpoint.tensors());
            !difference.empty())
            return fail(std::string(changes), "does not fit the file: {}", difference);
        return built;
    };
    auto changed = fitting(buildChanged(family, spec.hyper, changes));
    if (!changed && family.follow) { // head_dim=8 alone: the number of heads follows
        if (const auto hyper = applyChanges(family, spec.hyper, changes)) {
            auto followed = fitting(family.build(*hyper));
            if (followed)
                changed = std::move(followed);
        }
    }
    if (!changed)
        return changed;
    const auto parts = splitChanges(changes).value_or(std::vector<HyperChange>{});
    for (const auto& note : spec.notes)
        if (std::ranges::none_of(parts, [&](const HyperChange& part) {
                return note.find(fmt::format("write {}=", part.first)) != std::string::npos;
            }))
            changed->notes.push_back(note);
    return changed;
}

} // namespace

Result<ModelSpec> recognizeModel(const Checkpoint& checkpoint, std::string_view changes) {
    const auto& tensors = checkpoint.tensors();
    const TensorTable table(tensors);
    std::vector<std::string> notes;
    std::optional<ModelSpec> found = fromMetadata(checkpoint, table, notes);
    for (const auto* family : families()) {
        if (found)
            break;
        std::vector<std::string> assumed;
        const auto hyper = family->recognize(tensors, assumed);
        if (!hyper) {
            notes.insert(notes.end(), assumed.begin(), assumed.end());
            continue;
        }
        auto spec = family->build(*hyper);
        // A guess that does not fit is the user's to mend, before the net is given up as unknown.
        if (!spec && !changes.empty())
            spec = buildChanged(*family, *hyper, changes);
        if (!spec) {
            notes.push_back(
                fmt::format("not read as {}: {}", family->name, spec.error().message()));
            continue;
        }
        if (const auto difference = firstDifference(*spec, table, tensors); !difference.empty()) {
            notes.push_back(fmt::format("not read as {}: {}", family->name, difference));
            continue;
        }
        spec->notes = std::move(assumed);
        found = std::move(*spec);
        decideTied(*found, *family, checkpoint, table);
    }
    if (found) {
        auto spec = applyUserChanges(
            std::move(*found), *findFamily(found->family), changes, checkpoint, table);
        if (spec) {
            dropMissing(*spec, table);
            noteLeftOut(*spec, tensors);
            spec->notes.insert(spec->notes.begin(), notes.begin(), notes.end());
        }
        return spec;
    }
    if (!changes.empty()) {
        auto error = fail(std::string(changes),
                          "nothing to change: the family of this net is not known{}{}",
                          notes.empty() ? "" : "; ",
                          fmt::join(notes, "; "));
        return error;
    }
    const auto whose = knownNames(tensors);
    notes.push_back(whose.empty() ? "the names are of no known family; each axis is cut on its own"
                                  : fmt::format("the names look like {}; its index spaces are not "
                                                "known here, each axis is cut on its own",
                                                whose));
    return unknownModel(tensors, std::move(notes));
}

Result<ModelSpec> recognizeModelAs(const Checkpoint& checkpoint, std::string_view name) {
    auto spec = modelFromName(name);
    if (!spec)
        return spec;
    const TensorTable table(checkpoint.tensors());
    if (const auto difference = firstDifference(*spec, table, checkpoint.tensors());
        !difference.empty())
        return fail(std::string(name.substr(0, 200)), "does not fit the file: {}", difference);
    dropMissing(*spec, table);
    noteLeftOut(*spec, checkpoint.tensors());
    return spec;
}

} // namespace heirloom

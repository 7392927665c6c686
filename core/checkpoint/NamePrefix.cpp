// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/NamePrefix.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace heirloom {
namespace {

constexpr std::array<std::string_view, 2> wrappers = {"module.", "_orig_mod."};

/// What programs call the net inside a larger one: worth offering as soon as the larger part of the
/// names begins so.
constexpr std::array<std::string_view, 34> partNames = {"backbone.",
                                                        "encoder.",
                                                        "model.",
                                                        "net.",
                                                        "network.",
                                                        "student.",
                                                        "teacher.",
                                                        "module.",
                                                        "_orig_mod.",
                                                        "base_model.",
                                                        "base_encoder.",
                                                        "encoder_q.",
                                                        "encoder_k.",
                                                        "visual.",
                                                        "vision_model.",
                                                        "vision_tower.",
                                                        "visual_encoder.",
                                                        "image_encoder.",
                                                        "text_model.",
                                                        "text_encoder.",
                                                        "online_encoder.",
                                                        "target_encoder.",
                                                        "momentum_encoder.",
                                                        "context_encoder.",
                                                        "trunk.",
                                                        "feature_extractor.",
                                                        "extractor.",
                                                        "transformer.",
                                                        "decoder.",
                                                        "generator.",
                                                        "discriminator.",
                                                        "ema.",
                                                        "model_ema.",
                                                        "ema_model."};

/// "backbone." of "backbone.blocks.0.norm1.weight" behind the first `from` bytes; empty where the
/// name has no dot there.
std::string_view firstPart(std::string_view name, std::size_t from) {
    const auto rest = name.substr(std::min(from, name.size()));
    const auto dot = rest.find('.');
    return dot == std::string_view::npos || dot + 1 == rest.size() ? std::string_view()
                                                                   : rest.substr(0, dot + 1);
}

bool isNumber(std::string_view part) {
    return std::all_of(part.begin(), part.end() - 1, [](char c) { return c >= '0' && c <= '9'; });
}

bool allHave(std::span<const TensorInfo> tensors, std::string_view prefix) {
    return std::all_of(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) {
        return hasPrefix(tensor.name, prefix);
    });
}

/// `module.` and `_orig_mod.` in any order, as long as every name has them.
std::string commonWrappers(std::span<const TensorInfo> tensors) {
    std::string common;
    for (bool again = !tensors.empty(); again;) {
        again = false;
        for (const std::string_view wrapper : wrappers) {
            if (allHave(tensors, common + std::string(wrapper))) {
                common += wrapper;
                again = true;
            }
        }
    }
    return common;
}

/// The part that comes next for all names that begin with `prefix`, or for the larger part of them
/// where programs are known to call a net so.
std::string nextPart(std::span<const TensorInfo> tensors, const std::string& prefix) {
    constexpr std::size_t mostParts = 64; // with more, none stands before the larger part
    std::map<std::string_view, std::size_t> counts;
    auto last = counts.end(); // names that begin alike stand together
    std::size_t all = 0;
    for (const TensorInfo& tensor : tensors) {
        if (!hasPrefix(tensor.name, prefix))
            continue;
        ++all;
        const auto part = firstPart(tensor.name, prefix.size());
        if (last == counts.end() || last->first != part)
            last = part.empty()                 ? counts.end()
                   : counts.size() == mostParts ? counts.find(part)
                                                : counts.try_emplace(part).first;
        if (last != counts.end())
            ++last->second;
    }
    for (const auto& [part, count] : counts) {
        const bool isKnown = std::find(partNames.begin(), partNames.end(), part) != partNames.end();
        if ((isKnown && count > all / 2) || (count == all && all > 1 && !isNumber(part)))
            return std::string(part);
    }
    return {};
}

} // namespace

bool hasPrefix(std::string_view name, std::string_view prefix) {
    return name.size() > prefix.size() && name.starts_with(prefix);
}

Result<NamePrefix> findPrefix(std::span<const TensorInfo> tensors,
                              const std::string& where,
                              const std::optional<std::string>& asked) {
    NamePrefix prefix;
    const std::string common = commonWrappers(tensors);
    if (!common.empty())
        prefix.offered.push_back(common);
    // One part, and one inside it: "module." "backbone."; more are no wrappers any longer.
    std::string deeper = common;
    for (int depth = 0; depth < 2; ++depth) {
        const std::string part = nextPart(tensors, deeper);
        if (part.empty())
            break;
        deeper += part;
        prefix.offered.push_back(deeper);
    }
    if (!asked) {
        prefix.taken = common;
        return prefix;
    }
    const auto anyHas = [&](std::string_view text) {
        return std::any_of(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) {
            return hasPrefix(tensor.name, text);
        });
    };
    if (asked->empty() || anyHas(*asked)) {
        prefix.taken = *asked;
    } else if (anyHas(common + *asked)) {
        prefix.taken = common + *asked;
    } else {
        std::string known;
        for (const std::string& offered : prefix.offered)
            known += fmt::format("{}'{}'", known.empty() ? "" : ", ", offered);
        return std::unexpected(Error{
            where,
            known.empty()
                ? fmt::format("no tensor's name begins with '{}'", *asked)
                : fmt::format("no tensor's name begins with '{}'; there is {}", *asked, known),
            known.empty() ? "Leave the prefix out" : "Take one of these, or leave it out"});
    }
    if (!prefix.taken.empty() &&
        std::find(prefix.offered.begin(), prefix.offered.end(), prefix.taken) ==
            prefix.offered.end())
        prefix.offered.push_back(prefix.taken);
    prefix.without = static_cast<std::size_t>(
        std::count_if(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) {
            return !prefix.taken.empty() && !hasPrefix(tensor.name, prefix.taken);
        }));
    return prefix;
}

std::vector<std::string> prefixNotes(const NamePrefix& prefix) {
    std::vector<std::string> notes;
    if (!prefix.taken.empty() && prefix.without == 0)
        notes.push_back(fmt::format("prefix '{}' taken off every name", prefix.taken));
    else if (!prefix.taken.empty())
        notes.push_back(fmt::format(
            "prefix '{}' taken off; {} without it left out",
            prefix.taken,
            prefix.without == 1 ? "1 tensor" : fmt::format("{} tensors", prefix.without)));
    return notes;
}

} // namespace heirloom

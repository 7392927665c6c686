// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/CheckpointFolder.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

namespace heirloom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostEntries = 100'000; ///< of a folder; who has more names the file
constexpr std::string_view indexEnding = ".index.json";

constexpr std::array<std::string_view, 15> endings = {".safetensors",
                                                      ".bin",
                                                      ".pth",
                                                      ".pt",
                                                      ".th",
                                                      ".ckpt",
                                                      ".pth.tar",
                                                      ".pt.tar",
                                                      ".tar",
                                                      ".h5",
                                                      ".hdf5",
                                                      ".keras",
                                                      ".npz",
                                                      ".npy",
                                                      ".gguf"};

/// In the order in which transformers looks for them.
constexpr std::array<std::string_view, 4> preferred = {"model.safetensors",
                                                       "model.safetensors.index.json",
                                                       "pytorch_model.bin",
                                                       "pytorch_model.bin.index.json"};

bool endsWithAny(std::string_view name) {
    return std::ranges::any_of(endings, [&](auto ending) {
        return name.size() > ending.size() && name.ends_with(ending);
    });
}

/// "model-00001-of-00002.safetensors" is a part of "model.safetensors.index.json".
bool isShardOf(std::string_view name, std::string_view index) {
    const auto whole = index.substr(0, index.size() - indexEnding.size());
    const auto dot = whole.rfind('.');
    const auto stem = whole.substr(0, dot);
    const auto ending = dot == std::string_view::npos ? std::string_view() : whole.substr(dot);
    if (name.size() <= stem.size() + ending.size() || !name.starts_with(stem) ||
        !name.ends_with(ending))
        return false;
    const auto middle = name.substr(stem.size(), name.size() - stem.size() - ending.size());
    return middle.find("-of-") != std::string_view::npos;
}

/// Whether a link of `folder` may lead to a file in `place`: the same folder, or the blobs of the
/// hub's cache that it is a snapshot of (`<repo>/snapshots/<revision>/...`, `<repo>/blobs`).
bool mayLead(const fs::path& folder, const fs::path& place) {
    if (place == folder)
        return true;
    for (fs::path at = folder; at.has_relative_path(); at = at.parent_path())
        if (at.parent_path().filename() == "snapshots")
            return place == at.parent_path().parent_path() / "blobs";
    return false;
}

} // namespace

Result<std::optional<fs::path>> checkpointInFolder(const fs::path& folder) {
    std::set<std::string> names;
    std::error_code error;
    std::size_t seen = 0;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (++seen > mostEntries)
            return std::unexpected(
                Error{folder.string(),
                      fmt::format("the folder has more than {} entries", mostEntries),
                      "Name the checkpoint itself"});
        const auto name = entry->path().filename().string();
        std::error_code unknown;
        if (!name.starts_with('.') && (endsWithAny(name) || name.ends_with(indexEnding)) &&
            !entry->is_directory(unknown))
            names.insert(name);
    }
    if (error)
        return std::unexpected(Error{folder.string(),
                                     "the folder cannot be read: " + error.message(),
                                     "Ask for permission to read it"});
    for (const auto name : preferred)
        if (names.contains(std::string(name)))
            return folder / name;
    std::vector<std::string> found;
    for (const auto& name : names) {
        const bool isShard = std::ranges::any_of(names, [&](const std::string& index) {
            return index.ends_with(indexEnding) && isShardOf(name, index);
        });
        if (!isShard)
            found.push_back(name);
    }
    if (found.empty())
        return std::nullopt;
    if (found.size() == 1)
        return folder / found[0];
    constexpr std::size_t mostListed = 12;
    std::string list;
    for (std::size_t i = 0; i < std::min(found.size(), mostListed); ++i)
        list += fmt::format("{}{}", i == 0 ? "" : ", ", found[i]);
    if (found.size() > mostListed)
        list += ", ...";
    return std::unexpected(
        Error{folder.string(),
              fmt::format("the folder holds {} checkpoints: {}", found.size(), list),
              "Name one of them"});
}

Result<fs::path> fileInFolder(const fs::path& folder, const std::string& name) {
    const fs::path path = folder / name;
    const auto refuse = [&](std::string text, std::string advice) -> Result<fs::path> {
        return std::unexpected(Error{path.string(), std::move(text), std::move(advice)});
    };
    std::error_code error;
    const auto status = fs::symlink_status(path, error);
    if (!fs::exists(status))
        return refuse("the file is missing", "Download the checkpoint's other files too");
    if (fs::is_symlink(status)) {
        const fs::path target = fs::canonical(path, error);
        if (error)
            return refuse("it is a link to a file that is missing",
                          "Download the checkpoint's files again");
        const fs::path real = fs::canonical(folder, error);
        if (error || !mayLead(real, target.parent_path()))
            return refuse("it is a link to '" + target.string() + "', outside its folder",
                          "Put the file itself there if you trust it");
        return target;
    }
    if (!fs::is_regular_file(status))
        return refuse("this is a folder, device, pipe or socket, not a file",
                      "The checkpoint was not written by a trustworthy program");
    return path;
}

} // namespace heirloom

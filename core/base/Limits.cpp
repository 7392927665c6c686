// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Limits.h"

#include <algorithm>
#include <charconv>

namespace heirloom {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

constexpr std::array<LimitInfo, 17> table = {{
    {Limit::HeaderBytes,
     "header_bytes",
     100'000'000,
     "bytes of a safetensors header or of the tensor list of a GGUF file"},
    {Limit::TrailingBytes,
     "trailing_bytes",
     0,
     "bytes behind the last tensor of a file that are passed over"},
    {Limit::JsonDepth, "json_depth", 8, "lists and objects of JSON inside each other"},
    {Limit::Tensors, "tensors", 2'000'000, "tensors in one checkpoint"},
    {Limit::NameBytes, "name_bytes", 4096, "bytes of a tensor's name"},
    {Limit::MetadataBytes,
     "metadata_bytes",
     16 * mebibyte,
     "bytes of text kept beside the tensors"},
    {Limit::IndexBytes,
     "index_bytes",
     64 * mebibyte,
     "bytes of an index of shards or a config.json"},
    {Limit::Shards, "shards", 4096, "files that make up one checkpoint"},
    {Limit::ZipEntries, "zip_entries", 2'000'000, "records of a zip archive"},
    {Limit::TarEntries, "tar_entries", 65'536, "members of a tar archive"},
    {Limit::PickleBytes, "pickle_bytes", 64 * mebibyte, "bytes of one pickle"},
    {Limit::PickleNodes, "pickle_nodes", 10'000'000, "instructions of one pickle"},
    {Limit::PickleMemory, "pickle_memory", 1024 * mebibyte, "bytes that a pickle's values take"},
    {Limit::UnpackedBytes,
     "unpacked_bytes",
     1024 * mebibyte,
     "bytes that compressed data of one file takes once unpacked"},
    {Limit::Hdf5Objects, "hdf5_objects", 1'000'000, "groups and datasets of an HDF5 file"},
    {Limit::Hdf5Memory, "hdf5_memory", 512 * mebibyte, "bytes of memory for reading an HDF5 file"},
    {Limit::Hdf5Seconds, "hdf5_seconds", 10, "seconds of computing for each step of reading HDF5"},
}};

constexpr bool isInOrder() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].limit) != i)
            return false;
    return true;
}
static_assert(isInOrder());

const LimitInfo& infoOf(Limit limit) { return table[static_cast<std::size_t>(limit)]; }

Error overLimit(std::string where, std::string text, Limit limit) {
    return Error{std::move(where),
                 std::move(text),
                 fmt::format("If you trust the file, raise the limit: --limit {}=NUMBER",
                             infoOf(limit).name)};
}

} // namespace

std::span<const LimitInfo> limitTable() { return table; }

Limits::Limits() { std::ranges::transform(table, m_values.begin(), &LimitInfo::standard); }

Status Limits::set(std::string_view text) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto row = std::ranges::find(table, name, &LimitInfo::name);
    if (row == table.end()) {
        std::string names;
        for (const auto& info : table)
            names += fmt::format("{}{}", names.empty() ? "" : ", ", info.name);
        return std::unexpected(
            Error{std::string(text), "there is no such limit", "Known: " + names});
    }
    const auto number =
        equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    std::uint64_t value = 0;
    const auto [end, failure] =
        std::from_chars(number.data(), number.data() + number.size(), value);
    if (failure != std::errc() || end != number.data() + number.size() || value == 0)
        return fail(std::string(text), "expected {}=NUMBER with a whole number above 0", name);
    set(row->limit, value);
    return {};
}

Status Limits::check(const std::string& where,
                     Limit limit,
                     std::uint64_t found,
                     std::string_view what) const {
    if (found <= (*this)[limit])
        return {};
    return std::unexpected(overLimit(
        where,
        fmt::format(
            "{} {}, over the limit {} of {}", what, found, infoOf(limit).name, (*this)[limit]),
        limit));
}

Error Limits::exceeded(const std::string& where, Limit limit, std::string_view what) const {
    return overLimit(
        where,
        fmt::format("{} more than the limit {} of {}", what, infoOf(limit).name, (*this)[limit]),
        limit);
}

} // namespace heirloom

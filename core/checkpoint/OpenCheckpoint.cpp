// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/OpenCheckpoint.h"

#include "core/checkpoint/CheckpointFolder.h"
#include "core/checkpoint/PlainText.h"
#include "core/checkpoint/ShardedCheckpoint.h"
#include "core/checkpoint/gguf/GgufReader.h"
#include "core/checkpoint/hdf5/Hdf5Reader.h"
#include "core/checkpoint/numpy/NumpyReader.h"
#include "core/checkpoint/pytorch/PyTorchReaders.h"
#include "core/checkpoint/safetensors/SafetensorsReader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <new>
#include <string>
#include <string_view>

namespace heirloom {
namespace {

using namespace std::string_view_literals;

enum class Content {
    Empty,
    Safetensors,
    Zip,
    Pickle,
    Hdf5,
    LfsPointer,
    WebPage,
    Gguf,
    Numpy,
    Tar,
    Json,
    Compressed,
    Unknown
};

constexpr std::string_view hdf5Magic = "\x89HDF\r\n\x1a\n"sv;

bool looksLikeWebPage(std::string_view head) {
    std::string text;
    for (const char c : head.substr(0, 200))
        if (!std::isspace(static_cast<unsigned char>(c)))
            text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text.starts_with("<!doctypehtml") || text.starts_with("<html") ||
           text.starts_with("<?xml");
}

bool isCompressed(std::string_view head) {
    constexpr std::string_view magics[] = {
        "\x1f\x8b\x08"sv, "\x28\xb5\x2f\xfd"sv, "\xfd\x37zXZ"sv, "BZh"sv, "7z\xbc\xaf"sv};
    return std::ranges::any_of(magics,
                               [&](std::string_view magic) { return head.starts_with(magic); });
}

/// A length of safetensors' header has zeros in its upper bytes, which no text has.
bool looksLikeJson(std::string_view head) {
    const auto first = head.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && head[first] == '{' &&
           head.find('\0') == std::string_view::npos;
}

/// The file's kind by its first 512 bytes, and by the places where HDF5 may begin after a user's
/// block.
Content contentOf(const ByteSource& source, std::string_view head) {
    if (head.empty())
        return Content::Empty;
    if (head.starts_with("PK\x03\x04"sv) || head.starts_with("PK\x05\x06"sv))
        return Content::Zip;
    if (head.starts_with(hdf5Magic))
        return Content::Hdf5;
    if (head.starts_with("version https://git-lfs"sv))
        return Content::LfsPointer;
    if (looksLikeWebPage(head))
        return Content::WebPage;
    if (head.starts_with("GGUF"sv))
        return Content::Gguf;
    if (head.starts_with("\x93NUMPY"sv))
        return Content::Numpy;
    if (head.size() >= 262 && head.substr(257, 5) == "ustar"sv)
        return Content::Tar;
    if (looksLikeJson(head))
        return Content::Json;
    if (head[0] == '\x80' && head.size() > 1 && head[1] >= 0 && head[1] <= 5)
        return head.size() > 8 && head[8] == '{' ? Content::Safetensors : Content::Pickle;
    if (head.starts_with("L119547037146038801333356"sv))
        return Content::Pickle;
    if (head.size() > 8) {
        const auto brace = head.find_first_not_of(" \t\r\n", 8);
        if (brace != std::string_view::npos && head[brace] == '{')
            return Content::Safetensors;
    }
    for (std::uint64_t offset = 512;
         offset <= source.size() / 2 && offset < (std::uint64_t{1} << 30);
         offset *= 2) {
        std::array<std::byte, 8> magic;
        if (source.readAt(offset, magic) &&
            std::string_view(reinterpret_cast<const char*>(magic.data()), magic.size()) ==
                hdf5Magic)
            return Content::Hdf5;
    }
    return isCompressed(head) ? Content::Compressed : Content::Unknown;
}

/// The first 512 bytes, or all that there are.
Result<std::string> headOf(const ByteSource& source) {
    std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), 512)), '\0');
    if (auto read = source.readAt(0, std::as_writable_bytes(std::span(head))); !read)
        return std::unexpected(read.error());
    return head;
}

Result<std::shared_ptr<const Checkpoint>> openContent(std::shared_ptr<const ByteSource> source,
                                                      const std::filesystem::path& path,
                                                      const OpenOptions& options) {
    const std::string where = source->name();
    const auto head = headOf(*source);
    if (!head)
        return std::unexpected(head.error());
    const auto refuse = [&](std::string text, std::string advice) -> std::unexpected<Error> {
        return std::unexpected(Error{where, std::move(text), std::move(advice)});
    };
    switch (contentOf(*source, *head)) {
    case Content::Safetensors:
        return openSafetensors(std::move(source), path, options);
    case Content::Zip:
        return openPyTorchZip(std::move(source), path, options);
    case Content::Pickle:
        return openPyTorchLegacy(std::move(source), path, options);
    case Content::Hdf5:
        return openHdf5(std::move(source), path, options);
    case Content::Json: // indices are followed by openCheckpoint(), never from inside another
        return refuse("this is JSON text, not weights", "Open the checkpoint that it belongs to");
    case Content::Empty:
        return refuse("the file is empty", "Get it again; a download was probably interrupted");
    case Content::LfsPointer:
        return refuse("this is a Git LFS pointer, not the weights",
                      "Run 'git lfs pull' in its folder");
    case Content::WebPage:
        return refuse("this is a web page, not a checkpoint",
                      "The download answered with a page; get the file again");
    case Content::Gguf:
        return openGguf(std::move(source), path, options);
    case Content::Numpy:
        return openNpy(std::move(source), path, options);
    case Content::Tar:
        return openPyTorchTar(std::move(source), path, options);
    case Content::Compressed:
        return refuse("the file is compressed (gzip, zstd, xz, bzip2 or 7z)",
                      "Unpack it and open what was inside");
    case Content::Unknown:
        break;
    }
    return refuse(
        "this is no checkpoint of a known kind: neither safetensors, PyTorch, HDF5, NumPy nor GGUF",
        "Check that this is the file you mean, and that it is whole");
}

/// A list may be longer than this machine's memory, although the file is within the limits.
template <class Open>
Result<std::shared_ptr<const Checkpoint>> withinMemory(const ByteSource& source, Open open) {
    try {
        return open();
    } catch (const std::bad_alloc&) {
        return fail(source.name(), "there is not enough memory for its list of tensors");
    }
}

/// Parts of a stranger's file that errors quote reach terminals and logs.
Result<std::shared_ptr<const Checkpoint>> harmless(
    Result<std::shared_ptr<const Checkpoint>> opened) {
    if (opened)
        return opened;
    return std::unexpected(Error{harmlessText(opened.error().where),
                                 harmlessText(opened.error().text),
                                 opened.error().advice});
}

/// Not every kind of file has state dicts to choose from, or names that are cut: a choice that was
/// not followed is refused, never passed over.
Result<std::shared_ptr<const Checkpoint>> honoured(Result<std::shared_ptr<const Checkpoint>> opened,
                                                   const OpenOptions& options) {
    if (!opened)
        return opened;
    const auto& file = **opened;
    const auto refuse = [&](std::string text, std::string advice) {
        return std::unexpected(Error{file.path().string(), std::move(text), std::move(advice)});
    };
    if (!options.nest.value_or("").empty() && file.nest().empty())
        return refuse(fmt::format("there is no state dict '{}'; files of this kind ({}) hold one "
                                  "set of tensors",
                                  *options.nest,
                                  file.format()),
                      "Leave the choice out");
    if (!options.prefix.value_or("").empty() && file.prefix().empty())
        return refuse(fmt::format("'{}' is not taken off the names in files of this kind ({})",
                                  *options.prefix,
                                  file.format()),
                      "Leave the prefix out");
    return opened;
}

Result<std::shared_ptr<const Checkpoint>> openFolder(const std::filesystem::path& folder,
                                                     const OpenOptions& options) {
    const auto found = checkpointInFolder(folder);
    if (!found)
        return std::unexpected(found.error());
    if (!*found)
        return std::unexpected(Error{folder.string(),
                                     "the folder holds no checkpoint",
                                     "Choose a folder that does, or a file"});
    // A link may lead out of the folder, and the user has not named it.
    if (const auto file = fileInFolder(folder, (*found)->filename().string()); !file)
        return std::unexpected(file.error());
    return openCheckpoint(**found, options);
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> openCheckpointBytes(
    std::shared_ptr<const ByteSource> source,
    const std::filesystem::path& path,
    const OpenOptions& options) {
    return harmless(withinMemory(
        *source, [&] { return honoured(openContent(source, path, options), options); }));
}

Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const std::filesystem::path& path,
                                                         const OpenOptions& options) {
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown))
        return harmless(openFolder(path, options));
    auto source = openFile(path);
    if (!source)
        return std::unexpected(source.error());
    const auto head = headOf(**source);
    if (!head)
        return std::unexpected(head.error());
    if (looksLikeJson(*head))
        return harmless(withinMemory(
            **source, [&] { return honoured(openShards(**source, path, options), options); }));
    return openCheckpointBytes(std::move(*source), path, options);
}

} // namespace heirloom

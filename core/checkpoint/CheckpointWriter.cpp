// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/CheckpointWriter.h"

#include "core/checkpoint/FormatWriters.h"
#include "core/checkpoint/PlainText.h"

#include <algorithm>
#include <cctype>
#include <new>

namespace heirloom {

Result<CheckpointFormat> formatForPath(const std::filesystem::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    if (ending == ".safetensors")
        return CheckpointFormat::Safetensors;
    if (ending == ".pth" || ending == ".pt" || ending == ".bin")
        return CheckpointFormat::PyTorchZip;
    if (ending == ".h5" || ending == ".hdf5")
        return CheckpointFormat::Hdf5;
    return std::unexpected(
        Error{path.string(),
              ending.empty() ? std::string("the name has no ending, so the format is unknown")
                             : fmt::format("no format is known by the ending {}", ending),
              "Use .safetensors, .pth, .pt or .bin (PyTorch), .h5 or .hdf5"});
}

std::string_view formatName(CheckpointFormat format) {
    switch (format) {
    case CheckpointFormat::Safetensors:
        return "safetensors";
    case CheckpointFormat::PyTorchZip:
        return "pytorch-zip";
    case CheckpointFormat::Hdf5:
        return "hdf5";
    }
    return "";
}

Status writeCheckpoint(const std::filesystem::path& path,
                       CheckpointFormat format,
                       const StateDict& tensors,
                       const Metadata& metadata) {
    for (const auto& [name, tensor] : tensors.entries()) {
        const auto elements = elementCount(tensor.shape);
        if (tensor.dtype == DType::Unsupported || !elements ||
            static_cast<std::size_t>(*elements * dtypeSize(tensor.dtype)) != tensor.bytes.size())
            return fail(name,
                        "{} of {} does not fit its {} bytes",
                        shapeText(tensor.shape),
                        dtypeName(tensor.dtype),
                        tensor.bytes.size());
        if (!isPlainUtf8(name))
            return fail(path.string(), "a tensor's name is no valid UTF-8 text");
    }
    for (const auto& [key, value] : metadata)
        if (!isPlainUtf8(key) || !isPlainUtf8(value))
            return fail(path.string(), "the metadata under '{}' is no valid UTF-8 text", key);
    try {
        switch (format) {
        case CheckpointFormat::Safetensors:
            return writeSafetensors(path, tensors, metadata);
        case CheckpointFormat::PyTorchZip:
            return writePyTorchZip(path, tensors, metadata);
        case CheckpointFormat::Hdf5:
            return writeHdf5(path, tensors, metadata);
        }
    } catch (const std::bad_alloc&) {
        return fail(path.string(), "there is not enough memory to write the file");
    }
    return {};
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Facts.h"

#include "core/checkpoint/PlainText.h"

#include <algorithm>

namespace heirloom {
namespace {

using hdf5wire::DatasetFacts;
using hdf5wire::Layout;
using hdf5wire::Refusal;

/// Why the elements cannot or must not be read; empty when they can.
std::optional<std::string> storageTrouble(const DatasetFacts& facts,
                                          const TensorInfo& info,
                                          std::uint64_t fileSize,
                                          const Limits& limits) {
    if (facts.layout < Layout::Compact || facts.layout >= Layout::Elsewhere)
        return "its elements lie in other datasets (a virtual dataset)";
    if (facts.isExternal != 0)
        return "its elements lie in other files";
    if (facts.oddFilter != 0)
        return fmt::format("it is packed with the filter {}, which is not read", facts.oddFilter);
    std::int64_t bytes = 0;
    const auto elements = elementCount(info.shape);
    if (!elements || __builtin_mul_overflow(*elements, dtypeSize(info.dtype), &bytes))
        return "it holds more elements than a number can count";
    if (facts.stored > fileSize)
        return fmt::format("it is said to take {} bytes, more than the whole file", facts.stored);
    if (facts.hasFilters == 0 && facts.layout == Layout::Contiguous && facts.stored != 0 &&
        facts.stored != static_cast<std::uint64_t>(bytes))
        return fmt::format("it needs {} bytes but has {}", bytes, facts.stored);
    // Unwritten or well-packed parts may unfold, but not without end.
    constexpr std::int64_t harmlessSize = std::int64_t{64} << 20;
    if (bytes > harmlessSize && static_cast<std::uint64_t>(bytes) / 1000 > fileSize)
        return fmt::format("it would unfold to {} bytes, more than 1,000 times the whole file",
                           bytes);
    if (facts.layout == Layout::Chunked && facts.chunkBytes > limits[Limit::Hdf5Memory] / 2)
        return fmt::format("each of its chunks takes {} bytes of memory, too much for the limit "
                           "hdf5_memory of {}",
                           facts.chunkBytes,
                           limits[Limit::Hdf5Memory]);
    return std::nullopt;
}

Error damaged(const std::string& file, std::string text) {
    return Error{file, std::move(text), "The file is damaged or incomplete; get it again"};
}

} // namespace

Result<Hdf5Tensor> checkHdf5Facts(const DatasetFacts& facts,
                                  const ByteSource& source,
                                  const Limits& limits) {
    if (facts.name.size() > limits[Limit::NameBytes])
        return std::unexpected(
            hdf5Refusal(Refusal::NameTooLong, facts.name.substr(0, 200), source.name(), limits));
    if (facts.name.empty() || !isPlainUtf8(facts.name))
        return std::unexpected(hdf5Refusal(Refusal::NameNoText, {}, source.name(), limits));
    if (facts.dtype >= static_cast<std::uint8_t>(DType::Unsupported) ||
        facts.sizes.size() > hdf5wire::mostAxes)
        return std::unexpected(
            damaged(source.name(), fmt::format("'/{}' cannot be what it claims", facts.name)));
    Hdf5Tensor tensor;
    tensor.info.name = facts.name;
    tensor.info.dtype = static_cast<DType>(facts.dtype);
    for (const std::uint64_t size : facts.sizes)
        tensor.info.shape.push_back(
            static_cast<std::int64_t>(std::min<std::uint64_t>(size, INT64_MAX)));
    if (const auto meant = dtypeFromName(facts.written);
        meant && dtypeSize(*meant) == dtypeSize(tensor.info.dtype))
        tensor.info.dtype = *meant;
    tensor.trouble = storageTrouble(facts, tensor.info, source.size(), limits);
    if (tensor.trouble) {
        tensor.info.dtype = DType::Unsupported;
        if (!elementCount(tensor.info.shape))
            tensor.info.shape.clear();
        return tensor;
    }
    const auto bytes = static_cast<std::uint64_t>(tensor.info.bytes());
    if (facts.layout == Layout::Contiguous && facts.offset != 0 && facts.stored == bytes) {
        if (bytes > source.size() || facts.offset > source.size() - bytes)
            return std::unexpected(
                damaged(source.name(),
                        fmt::format("the {} elements of '/{}' at byte {} reach beyond the end of "
                                    "the file",
                                    tensor.info.elements(),
                                    facts.name,
                                    facts.offset)));
        tensor.place = {facts.offset, facts.isBigEndian != 0};
    }
    return tensor;
}

Error hdf5Refusal(Refusal why,
                  const std::string& object,
                  const std::string& file,
                  const Limits& limits) {
    switch (why) {
    case Refusal::CannotOpen:
        return damaged(file, "the HDF5 library cannot open it: it is cut off or damaged");
    case Refusal::RootGroup:
        return damaged(file, "the HDF5 library cannot open its root group");
    case Refusal::GroupList:
        return damaged(file, fmt::format("the HDF5 group '/{}' cannot be listed", object));
    case Refusal::ObjectInfo:
        return damaged(file, fmt::format("the HDF5 object '/{}' cannot be read", object));
    case Refusal::GroupOpen:
        return damaged(file, fmt::format("the HDF5 group '/{}' cannot be opened", object));
    case Refusal::DatasetOpen:
        return damaged(file, fmt::format("the HDF5 dataset '/{}' cannot be opened", object));
    case Refusal::NameNoText:
        return damaged(
            file,
            fmt::format("the name of an HDF5 object in '/{}' is no valid UTF-8 text", object));
    case Refusal::NameTooLong:
        return limits.exceeded(
            file,
            Limit::NameBytes,
            fmt::format("the bytes of the path of an HDF5 object, '/{}...', are", object));
    case Refusal::TooManyObjects:
        return limits.exceeded(file, Limit::Hdf5Objects, "its groups and datasets are");
    case Refusal::OutOfMemory:
        return limits.exceeded(
            file, Limit::Hdf5Memory, "the bytes of memory that the HDF5 library needs for it are");
    case Refusal::Elements:
        return damaged(file, fmt::format("the elements of '/{}' cannot be read", object));
    case Refusal::ChangedShape:
        return damaged(file, fmt::format("the HDF5 dataset '/{}' has changed its shape", object));
    }
    return damaged(file, "the HDF5 library cannot read it");
}

} // namespace heirloom

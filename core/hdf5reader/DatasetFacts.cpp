// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Handle.h"
#include "core/hdf5reader/Attributes.h"
#include "core/hdf5reader/Listing.h"
#include "core/hdf5reader/StoredType.h"

#include <array>

namespace heirloom {
namespace {

using hdf5wire::Layout;

Layout layoutOf(hid_t created) {
    switch (H5Pget_layout(created)) {
    case H5D_COMPACT:
        return Layout::Compact;
    case H5D_CONTIGUOUS:
        return Layout::Contiguous;
    case H5D_CHUNKED:
        return Layout::Chunked;
    default:
        return Layout::Elsewhere;
    }
}

/// Saturates: a chunk is said to have up to 2^32 elements along each of 32 axes.
std::uint64_t chunkBytes(hid_t created, std::size_t elementSize) {
    std::array<hsize_t, hdf5wire::mostAxes> sizes{};
    const int axes = H5Pget_chunk(created, static_cast<int>(sizes.size()), sizes.data());
    std::uint64_t bytes = elementSize;
    for (int axis = 0; axis < axes; ++axis)
        if (__builtin_mul_overflow(bytes, sizes[static_cast<std::size_t>(axis)], &bytes))
            return UINT64_MAX;
    return bytes;
}

void describeFilters(hid_t created, hdf5wire::DatasetFacts& facts) {
    const int filters = H5Pget_nfilters(created);
    facts.hasFilters = filters > 0;
    for (int i = 0; i < filters; ++i) {
        unsigned flags = 0;
        unsigned config = 0;
        std::size_t count = 0;
        const H5Z_filter_t filter = H5Pget_filter2(
            created, static_cast<unsigned>(i), &flags, &count, nullptr, 0, nullptr, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            facts.oddFilter = filter > 0 ? static_cast<std::uint32_t>(filter) : UINT32_MAX;
    }
}

} // namespace

bool describeDataset(hid_t dataset, hdf5wire::DatasetFacts& facts) {
    const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
    const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
    const DType dtype = type.isValid() ? dtypeOfHdf5(type) : DType::Unsupported;
    const int axes = space.isValid() ? H5Sget_simple_extent_ndims(space) : -1;
    std::array<hsize_t, hdf5wire::mostAxes> sizes{};
    if (dtype == DType::Unsupported || axes < 0 || axes > static_cast<int>(sizes.size()) ||
        H5Sget_simple_extent_type(space) == H5S_NULL ||
        (axes > 0 && H5Sget_simple_extent_dims(space, sizes.data(), nullptr) < 0))
        return false;
    facts.dtype = static_cast<std::uint8_t>(dtype);
    facts.sizes.assign(sizes.begin(), sizes.begin() + axes);
    if (auto written = textAttribute(dataset, "dtype"); written && written->size() < 64)
        facts.written = std::move(*written);
    facts.isBigEndian = H5Tget_order(type) == H5T_ORDER_BE;
    const Hdf5Handle created(H5Dget_create_plist(dataset), H5Pclose);
    if (!created.isValid())
        return true; // elsewhere: not read
    facts.layout = layoutOf(created);
    facts.isExternal = H5Pget_external_count(created) != 0;
    describeFilters(created, facts);
    facts.stored = H5Dget_storage_size(dataset);
    if (facts.layout == Layout::Chunked)
        facts.chunkBytes = chunkBytes(created, H5Tget_size(type));
    if (facts.layout == Layout::Contiguous && facts.isExternal == 0 && facts.stored > 0) {
        const haddr_t offset = H5Dget_offset(dataset);
        facts.offset = offset == HADDR_UNDEF ? 0 : offset;
    }
    return true;
}

} // namespace heirloom

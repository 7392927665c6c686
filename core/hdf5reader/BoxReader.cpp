// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/BoxReader.h"

#include "core/hdf5reader/StoredType.h"

#include <algorithm>
#include <vector>

namespace heirloom {
namespace {

using hdf5wire::Layout;
using hdf5wire::Refusal;

/// Bytes of the chunks that rows of one chunk's height touch: what a pass over the rows unpacks
/// again and again unless it is kept.
std::uint64_t slabBytes(hid_t dataset) {
    const Hdf5Handle created(H5Dget_create_plist(dataset), H5Pclose);
    const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
    const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
    hsize_t chunk[hdf5wire::mostAxes] = {};
    hsize_t sizes[hdf5wire::mostAxes] = {};
    const int axes = H5Pget_chunk(created, hdf5wire::mostAxes, chunk);
    if (axes <= 0 || H5Sget_simple_extent_ndims(space) != axes ||
        H5Sget_simple_extent_dims(space, sizes, nullptr) != axes)
        return 0;
    std::uint64_t bytes = H5Tget_size(type) * chunk[0];
    for (int axis = 1; axis < axes; ++axis) {
        const hsize_t chunks = chunk[axis] == 0 ? 0 : (sizes[axis] + chunk[axis] - 1) / chunk[axis];
        if (__builtin_mul_overflow(bytes, chunks, &bytes) ||
            __builtin_mul_overflow(bytes, chunk[axis], &bytes))
            return UINT64_MAX;
    }
    return bytes;
}

} // namespace

bool BoxReader::open(hid_t file, const std::string& name) {
    if (m_dataset.isValid() && m_name == name)
        return true;
    m_name.clear();
    m_dataset = Hdf5Handle();
    Hdf5Handle dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
    hdf5wire::DatasetFacts facts;
    if (!dataset.isValid() || !describeDataset(dataset, facts) ||
        facts.layout == Layout::Elsewhere || facts.isExternal != 0 || facts.oddFilter != 0)
        return false;
    constexpr std::uint64_t usualCache = std::uint64_t{1} << 20;
    if (const auto slab = facts.layout == Layout::Chunked ? slabBytes(dataset) : 0;
        slab > usualCache) {
        const Hdf5Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
        H5Pset_chunk_cache(access, 10007, std::min<std::uint64_t>(slab, m_memory / 2), 1.0);
        dataset = Hdf5Handle();
        dataset = Hdf5Handle(H5Dopen2(file, name.c_str(), access), H5Dclose);
    }
    m_dataset = std::move(dataset);
    m_name = name;
    return m_dataset.isValid();
}

std::optional<Refused> BoxReader::read(hid_t file, const hdf5wire::Box& box, std::uint64_t& bytes) {
    if (!open(file, box.name))
        return Refused{Refusal::DatasetOpen, box.name};
    const Hdf5Handle space(H5Dget_space(m_dataset), H5Sclose);
    const Hdf5Handle type(H5Dget_type(m_dataset), H5Tclose);
    const Hdf5Handle wanted(type.isValid() ? H5Tcopy(type) : -1, H5Tclose);
    if (!wanted.isValid() || !space.isValid() || H5Tget_size(wanted) != box.elementSize ||
        H5Sget_simple_extent_ndims(space) != static_cast<int>(box.first.size()))
        return Refused{Refusal::ChangedShape, box.name};
    if (H5Tget_class(wanted) != H5T_ENUM)
        H5Tset_order(wanted, H5T_ORDER_LE); // bytes change places, bits do not change
    hid_t from = H5S_ALL;
    Hdf5Handle block;
    const std::vector<hsize_t> first(box.first.begin(), box.first.end());
    const std::vector<hsize_t> count(box.count.begin(), box.count.end());
    if (!first.empty()) {
        if (H5Sselect_hyperslab(
                space, H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr) < 0 ||
            H5Sselect_valid(space) <= 0)
            return Refused{Refusal::ChangedShape, box.name};
        block = Hdf5Handle(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
                           H5Sclose);
        from = space;
    }
    const hssize_t elements = H5Sget_select_npoints(space);
    if (elements < 0 ||
        __builtin_mul_overflow(
            static_cast<std::uint64_t>(elements), std::uint64_t{box.elementSize}, &bytes) ||
        bytes > m_window.size())
        return Refused{Refusal::ChangedShape, box.name};
    if (H5Dread(m_dataset,
                wanted,
                first.empty() ? H5S_ALL : static_cast<hid_t>(block),
                from,
                H5P_DEFAULT,
                m_window.data()) < 0)
        return Refused{Refusal::Elements, box.name};
    return std::nullopt;
}

} // namespace heirloom

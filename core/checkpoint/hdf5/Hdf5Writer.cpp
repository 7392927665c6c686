// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"
#include "core/checkpoint/FormatWriters.h"
#include "core/checkpoint/hdf5/Hdf5Handle.h"
#include "core/checkpoint/hdf5/Hdf5Lock.h"
#include "core/checkpoint/hdf5/Hdf5Sparse.h"
#include "core/checkpoint/hdf5/Hdf5Types.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace heirloom {
namespace {

/// HDF5 takes "a//b", "./a" and "a/" for other names than they are.
bool isPath(const std::string& name) {
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        const std::string_view part = std::string_view(name).substr(begin, end - begin);
        if (part.empty() || part == ".")
            return false;
        begin = end + 1;
    }
    return true;
}

bool writeText(hid_t object, const char* name, const std::string& text) {
    const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(
        type,
        text.empty()
            ? 1
            : text.size()); // fixed length: it can be read without following pointers in the file
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle made(H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose);
    H5Pset_char_encoding(made, H5T_CSET_UTF8);
    const Hdf5Handle attribute(H5Acreate2(object, name, type, space, made, H5P_DEFAULT), H5Aclose);
    return attribute.isValid() && H5Awrite(attribute, type, text.c_str()) >= 0;
}

bool needsTypeAttribute(DType dtype) {
    return dtype == DType::BF16 || dtype == DType::F8E4M3 || dtype == DType::F8E5M2;
}

/// A dataset with room for its data in the file, which others write; empty ones have none.
/// \return where the data belongs
Result<std::uint64_t> makeDataset(hid_t file, const TensorInfo& tensor, const std::string& where) {
    const Hdf5Handle type = hdf5TypeOf(tensor.dtype);
    const std::vector<hsize_t> sizes(tensor.shape.begin(), tensor.shape.end());
    const Hdf5Handle space(
        sizes.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
        H5Sclose);
    const Hdf5Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_char_encoding(link, H5T_CSET_UTF8);
    H5Pset_create_intermediate_group(link, 1);
    const Hdf5Handle made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(made, false); // the same tensors give the same bytes
    H5Pset_layout(made, H5D_CONTIGUOUS);
    H5Pset_alloc_time(made, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(made, H5D_FILL_TIME_NEVER);
    const Hdf5Handle dataset(
        H5Dcreate2(file, tensor.name.c_str(), type, space, link, made, H5P_DEFAULT), H5Dclose);
    const haddr_t place = dataset.isValid() ? H5Dget_offset(dataset) : HADDR_UNDEF;
    const bool isPlaced = place != HADDR_UNDEF || tensor.bytes() == 0;
    if (!dataset.isValid() || !isPlaced ||
        (needsTypeAttribute(tensor.dtype) &&
         !writeText(dataset, hdf5TypeAttribute, std::string(dtypeName(tensor.dtype)))))
        return fail(where, "the HDF5 library could not write the tensor '{}'", tensor.name);
    return place == HADDR_UNDEF ? 0 : place;
}

/// Everything of an HDF5 file but the tensors' data. The library is asked under its lock, which is
/// free while the data is read and written.
class Structure {
public:
    Result<std::vector<std::uint64_t>> make(const FileContents& contents,
                                            const std::string& where) {
        const std::scoped_lock lock(hdf5Mutex());
        const Hdf5Silence silence;
        const Hdf5Handle access(hdf5PagesAccess(m_pages), H5Pclose);
        H5Pset_libver_bounds(access,
                             H5F_LIBVER_V18,
                             H5F_LIBVER_LATEST); // attributes beyond 64 KiB, groups in order
        const Hdf5Handle made(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
        H5Pset_link_creation_order(made, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
        H5Pset_obj_track_times(made, false);
        m_file =
            Hdf5Handle(H5Fcreate("heirloom-in-memory.h5", H5F_ACC_TRUNC, made, access), H5Fclose);
        if (!m_file.isValid())
            return fail(where, "the HDF5 library could not begin a file in memory");
        std::vector<std::uint64_t> places;
        for (const TensorInfo& tensor : contents.tensors) {
            if (!isPath(tensor.name))
                return std::unexpected(
                    Error{where,
                          fmt::format("HDF5 cannot hold a tensor under the name '{}'", tensor.name),
                          "Choose safetensors or PyTorch"});
            auto place = makeDataset(m_file, tensor, where);
            if (!place)
                return std::unexpected(place.error());
            places.push_back(*place);
        }
        for (const auto& [key, value] : contents.metadataWith({}))
            if (!writeText(m_file, key.c_str(), value))
                return fail(where, "the HDF5 library could not write the attribute '{}'", key);
        if (H5Fflush(m_file, H5F_SCOPE_GLOBAL) < 0)
            return fail(where, "the HDF5 library could not lay out the file");
        return places;
    }

    /// Nothing may be asked of the library afterwards.
    Status finish(const Metadata& metadata, const std::string& where) {
        const std::scoped_lock lock(hdf5Mutex());
        const Hdf5Silence silence;
        if (const auto hashes = metadata.find(std::string(hashesKey)); hashes != metadata.end()) {
            const Hdf5Handle attribute(H5Aopen(m_file, hashes->first.c_str(), H5P_DEFAULT),
                                       H5Aclose);
            const Hdf5Handle type(H5Aget_type(attribute), H5Tclose);
            if (!attribute.isValid() || H5Awrite(attribute, type, hashes->second.c_str()) < 0)
                return fail(where, "the HDF5 library could not write the tensors' hashes");
        }
        const hid_t file = m_file.release();
        if (H5Fclose(file) < 0)
            return fail(where, "the HDF5 library could not finish the file");
        return {};
    }

    ~Structure() {
        const std::scoped_lock lock(hdf5Mutex());
        const Hdf5Silence silence;
        m_file = {};
    }

    [[nodiscard]] const Hdf5Pages& pages() const { return m_pages; }

private:
    Hdf5Pages m_pages; ///< outlives the file
    Hdf5Handle m_file;
};

/// What lies between the tensors' data.
Status writePages(AtomicFile& file,
                  const Hdf5Pages& pages,
                  std::span<const TensorInfo> tensors,
                  std::span<const std::uint64_t> places) {
    std::map<std::uint64_t, std::uint64_t> taken; // begin to end of each tensor's data
    for (std::size_t i = 0; i < tensors.size(); ++i)
        if (tensors[i].bytes() > 0)
            taken[places[i]] = places[i] + static_cast<std::uint64_t>(tensors[i].bytes());
    taken[pages.size()] = pages.size();
    std::vector<std::byte> bytes;
    std::uint64_t at = 0;
    for (const auto& [begin, end] : taken) {
        while (at < begin) {
            const std::uint64_t page = at / Hdf5Pages::pageBytes * Hdf5Pages::pageBytes;
            const std::uint64_t until = std::min(begin, page + Hdf5Pages::pageBytes);
            bytes.resize(static_cast<std::size_t>(until - at));
            pages.read(at, bytes);
            if (pages.has(at))
                if (auto done = file.writeAt(at, bytes); !done)
                    return done;
            at = until;
        }
        at = end;
    }
    return {};
}

} // namespace

Result<std::vector<TensorDigest>> writeHdf5(AtomicFile& file,
                                            const FileContents& contents,
                                            const WriteTensors& write) {
    const std::string where = file.target().string();
    Structure structure;
    const auto places = structure.make(contents, where);
    if (!places)
        return std::unexpected(places.error());
    if (auto done = file.resize(structure.pages().size()); !done)
        return std::unexpected(done.error());
    auto digests = write(*places);
    if (!digests)
        return digests;
    if (auto done = structure.finish(contents.metadataWith(*digests), where); !done)
        return std::unexpected(done.error());
    // Closing gives back what was set aside and not used.
    if (auto done = file.resize(structure.pages().size()); !done)
        return std::unexpected(done.error());
    if (auto done = writePages(file, structure.pages(), contents.tensors, *places); !done)
        return std::unexpected(done.error());
    return digests;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/AtomicFile.h"
#include "core/checkpoint/FormatWriters.h"
#include "core/checkpoint/Hdf5Image.h"
#include "core/checkpoint/Hdf5Lock.h"
#include "core/checkpoint/Hdf5Types.h"

#include <algorithm>
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

bool writeTensor(hid_t file, const std::string& name, const HostTensor& tensor) {
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
    const Hdf5Handle dataset(H5Dcreate2(file, name.c_str(), type, space, link, made, H5P_DEFAULT),
                             H5Dclose);
    if (!dataset.isValid())
        return false;
    if (!tensor.bytes.empty() &&
        H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.bytes.data()) < 0)
        return false;
    return !needsTypeAttribute(tensor.dtype) ||
           writeText(dataset, hdf5TypeAttribute, std::string(dtypeName(tensor.dtype)));
}

/// The whole file as bytes in memory.
Result<std::vector<std::byte>> image(const std::string& where,
                                     const StateDict& tensors,
                                     const Metadata& metadata) {
    const std::scoped_lock lock(hdf5Mutex());
    const Hdf5Silence silence;
    const auto growth =
        static_cast<std::size_t>(std::clamp<std::int64_t>(tensors.bytes() / 4, 1 << 16, 1 << 26));
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_core(access, growth, false);
    H5Pset_libver_bounds(
        access, H5F_LIBVER_V18, H5F_LIBVER_LATEST); // attributes beyond 64 KiB, groups in order
    const Hdf5Handle made(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_link_creation_order(made, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(made, false);
    const Hdf5Handle file(H5Fcreate("heirloom-in-memory.h5", H5F_ACC_TRUNC, made, access),
                          H5Fclose);
    if (!file.isValid())
        return fail(where, "the HDF5 library could not begin a file in memory");
    for (const auto& [name, tensor] : tensors.entries()) {
        if (!isPath(name))
            return std::unexpected(
                Error{where,
                      fmt::format("HDF5 cannot hold a tensor under the name '{}'", name),
                      "Choose safetensors or PyTorch"});
        if (!writeTensor(file, name, tensor))
            return fail(where, "the HDF5 library could not write the tensor '{}'", name);
    }
    for (const auto& [key, value] : metadata)
        if (!writeText(file, key.c_str(), value))
            return fail(where, "the HDF5 library could not write the attribute '{}'", key);
    return hdf5Image(file, where);
}

} // namespace

Status writeHdf5(const std::filesystem::path& path,
                 const StateDict& tensors,
                 const Metadata& metadata) {
    const auto bytes = image(path.string(), tensors, metadata);
    if (!bytes)
        return std::unexpected(bytes.error());
    return writeFile(path, *bytes);
}

} // namespace heirloom

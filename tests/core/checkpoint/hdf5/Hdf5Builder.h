// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/hdf5/Hdf5Handle.h"

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom::test {

/// A file that is being made with the HDF5 library itself; whole once this is destroyed.
struct Hdf5Builder {
    explicit Hdf5Builder(const std::filesystem::path& path, hid_t made = H5P_DEFAULT)
        : file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, made, H5P_DEFAULT), H5Fclose) {}

    [[nodiscard]] static Hdf5Handle space(const std::vector<hsize_t>& sizes) {
        return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
    }
    [[nodiscard]] Hdf5Handle group(const std::string& name, hid_t in = -1) const {
        return {H5Gcreate2(in < 0 ? static_cast<hid_t>(file) : in,
                           name.c_str(),
                           H5P_DEFAULT,
                           H5P_DEFAULT,
                           H5P_DEFAULT),
                H5Gclose};
    }
    Hdf5Handle dataset(const std::string& name,
                       hid_t type,
                       const std::vector<hsize_t>& sizes,
                       hid_t made = H5P_DEFAULT) const {
        return {H5Dcreate2(file, name.c_str(), type, space(sizes), H5P_DEFAULT, made, H5P_DEFAULT),
                H5Dclose};
    }
    /// 32-bit floats 0, 1, 2, ...
    Hdf5Handle floats(const std::string& name,
                      const std::vector<hsize_t>& sizes,
                      hid_t made = H5P_DEFAULT) const {
        std::size_t count = 1;
        for (const hsize_t size : sizes)
            count *= size;
        std::vector<float> values(count);
        for (std::size_t i = 0; i < count; ++i)
            values[i] = static_cast<float>(i);
        Hdf5Handle set = dataset(name, H5T_IEEE_F32LE, sizes, made);
        H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        return set;
    }
    /// Stored in parts of `sizes`.
    [[nodiscard]] static Hdf5Handle chunked(const std::vector<hsize_t>& sizes) {
        Hdf5Handle made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_chunk(made, static_cast<int>(sizes.size()), sizes.data());
        return made;
    }

    Hdf5Handle file;
};

/// The first place of `from` in the file becomes `to`, of the same length; false where it is not
/// there.
bool patch(const std::filesystem::path& path, std::string_view from, std::string_view to);
/// Bytes from `at` on become `to`.
void overwrite(const std::filesystem::path& path, std::size_t at, std::string_view to);

} // namespace heirloom::test

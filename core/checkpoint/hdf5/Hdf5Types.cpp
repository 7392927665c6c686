// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Types.h"

#include "core/checkpoint/hdf5/Hdf5Lock.h"

#include <cstdint>

namespace heirloom {

std::mutex& hdf5Mutex() {
    static std::mutex mutex;
    return mutex;
}

Hdf5Handle hdf5TypeOf(DType dtype) {
    const auto copy = [](hid_t type) { return Hdf5Handle(H5Tcopy(type), H5Tclose); };
    switch (dtype) {
    case DType::F64:
        return copy(H5T_IEEE_F64LE);
    case DType::F32:
        return copy(H5T_IEEE_F32LE);
    case DType::F16: {
        Hdf5Handle half = copy(H5T_IEEE_F32LE);
        H5Tset_fields(half, 15, 10, 5, 0, 10);
        H5Tset_size(half, 2);
        H5Tset_ebias(half, 15);
        return half;
    }
    case DType::I64:
        return copy(H5T_STD_I64LE);
    case DType::I32:
        return copy(H5T_STD_I32LE);
    case DType::I16:
        return copy(H5T_STD_I16LE);
    case DType::I8:
        return copy(H5T_STD_I8LE);
    case DType::U64:
        return copy(H5T_STD_U64LE);
    case DType::U32:
        return copy(H5T_STD_U32LE);
    case DType::BF16:
    case DType::U16:
        return copy(H5T_STD_U16LE);
    case DType::Bool: {
        Hdf5Handle truth(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
        const std::int8_t no = 0;
        const std::int8_t yes = 1;
        H5Tenum_insert(truth, "FALSE", &no);
        H5Tenum_insert(truth, "TRUE", &yes);
        return truth;
    }
    default:
        return copy(H5T_STD_U8LE);
    }
}

} // namespace heirloom

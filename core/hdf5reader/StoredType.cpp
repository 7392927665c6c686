// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/StoredType.h"

#include <cstdint>
#include <cstring>

namespace heirloom {
namespace {

DType wholeNumber(std::size_t size, bool isSigned) {
    switch (size) {
    case 1:
        return isSigned ? DType::I8 : DType::U8;
    case 2:
        return isSigned ? DType::I16 : DType::U16;
    case 4:
        return isSigned ? DType::I32 : DType::U32;
    case 8:
        return isSigned ? DType::I64 : DType::U64;
    default:
        return DType::Unsupported;
    }
}

/// Whether the bits of the float are IEEE's for its size, in either byte order.
bool isIeee(hid_t type, std::size_t size) {
    std::size_t sign = 0;
    std::size_t exponentAt = 0;
    std::size_t exponentBits = 0;
    std::size_t fractionAt = 0;
    std::size_t fractionBits = 0;
    if (H5Tget_fields(type, &sign, &exponentAt, &exponentBits, &fractionAt, &fractionBits) < 0)
        return false;
    const std::size_t wanted = size == 2 ? 10 : size == 4 ? 23 : 52;
    const std::size_t bias = size == 2 ? 15 : size == 4 ? 127 : 1023;
    return H5Tget_precision(type) == size * 8 && H5Tget_offset(type) == 0 && fractionAt == 0 &&
           fractionBits == wanted && exponentAt == wanted &&
           exponentBits == size * 8 - 1 - wanted && sign == size * 8 - 1 &&
           H5Tget_ebias(type) == bias && H5Tget_norm(type) == H5T_NORM_IMPLIED;
}

bool isTruthValue(hid_t type) {
    if (H5Tget_nmembers(type) != 2 || H5Tget_size(type) != 1)
        return false;
    for (unsigned i = 0; i < 2; ++i) {
        std::int8_t value = -1;
        char* name = H5Tget_member_name(type, i);
        const bool fits = name != nullptr && H5Tget_member_value(type, i, &value) >= 0 &&
                          ((value == 0 && std::strcmp(name, "FALSE") == 0) ||
                           (value == 1 && std::strcmp(name, "TRUE") == 0));
        H5free_memory(name);
        if (!fits)
            return false;
    }
    return true;
}

} // namespace

DType dtypeOfHdf5(hid_t type) {
    const std::size_t size = H5Tget_size(type);
    const H5T_order_t order = H5Tget_order(type);
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        if ((size != 2 && size != 4 && size != 8) || !isIeee(type, size) ||
            (order != H5T_ORDER_LE && order != H5T_ORDER_BE))
            return DType::Unsupported;
        return size == 2 ? DType::F16 : size == 4 ? DType::F32 : DType::F64;
    case H5T_INTEGER:
        if (H5Tget_precision(type) != size * 8 || H5Tget_offset(type) != 0 ||
            (order != H5T_ORDER_LE && order != H5T_ORDER_BE))
            return DType::Unsupported;
        return wholeNumber(size, H5Tget_sign(type) == H5T_SGN_2);
    case H5T_ENUM:
        return isTruthValue(type) ? DType::Bool : DType::Unsupported;
    default:
        return DType::Unsupported;
    }
}

} // namespace heirloom

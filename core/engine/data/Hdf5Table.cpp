// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/data/Hdf5Table.h"

#include <cstring>

namespace heirloom::hdf5 {

std::mutex& libraryMutex() {
    static std::mutex mutex;
    return mutex;
}

bool isInside(hid_t file, const std::string& path) {
    for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        H5L_info_t info;
        if (H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0 ||
            H5Lget_info(file, part.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
            return false;
        if (end == std::string::npos)
            return true;
    }
}

/// of the machine.
std::optional<Table> openTable(hid_t file, const std::string& path) {
    if (!isInside(file, path))
        return std::nullopt;
    Table table;
    table.dataset = Handle(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (!table.dataset)
        return std::nullopt;
    const Handle properties(H5Dget_create_plist(table.dataset.id()), H5Pclose);
    const Handle space(H5Dget_space(table.dataset.id()), H5Sclose);
    const Handle type(H5Dget_type(table.dataset.id()), H5Tclose);
    const int rank = H5Sget_simple_extent_ndims(space.id());
    if (H5Pget_external_count(properties.id()) != 0 ||
        H5Pget_layout(properties.id()) == H5D_VIRTUAL || rank < 0 || rank > 8)
        return std::nullopt;
    table.shape.resize(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space.id(), table.shape.data(), nullptr);
    table.kind = H5Tget_class(type.id());
    table.elementSize = H5Tget_size(type.id());
    return table;
}

std::vector<double> attributeNumbers(hid_t file, const char* name) {
    if (H5Aexists(file, name) <= 0)
        return {};
    const Handle attribute(H5Aopen(file, name, H5P_DEFAULT), H5Aclose);
    const Handle space(H5Aget_space(attribute.id()), H5Sclose);
    const Handle type(H5Aget_type(attribute.id()), H5Tclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space.id());
    const H5T_class_t kind = H5Tget_class(type.id());
    if (count < 1 || count > 3 || (kind != H5T_FLOAT && kind != H5T_INTEGER))
        return {};
    std::vector<double> values(static_cast<std::size_t>(count));
    if (H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, values.data()) < 0)
        return {};
    return values;
}

std::vector<std::string> stringsOf(const Table& table, hsize_t most) {
    constexpr std::size_t kLongest = 1024;
    if (table.kind != H5T_STRING || table.shape.size() != 1 || table.shape[0] > most)
        return {};
    const Handle stored(H5Dget_type(table.dataset.id()), H5Tclose);
    if (H5Tis_variable_str(stored.id()) != 0 || table.elementSize == 0 ||
        table.elementSize > kLongest)
        return {};
    std::vector<char> bytes(static_cast<std::size_t>(table.shape[0]) * table.elementSize);
    if (H5Dread(table.dataset.id(), stored.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
        return {};
    std::vector<std::string> words;
    for (std::size_t i = 0; i < static_cast<std::size_t>(table.shape[0]); ++i) {
        const char* word = bytes.data() + i * table.elementSize;
        words.emplace_back(word, strnlen(word, table.elementSize));
    }
    return words;
}

} // namespace heirloom::hdf5

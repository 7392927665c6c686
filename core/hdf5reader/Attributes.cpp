// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/Attributes.h"

#include "core/checkpoint/hdf5/Hdf5Handle.h"

#include <algorithm>
#include <vector>

namespace heirloom {

std::optional<std::string> textAttribute(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0)
        return std::nullopt;
    const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
    if (!attribute.isValid())
        return std::nullopt;
    const Hdf5Handle type(H5Aget_type(attribute), H5Tclose);
    const Hdf5Handle space(H5Aget_space(attribute), H5Sclose);
    if (!type.isValid() || !space.isValid() || H5Tget_class(type) != H5T_STRING ||
        H5Tis_variable_str(type) != 0 || H5Sget_simple_extent_type(space) != H5S_SCALAR)
        return std::nullopt;
    const std::size_t size = H5Tget_size(type);
    if (size > hdf5wire::longestText || H5Aget_storage_size(attribute) < size)
        return std::nullopt;
    std::string text(size, '\0');
    if (H5Aread(attribute, type, text.data()) < 0)
        return std::nullopt;
    if (H5Tget_strpad(type) != H5T_STR_SPACEPAD)
        text.resize(std::min(text.find('\0'), text.size()));
    return text;
}

void sendAttributes(hid_t root, Channel& channel) {
    std::vector<std::string> names;
    hsize_t position = 0;
    H5Aiterate2(
        root,
        H5_INDEX_NAME,
        H5_ITER_INC,
        &position,
        [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
            auto& found = *static_cast<std::vector<std::string>*>(data);
            if (found.size() >= 10000)
                return 1;
            found.emplace_back(name);
            return 0;
        },
        &names);
    for (const std::string& name : names)
        if (name.size() < 65536)
            if (const auto text = textAttribute(root, name.c_str()))
                channel.send(hdf5wire::Frame::Attribute,
                             hdf5wire::Packer().addText(name).addText(*text));
}

} // namespace heirloom

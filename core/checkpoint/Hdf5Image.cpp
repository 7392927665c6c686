// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/Hdf5Image.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace heirloom {
namespace {

/// Bob Jenkins' lookup3 "hashlittle" with a start value of 0, HDF5's checksum for metadata. Source:
/// burtleburtle.net/bob/c/lookup3.c (public domain).
std::uint32_t lookup3(std::span<const std::byte> bytes) {
    std::uint32_t a = 0xdeadbeef + static_cast<std::uint32_t>(bytes.size());
    std::uint32_t b = a;
    std::uint32_t c = a;
    const auto word = [](std::span<const std::byte> from, std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4 && at + i < from.size(); ++i)
            value |= std::to_integer<std::uint32_t>(from[at + i]) << (8 * i);
        return value;
    };
    for (; bytes.size() > 12; bytes = bytes.subspan(12)) {
        a += word(bytes, 0);
        b += word(bytes, 4);
        c += word(bytes, 8);
        a -= c, a ^= std::rotl(c, 4), c += b;
        b -= a, b ^= std::rotl(a, 6), a += c;
        c -= b, c ^= std::rotl(b, 8), b += a;
        a -= c, a ^= std::rotl(c, 16), c += b;
        b -= a, b ^= std::rotl(a, 19), a += c;
        c -= b, c ^= std::rotl(b, 4), b += a;
    }
    if (bytes.empty())
        return c;
    a += word(bytes, 0);
    b += word(bytes, 4);
    c += word(bytes, 8);
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
    return c;
}

/// HDF5 1.10 clears the "open for writing" flag in the image but leaves the checksum of the block
/// that holds it as it was.
void mendSuperblock(std::vector<std::byte>& image) {
    constexpr std::size_t checksumAt = 44; // with 8-byte offsets and lengths
    const bool hasChecksum = image.size() >= checksumAt + 4 &&
                             (image[8] == std::byte{2} || image[8] == std::byte{3}) &&
                             image[9] == std::byte{8};
    if (!hasChecksum)
        return;
    const std::uint32_t checksum = lookup3(std::span(image).first(checksumAt));
    std::memcpy(image.data() + checksumAt, &checksum, sizeof(checksum));
}

} // namespace

Result<std::vector<std::byte>> hdf5Image(hid_t file, const std::string& where) {
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
        return fail(where, "the HDF5 library could not finish the file");
    const ssize_t size = H5Fget_file_image(file, nullptr, 0);
    if (size <= 0)
        return fail(where, "the HDF5 library could not hand the file over");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    if (H5Fget_file_image(file, bytes.data(), bytes.size()) != size)
        return fail(where, "the HDF5 library could not hand the file over");
    mendSuperblock(bytes);
    return bytes;
}

} // namespace heirloom

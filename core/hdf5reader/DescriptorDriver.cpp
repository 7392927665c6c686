// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hdf5reader/DescriptorDriver.h"

#include <cerrno>
#include <cstdint>

#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace heirloom {
namespace {

int fileToRead = -1;
haddr_t fileSize = 0; // asked for before system calls are sealed off
bool isOpen = false;

struct DescriptorFile {
    H5FD_t base{}; ///< first: HDF5 sees only this
    int descriptor = -1;
    haddr_t end = 0;       ///< of the file
    haddr_t allocated = 0; ///< of what HDF5 believes to be in use
};

DescriptorFile* mine(H5FD_t* file) { return reinterpret_cast<DescriptorFile*>(file); }
const DescriptorFile* mine(const H5FD_t* file) {
    return reinterpret_cast<const DescriptorFile*>(file);
}

H5FD_t* openDescriptor(const char*, unsigned flags, hid_t, haddr_t) {
    if (isOpen || (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT | H5F_ACC_TRUNC)) != 0)
        return nullptr;
    auto* file = new DescriptorFile;
    file->descriptor = fileToRead;
    file->end = fileSize;
    isOpen = true;
    return &file->base;
}

herr_t closeDescriptor(H5FD_t* file) {
    delete mine(file);
    isOpen = false;
    return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
    if (flags != nullptr)
        *flags = H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_ACCUMULATE_METADATA;
    return 0;
}

haddr_t allocatedEnd(const H5FD_t* file, H5FD_mem_t) { return mine(file)->allocated; }

herr_t setAllocatedEnd(H5FD_t* file, H5FD_mem_t, haddr_t end) {
    mine(file)->allocated = end;
    return 0;
}

haddr_t fileEnd(const H5FD_t* file, H5FD_mem_t) { return mine(file)->end; }

herr_t readBytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* to) {
    const DescriptorFile& from = *mine(file);
    if (at > from.end || size > from.end - at)
        return -1;
    auto* out = static_cast<char*>(to);
    while (size > 0) {
        const ssize_t got = ::pread(from.descriptor, out, size, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        out += got;
        at += static_cast<haddr_t>(got);
        size -= static_cast<std::size_t>(got);
    }
    return 0;
}

herr_t writeNothing(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*) { return -1; }

H5FD_class_t driverClass() {
    H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = static_cast<H5FD_class_value_t>(300); // of those left to programs
#endif
    driver.name = "heirloom_descriptor";
    driver.maxaddr = INT64_MAX;
    driver.fc_degree = H5F_CLOSE_STRONG;
    driver.open = openDescriptor;
    driver.close = closeDescriptor;
    driver.query = query;
    driver.get_eoa = allocatedEnd;
    driver.set_eoa = setAllocatedEnd;
    driver.get_eof = fileEnd;
    driver.read = readBytes;
    driver.write = writeNothing;
    constexpr H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    for (std::size_t i = 0; i < H5FD_MEM_NTYPES; ++i)
        driver.fl_map[i] = map[i];
    return driver;
}

} // namespace

hid_t descriptorAccess(int descriptor) {
    static const H5FD_class_t driver = driverClass();
    struct stat found{};
    if (::fstat(descriptor, &found) != 0)
        return -1;
    fileToRead = descriptor;
    fileSize = static_cast<haddr_t>(found.st_size);
    const hid_t id = H5FDregister(&driver);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (id < 0 || access < 0 || H5Pset_driver(access, id, nullptr) < 0 ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0)
        return -1;
    return access;
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/hdf5/Hdf5Sparse.h"

#include <algorithm>
#include <cstring>
#include <new>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace heirloom {
namespace {

/// What the access properties carry.
struct PagesInfo {
    Hdf5Pages* pages;
};

struct PagesFile {
    H5FD_t base{}; ///< first: HDF5 sees only this
    Hdf5Pages* pages = nullptr;
};

PagesFile* mine(H5FD_t* file) { return reinterpret_cast<PagesFile*>(file); }
const PagesFile* mine(const H5FD_t* file) { return reinterpret_cast<const PagesFile*>(file); }

H5FD_t* openPages(const char*, unsigned, hid_t access, haddr_t) {
    const auto* info = static_cast<const PagesInfo*>(H5Pget_driver_info(access));
    if (!info)
        return nullptr;
    auto* file = new (std::nothrow) PagesFile;
    if (!file)
        return nullptr;
    file->pages = info->pages;
    return &file->base;
}

herr_t closePages(H5FD_t* file) {
    delete mine(file);
    return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
    if (flags != nullptr)
        *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
                 H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

haddr_t endOf(const H5FD_t* file, H5FD_mem_t) { return mine(file)->pages->size(); }

herr_t setEnd(H5FD_t* file, H5FD_mem_t, haddr_t end) {
    mine(file)->pages->setSize(end);
    return 0;
}

herr_t readPages(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* to) {
    mine(file)->pages->read(at, {static_cast<std::byte*>(to), size});
    return 0;
}

herr_t writePages(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, const void* from) {
    try {
        mine(file)->pages->write(at, {static_cast<const std::byte*>(from), size});
        return 0;
    } catch (const std::bad_alloc&) {
        return -1; // nothing may be thrown through the library
    }
}

H5FD_class_t driverClass() {
    H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = static_cast<H5FD_class_value_t>(301); // of those left to programs
#endif
    driver.name = "heirloom_pages";
    driver.maxaddr = INT64_MAX;
    driver.fc_degree = H5F_CLOSE_STRONG;
    driver.fapl_size = sizeof(PagesInfo);
    driver.open = openPages;
    driver.close = closePages;
    driver.query = query;
    driver.get_eoa = endOf;
    driver.set_eoa = setEnd;
    driver.get_eof = endOf;
    driver.read = readPages;
    driver.write = writePages;
    constexpr H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    for (std::size_t i = 0; i < H5FD_MEM_NTYPES; ++i)
        driver.fl_map[i] = map[i];
    return driver;
}

} // namespace

void Hdf5Pages::write(std::uint64_t at, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::uint64_t inside = at % pageBytes;
        const auto count = std::min<std::size_t>(bytes.size(), pageBytes - inside);
        auto& page = m_pages[at / pageBytes];
        if (!page) {
            page = std::make_unique<std::array<std::byte, pageBytes>>();
            page->fill(std::byte{0});
        }
        std::ranges::copy(bytes.first(count), page->begin() + static_cast<std::ptrdiff_t>(inside));
        at += count;
        bytes = bytes.subspan(count);
    }
}

void Hdf5Pages::read(std::uint64_t at, std::span<std::byte> out) const {
    while (!out.empty()) {
        const std::uint64_t inside = at % pageBytes;
        const auto count = std::min<std::size_t>(out.size(), pageBytes - inside);
        const auto page = m_pages.find(at / pageBytes);
        if (page == m_pages.end())
            std::ranges::fill(out.first(count), std::byte{0});
        else
            std::copy_n(
                page->second->begin() + static_cast<std::ptrdiff_t>(inside), count, out.begin());
        at += count;
        out = out.subspan(count);
    }
}

hid_t hdf5PagesAccess(Hdf5Pages& pages) {
    static const H5FD_class_t driver = driverClass();
    static const hid_t id = H5FDregister(&driver);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    const PagesInfo info{&pages};
    if (id < 0 || access < 0 || H5Pset_driver(access, id, &info) < 0 ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0)
        return -1;
    return access;
}

} // namespace heirloom

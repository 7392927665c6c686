// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <hdf5.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heirloom::hdf5 {

/// Held during every call: not every HDF5 library is built for threads.
[[nodiscard]] std::mutex& libraryMutex();

/// Keeps HDF5 from printing; errors become sentences here.
class Quiet {
public:
    Quiet() {
        H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~Quiet() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

private:
    H5E_auto2_t m_function = nullptr;
    void* m_data = nullptr;
};

/// An open object of HDF5, closed with it.
class Handle {
public:
    Handle() = default;
    Handle(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
    Handle(Handle&& other) noexcept : m_id(std::exchange(other.m_id, -1)), m_close(other.m_close) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(m_id, other.m_id);
        std::swap(m_close, other.m_close);
        return *this;
    }
    ~Handle() {
        if (m_id >= 0)
            m_close(m_id);
    }
    [[nodiscard]] hid_t id() const { return m_id; }
    explicit operator bool() const { return m_id >= 0; }

private:
    hid_t m_id = -1;
    herr_t (*m_close)(hid_t) = nullptr;
};

/// A dataset, its shape and the kind of its elements.
struct Table {
    Handle dataset;
    std::vector<hsize_t> shape;
    H5T_class_t kind = H5T_NO_CLASS;
    std::size_t elementSize = 0;
};

/// Whether `path` leads by hard links only to an object inside of this file.
[[nodiscard]] bool isInside(hid_t file, const std::string& path);

/// Empty unless the data lies in the file itself: external and virtual storage could name any file
/// of the machine.
[[nodiscard]] std::optional<Table> openTable(hid_t file, const std::string& path);

/// One to three numbers of an attribute of the root; empty when there is none.
[[nodiscard]] std::vector<double> attributeNumbers(hid_t file, const char* name);

/// Fixed-length strings of a table of one axis; empty when it holds anything else or more than
/// `most`.
[[nodiscard]] std::vector<std::string> stringsOf(const Table& table, hsize_t most);

} // namespace heirloom::hdf5

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <hdf5.h>

#include <utility>

namespace heirloom {

/// Owns one id of the HDF5 library and the function that closes it.
class Hdf5Handle {
public:
    using Close = herr_t (*)(hid_t);

    Hdf5Handle() = default;
    Hdf5Handle(hid_t id, Close close) : m_id(id), m_close(close) {}
    Hdf5Handle(Hdf5Handle&& other) noexcept
        : m_id(std::exchange(other.m_id, -1)), m_close(other.m_close) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
        std::swap(m_id, other.m_id);
        std::swap(m_close, other.m_close);
        return *this;
    }
    ~Hdf5Handle() {
        if (m_id >= 0)
            m_close(m_id);
    }

    /// Leaves the closing to the caller.
    [[nodiscard]] hid_t release() { return std::exchange(m_id, -1); }
    [[nodiscard]] bool isValid() const { return m_id >= 0; }
    operator hid_t() const {
        return m_id;
    } // NOLINT(google-explicit-constructor): it stands for the id in HDF5's own calls

private:
    hid_t m_id = -1;
    Close m_close = nullptr;
};

/// Keeps the HDF5 library from printing its errors while it lives. \pre hdf5Mutex() is held
class Hdf5Silence {
public:
    Hdf5Silence() {
        H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    Hdf5Silence(const Hdf5Silence&) = delete;
    Hdf5Silence& operator=(const Hdf5Silence&) = delete;
    ~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }

private:
    H5E_auto2_t m_function = nullptr;
    void* m_data = nullptr;
};

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace heirloom::test {

/// A bad HDF5 file and what must become of it.
struct HostileHdf5 {
    enum class Verdict {
        Refused, ///< with `words` in the error
        Noted,   ///< opened, with `words` in the notes
        Clean,   ///< opened; what it lists can be read
        Unread   ///< opened; reading all of it fails with `words` in the error
    };
    std::string name;
    Verdict verdict;
    std::string words;
    std::function<void(const std::filesystem::path&)> make;
    std::string limit{}; ///< "hdf5_objects=10"; empty for the standard ones
};

inline void PrintTo(const HostileHdf5& row, std::ostream* out) { *out << row.name; }

/// Links, names, storage, types, shapes, attributes, limits: made by the library as it may.
[[nodiscard]] std::vector<HostileHdf5> unusualHdf5Files();
/// Files whose bytes were changed by hand.
[[nodiscard]] std::vector<HostileHdf5> damagedHdf5Files();

} // namespace heirloom::test

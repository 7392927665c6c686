// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checkpoint/hdf5/Hdf5Builder.h"
#include "tests/core/checkpoint/hdf5/HostileHdf5Rows.h"

#include <fstream>
#include <stdexcept>

namespace heirloom::test {
namespace {

using namespace std::string_literals;
using Path = std::filesystem::path;
using V = HostileHdf5::Verdict;

/// Two plain tensors, one in a group; old format, superblock version 0.
void makePlain(const Path& path) {
    const Hdf5Builder file(path);
    file.floats("w", {5, 7});
    const auto group = file.group("g");
    file.floats("g/v", {11});
}

/// One tensor in deflated, checksummed chunks of 7.
void makePacked(const Path& path) {
    const Hdf5Builder file(path);
    const Hdf5Handle set = Hdf5Builder::chunked({7});
    H5Pset_fletcher32(set);
    file.floats("packed", {21}, set);
}

using Change = std::function<void(const Path&)>;

std::function<void(const Path&)> then(void (*make)(const Path&), Change change) {
    return [=](const Path& path) {
        make(path);
        change(path);
    };
}

Change at(std::size_t place, std::string bytes) {
    return [=](const Path& path) { overwrite(path, place, bytes); };
}

Change swap(std::string from, std::string to) {
    return [=](const Path& path) {
        if (!patch(path, from, to))
            throw std::logic_error("nothing to change in " + path.string());
    };
}

Change cut(double part) {
    return [=](const Path& path) {
        std::filesystem::resize_file(
            path, static_cast<std::uintmax_t>(part * static_cast<double>(file_size(path))));
    };
}

const std::string far = "\xff\xff\xff\xff\xff\xff\xff\x7f"s;

} // namespace

std::vector<HostileHdf5> damagedHdf5Files() {
    const std::string cannotOpen = "the HDF5 library cannot open it";
    const std::string unknown = "no checkpoint of a known kind";
    return {
        {"CutInHalf", V::Refused, cannotOpen, then(makePlain, cut(0.5))},
        {"CutBeforeItsEnd", V::Refused, cannotOpen, then(makePlain, cut(0.98))},
        {"SignatureAlone",
         V::Refused,
         cannotOpen,
         then(makePlain, [](const Path& path) { std::filesystem::resize_file(path, 8); })},
        {"SignatureGone", V::Refused, unknown, then(makePlain, at(0, "\0"s))},
        {"SuperblockVersionUnknown", V::Refused, cannotOpen, then(makePlain, at(8, "\x63"s))},
        {"OffsetsOfNoBytes", V::Refused, cannotOpen, then(makePlain, at(13, "\0"s))},
        {"OffsetsOfManyBytes", V::Refused, cannotOpen, then(makePlain, at(13, "\xff"s))},
        {"LengthsOfNoBytes", V::Refused, cannotOpen, then(makePlain, at(14, "\0"s))},
        {"BaseFarAway", V::Refused, cannotOpen, then(makePlain, at(24, far))},
        {"EndFarAway", V::Refused, cannotOpen, then(makePlain, at(40, far))},
        {"EndAtTheStart", V::Refused, cannotOpen, then(makePlain, at(40, "\0\0\0\0\0\0\0\0"s))},
        {"RootFarAway", V::Refused, cannotOpen, then(makePlain, at(64, far))},
        {"TreeGone", V::Refused, "HDF5", then(makePlain, swap("TREE", "LEAF"))},
        {"TreeOfManyLevels", V::Refused, "HDF5", then(makePlain, swap("TREE\0\0"s, "TREE\0\xff"s))},
        {"TreeOfAnotherKind", V::Refused, "HDF5", then(makePlain, swap("TREE\0"s, "TREE\x01"s))},
        {"TreeOfManyEntries",
         V::Refused,
         "HDF5",
         then(makePlain, swap("TREE\0\0\x01\0"s, "TREE\0\0\xff\xff"s))},
        {"HeapGone", V::Refused, "HDF5", then(makePlain, swap("HEAP", "PILE"))},
        {"HeapLargerThanTheFile",
         V::Refused,
         "HDF5",
         then(makePlain, swap("HEAP\0\0\0\0\x58\0\0\0\0"s, "HEAP\0\0\0\0\x58\0\0\0\x7f"s))},
        {"EntriesGone", V::Refused, "HDF5", then(makePlain, swap("SNOD", "DONS"))},
        {"EntriesWithoutNumber",
         V::Refused,
         "HDF5",
         then(makePlain, swap("SNOD\x01\0\x02\0"s, "SNOD\x01\0\xff\xff"s))},
        {"TwoTensorsOfOneName", V::Refused, "both called", then(makePlain, swap("g\0"s, "w\0"s))},
        {"NameWithASlash", V::Noted, "impossible name", then(makePlain, swap("v\0"s, "/\0"s))},
        {"NameOfADot", V::Noted, "impossible name", then(makePlain, swap("v\0"s, ".\0"s))},
        {"ChunksOfNoElements",
         V::Refused,
         "HDF5",
         then(makePacked, swap("\x07\0\0\0\x04\0\0\0"s, "\0\0\0\0\x04\0\0\0"s))},
        {"ChunksOfManyElements",
         V::Refused,
         "HDF5",
         then(makePacked, swap("\x07\0\0\0\x04\0\0\0"s, "\xff\xff\xff\x7f\x04\0\0\0"s))},
        {"ElementsDamaged",
         V::Unread,
         "cannot be read",
         then(makePacked, swap("\0\0\x80\x3f"s, "\0\0\x80\x3e"s))},
    };
}

} // namespace heirloom::test

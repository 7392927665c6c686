// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Error.h"
#include "core/checkpoint/Checkpoint.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heirloom::test {

// Files made byte by byte, so that a test can break any of them in one place.

/// Little-endian bytes of a number.
[[nodiscard]] std::string number(std::uint64_t value, int bytes);

/// Length, header, data.
[[nodiscard]] std::string safetensorsFile(std::string_view header, std::size_t dataSize = 0);

/// One record of a zip; the fields are what a test may want to lie about.
struct ZipRecord {
    std::string name;
    std::string data;
    std::uint16_t method = 0;
    std::uint16_t flags = 0;
    std::string localName = {};    ///< `name` when empty
    std::int64_t sizeLie = 0;      ///< added to both sizes in the directory
    std::int64_t unpackedLie = 0;  ///< added to the unpacked size, in directory and local header
    std::int64_t offsetLie = 0;    ///< added to the place of the local header
    std::uint32_t crcLie = 0;      ///< xor on the CRC in both headers
    std::uint32_t localCrcLie = 0; ///< xor on the CRC in the local header
};

struct ZipLies {
    std::int64_t count = 0;          ///< added to the number of entries in the end record
    std::int64_t directoryBegin = 0; ///< added to the directory's place
    std::string comment = {};
    bool hasEnd = true;
};

[[nodiscard]] std::string zipFile(const std::vector<ZipRecord>& records, const ZipLies& lies = {});

/// A tensor in a pickle of protocol 2; every part can be replaced by instructions of one's own.
struct TensorPickle {
    std::string rebuilder = "ctorch._utils\n_rebuild_tensor_v2\n";
    std::string storageType = "ctorch\nFloatStorage\n";
    std::string key = "U\x01"
                      "0";
    std::string count = "K\x06";
    std::string view = {};        ///< legacy: a sixth part
    std::string offset = "K\x00"; ///< set by the constructor below, since it holds a NUL
    std::string shape = "K\x02K\x03\x86";
    std::string strides = "K\x03K\x01\x86";

    TensorPickle();
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] std::string shortText(std::string_view text);
[[nodiscard]] std::string integer(std::int64_t value);

/// The instructions of a dictionary (without those that begin and end a pickle): keys and values.
[[nodiscard]] std::string dictOf(const std::vector<std::pair<std::string, std::string>>& pairs);
/// {'w': tensor}
[[nodiscard]] std::string dictPickle(const std::string& tensor);
/// `pickle` beside six floats under data/0.
[[nodiscard]] std::string torchZip(const std::string& pickle, std::size_t storageBytes = 24);
/// A legacy stream around `pickle`; `tail` is the list of keys and what follows.
[[nodiscard]] std::string legacyHead();
[[nodiscard]] std::string legacyFile(const std::string& pickle);

[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openText(const std::string& bytes,
                                                                 const OpenOptions& options = {});

/// Opens, lists and reads all; whether it was refused does not matter, only that it comes back.
void openAndReadAll(const std::string& bytes);

} // namespace heirloom::test

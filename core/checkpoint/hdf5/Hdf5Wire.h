// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// What heirloom-hdf5-reader and the program that started it say to each other: frames over a
/// socket, each a FrameHead and `size` bytes. Both run on one machine, so numbers are as they lie
/// in memory. The program believes nothing that comes from the reader, which may have been taken
/// over by the file.
namespace heirloom::hdf5wire {

inline constexpr std::uint32_t version = 1;

/// Descriptors of the reader: the socket, the file (read only), the shared window.
inline constexpr int socketDescriptor = 3;
inline constexpr int fileDescriptor = 4;
inline constexpr int windowDescriptor = 5;

inline constexpr std::uint32_t mostPayload = std::uint32_t{17} << 20;
inline constexpr std::size_t longestText = std::size_t{16} << 20;
inline constexpr std::size_t mostAxes = 32; // HDF5's own limit

/// How the reader ends by itself.
inline constexpr int exitMisused = 2;
inline constexpr int exitOutOfMemory = 3;

enum class Frame : std::uint8_t {
    List = 1, ///< asks for Attribute and Dataset frames, then Done
    Read,     ///< asks for a Box of a dataset; the answer is Window
    Hello,    ///< u32 version, u8 whether system calls are sealed off
    Attribute,
    Dataset,
    Done,   ///< u64 links passed over, u64 datasets without plain numbers, u64 impossible names
    Window, ///< u64 bytes that now lie in the shared window
    Refused ///< u8 Refusal, text: the object's path without its first slash
};

enum class Refusal : std::uint8_t {
    CannotOpen = 1,
    RootGroup,
    GroupList,
    ObjectInfo,
    GroupOpen,
    DatasetOpen,
    NameNoText,
    NameTooLong,
    TooManyObjects,
    OutOfMemory,
    Elements,
    ChangedShape
};

enum class Layout : std::uint8_t { Compact = 1, Contiguous, Chunked, Elsewhere };

struct FrameHead {
    std::uint32_t size = 0;
    Frame kind{};
};

class Packer {
public:
    template <class T>
        requires std::is_trivially_copyable_v<T>
    Packer& add(T value) {
        const auto* bytes = reinterpret_cast<const char*>(&value);
        m_bytes.append(bytes, sizeof(T));
        return *this;
    }
    Packer& addText(std::string_view text) {
        add(static_cast<std::uint32_t>(text.size()));
        m_bytes.append(text);
        return *this;
    }
    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

private:
    std::string m_bytes;
};

/// Takes fields off the front; once one is not there, isWhole() is false and all are 0.
class Unpacker {
public:
    explicit Unpacker(std::string_view bytes) : m_bytes(bytes) {}
    template <class T>
        requires std::is_trivially_copyable_v<T>
    T take() {
        T value{};
        if (m_bytes.size() < sizeof(T)) {
            m_isWhole = false;
            m_bytes = {};
            return value;
        }
        std::memcpy(&value, m_bytes.data(), sizeof(T));
        m_bytes.remove_prefix(sizeof(T));
        return value;
    }
    std::string takeText() {
        const auto size = take<std::uint32_t>();
        if (size > m_bytes.size()) {
            m_isWhole = false;
            m_bytes = {};
            return {};
        }
        std::string text(m_bytes.substr(0, size));
        m_bytes.remove_prefix(size);
        return text;
    }
    /// Nothing was missing and nothing is left.
    [[nodiscard]] bool isWhole() const { return m_isWhole && m_bytes.empty(); }

private:
    std::string_view m_bytes;
    bool m_isWhole = true;
};

/// What the reader tells of a dataset of plain numbers; the program decides what may be read.
struct DatasetFacts {
    std::string name;
    std::uint8_t dtype = 0; ///< DType
    std::string written;    ///< the attribute "dtype", which tells BF16 from U16; mostly empty
    Layout layout = Layout::Elsewhere;
    std::uint8_t isBigEndian = 0;
    std::uint8_t isExternal = 0; ///< its elements lie in other files
    std::uint8_t hasFilters = 0;
    std::uint32_t oddFilter = 0;  ///< a filter other than deflate, shuffle, fletcher32; 0 for none
    std::uint64_t stored = 0;     ///< bytes in the file
    std::uint64_t offset = 0;     ///< of a contiguous one's first byte in the file; 0 for nowhere
    std::uint64_t chunkBytes = 0; ///< of one unpacked chunk
    std::vector<std::uint64_t> sizes;

    void pack(Packer& to) const {
        to.addText(name).add(dtype).addText(written).add(layout).add(isBigEndian).add(isExternal);
        to.add(hasFilters).add(oddFilter).add(stored).add(offset).add(chunkBytes);
        to.add(static_cast<std::uint8_t>(sizes.size()));
        for (const auto size : sizes)
            to.add(size);
    }
    void unpack(Unpacker& from) {
        name = from.takeText();
        dtype = from.take<std::uint8_t>();
        written = from.takeText();
        layout = from.take<Layout>();
        isBigEndian = from.take<std::uint8_t>();
        isExternal = from.take<std::uint8_t>();
        hasFilters = from.take<std::uint8_t>();
        oddFilter = from.take<std::uint32_t>();
        stored = from.take<std::uint64_t>();
        offset = from.take<std::uint64_t>();
        chunkBytes = from.take<std::uint64_t>();
        sizes.resize(from.take<std::uint8_t>());
        for (auto& size : sizes)
            size = from.take<std::uint64_t>();
    }
};

/// Elements [first, first + count) along each axis of a dataset, row-major little endian.
struct Box {
    std::string name;
    std::uint32_t elementSize = 0; ///< what the program will take from the window
    std::vector<std::uint64_t> first;
    std::vector<std::uint64_t> count;

    void pack(Packer& to) const {
        to.addText(name).add(elementSize).add(static_cast<std::uint8_t>(first.size()));
        for (std::size_t axis = 0; axis < first.size(); ++axis)
            to.add(first[axis]).add(count[axis]);
    }
    void unpack(Unpacker& from) {
        name = from.takeText();
        elementSize = from.take<std::uint32_t>();
        first.resize(from.take<std::uint8_t>());
        count.resize(first.size());
        for (std::size_t axis = 0; axis < first.size(); ++axis) {
            first[axis] = from.take<std::uint64_t>();
            count[axis] = from.take<std::uint64_t>();
        }
    }
};

} // namespace heirloom::hdf5wire

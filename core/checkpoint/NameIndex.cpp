// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/NameIndex.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

#include <sys/auxv.h>

namespace heirloom {
namespace {

using Key = std::array<std::uint64_t, 2>;

/// The kernel gives every process 16 random bytes.
const Key& processKey() {
    static const Key key = [] {
        Key made = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9};
        if (const auto address = ::getauxval(AT_RANDOM); address != 0)
            std::memcpy(made.data(), reinterpret_cast<const void*>(address), sizeof(made));
        made[0] |= 1;
        made[1] |= 1;
        return made;
    }();
    return key;
}

__extension__ using Wide = unsigned __int128;

/// Both halves of a 128-bit product folded together.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hashOf(std::string_view name) {
    const Key& key = processKey();
    std::uint64_t hash = key[0] ^ name.size();
    while (!name.empty()) {
        std::uint64_t word = 0;
        const std::size_t size = std::min(name.size(), sizeof(word));
        std::memcpy(&word, name.data(), size);
        hash = mixed(hash ^ word, key[1]) + key[0];
        name.remove_prefix(size);
    }
    return mixed(hash, key[0] ^ key[1] ^ 0x94d049bb133111eb);
}

} // namespace

NameIndex::NameIndex(std::span<const TensorInfo> tensors) {
    assert(tensors.size() < std::numeric_limits<std::uint32_t>::max());
    if (tensors.empty())
        return;
    m_slots.resize(std::bit_ceil(tensors.size() * 2));
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::uint64_t hash = hashOf(tensors[i].name);
        const auto mark = static_cast<std::uint32_t>(hash >> 32);
        std::size_t at = static_cast<std::size_t>(hash) & mask;
        bool isNew = true;
        for (; m_slots[at].place != 0 && isNew; at = (at + 1) & mask)
            isNew =
                m_slots[at].mark != mark || tensors[m_slots[at].place - 1].name != tensors[i].name;
        if (isNew)
            m_slots[at] = {static_cast<std::uint32_t>(i + 1), mark};
        else if (!m_repeated)
            m_repeated = i;
    }
}

std::optional<std::size_t> NameIndex::find(std::string_view name,
                                           std::span<const TensorInfo> tensors) const {
    if (m_slots.empty())
        return std::nullopt;
    const std::uint64_t hash = hashOf(name);
    const auto mark = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = m_slots.size() - 1;
    for (std::size_t at = static_cast<std::size_t>(hash) & mask; m_slots[at].place != 0;
         at = (at + 1) & mask)
        if (m_slots[at].mark == mark && tensors[m_slots[at].place - 1].name == name)
            return m_slots[at].place - 1;
    return std::nullopt;
}

} // namespace heirloom

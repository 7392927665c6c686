// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Random.h"

#include "core/base/PortableMath.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace heirloom {

std::uint64_t Random::next() {
    m_state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

std::uint64_t Random::below(std::uint64_t bound) {
    assert(bound > 0);
    // The first 2^64 mod bound values would come once too often.
    const std::uint64_t surplus = (0 - bound) % bound;
    std::uint64_t value = next();
    while (value < surplus)
        value = next();
    return value % bound;
}

double Random::normal() {
    const double radius = std::sqrt(-2.0 * portableLog(1.0 - uniform())); // 1 - u is never 0
    return radius * portableCos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::int64_t> Random::sample(std::int64_t size, std::int64_t count) {
    assert(0 <= count && count <= size);
    // Knuth's algorithm S: one pass, ascending by itself, each subset equally likely.
    std::vector<std::int64_t> chosen;
    chosen.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; static_cast<std::int64_t>(chosen.size()) < count; ++i) {
        const auto left = static_cast<std::uint64_t>(size - i);
        const auto wanted = static_cast<std::uint64_t>(count) - chosen.size();
        if (below(left) < wanted)
            chosen.push_back(i);
    }
    return chosen;
}

std::uint64_t fnv1a64(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

std::uint64_t seedFor(std::uint64_t seed, std::string_view name) {
    return Random(Random(seed).next() ^ fnv1a64(name)).next();
}

} // namespace heirloom

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace heirloom {

/// SplitMix64 (Steele, Lea, Flood 2014): small, seekable, equal on every machine. Not for secrets.
class Random {
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}

    [[nodiscard]] std::uint64_t next();
    /// Uniform in [0, 1), 53 bits.
    [[nodiscard]] double uniform();
    /// Uniform in [0, bound), without modulo bias. \pre bound > 0
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    /// Standard normal by Box-Muller in double precision, from portable functions alone.
    [[nodiscard]] double normal();
    /// `count` distinct values of [0, size), ascending. \pre count <= size
    [[nodiscard]] std::vector<std::int64_t> sample(std::int64_t size, std::int64_t count);

private:
    std::uint64_t m_state;
};

/// FNV-1a over the bytes of `text`.
[[nodiscard]] std::uint64_t fnv1a64(std::string_view text);

/// A seed for one named thing under a run's seed, so that adding a tensor does not change its
/// neighbours.
[[nodiscard]] std::uint64_t seedFor(std::uint64_t seed, std::string_view name);

} // namespace heirloom

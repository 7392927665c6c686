// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Sha256Blocks.h"

#include <bit>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace heirloom {
namespace {

alignas(16) constexpr std::array<std::uint32_t, 64> roundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void compressOne(std::array<std::uint32_t, 8>& state, const std::byte* bytes) {
    std::array<std::uint32_t, 64> w;
    for (std::size_t i = 0; i < 16; ++i)
        w[i] = std::to_integer<std::uint32_t>(bytes[4 * i]) << 24 |
               std::to_integer<std::uint32_t>(bytes[4 * i + 1]) << 16 |
               std::to_integer<std::uint32_t>(bytes[4 * i + 2]) << 8 |
               std::to_integer<std::uint32_t>(bytes[4 * i + 3]);
    for (std::size_t i = 16; i < 64; ++i) {
        const std::uint32_t s0 =
            std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        const std::uint32_t s1 =
            std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < 64; ++i) {
        const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + roundConstants[i] + w[i];
        const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> after = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i)
        state[i] += after[i];
}

} // namespace

void compressPortably(std::array<std::uint32_t, 8>& state,
                      const std::byte* blocks,
                      std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        compressOne(state, blocks + 64 * i);
}

#if defined(__x86_64__)

bool hasShaInstructions() {
    static const bool has = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0)
            return false;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
    }();
    return has;
}

namespace {

/// As many messages side by side as there are states. Each round waits for the one before it, and
/// the processor works at the other message's meanwhile: two take little more time than one.
template <std::size_t Messages>
__attribute__((target("sha,sse4.1,ssse3"))) void compressTogether(
    const std::array<std::array<std::uint32_t, 8>*, Messages>& states,
    std::array<const std::byte*, Messages> blocks,
    std::size_t count) {
    // The instructions want the state as the words A, B, E, F and C, D, G, H, highest first.
    __m128i abef[Messages];
    __m128i cdgh[Messages];
    for (std::size_t m = 0; m < Messages; ++m) {
        const auto& state = *states[m];
        const auto word = [&](std::size_t i) { return static_cast<int>(state[i]); };
        abef[m] = _mm_set_epi32(word(0), word(1), word(4), word(5));
        cdgh[m] = _mm_set_epi32(word(2), word(3), word(6), word(7));
    }
    const __m128i toBigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    for (; count > 0; --count) {
        __m128i abefBefore[Messages];
        __m128i cdghBefore[Messages];
        __m128i w[Messages][4]; // the last sixteen words of the message schedule
        for (std::size_t m = 0; m < Messages; ++m) {
            abefBefore[m] = abef[m];
            cdghBefore[m] = cdgh[m];
        }
#pragma GCC unroll 16
        for (std::size_t group = 0; group < 16; ++group) {
            const __m128i constants =
                _mm_load_si128(reinterpret_cast<const __m128i*>(roundConstants.data()) + group);
#pragma GCC unroll 2
            for (std::size_t m = 0; m < Messages; ++m) {
                __m128i words;
                if (group < 4) {
                    words = _mm_shuffle_epi8(
                        _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks[m]) + group),
                        toBigEndian);
                } else {
                    const __m128i last = w[m][(group + 3) % 4];
                    words = _mm_sha256msg1_epu32(w[m][group % 4], w[m][(group + 1) % 4]);
                    words = _mm_add_epi32(words, _mm_alignr_epi8(last, w[m][(group + 2) % 4], 4));
                    words = _mm_sha256msg2_epu32(words, last);
                }
                w[m][group % 4] = words;
                const __m128i added = _mm_add_epi32(words, constants);
                // Two rounds turn ABEF into the next CDGH, so the two change places twice.
                cdgh[m] = _mm_sha256rnds2_epu32(cdgh[m], abef[m], added);
                abef[m] = _mm_sha256rnds2_epu32(abef[m], cdgh[m], _mm_shuffle_epi32(added, 0x0e));
            }
        }
        for (std::size_t m = 0; m < Messages; ++m) {
            abef[m] = _mm_add_epi32(abef[m], abefBefore[m]);
            cdgh[m] = _mm_add_epi32(cdgh[m], cdghBefore[m]);
            blocks[m] += 64;
        }
    }
    for (std::size_t m = 0; m < Messages; ++m) {
        std::array<std::uint32_t, 4> high, low;
        _mm_storeu_si128(reinterpret_cast<__m128i*>(high.data()), abef[m]);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(low.data()), cdgh[m]);
        *states[m] = {high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]};
    }
}

} // namespace

void compressWithShaInstructions(std::array<std::uint32_t, 8>& state,
                                 const std::byte* blocks,
                                 std::size_t count) {
    compressTogether<1>({&state}, {blocks}, count);
}

void compressBothWithShaInstructions(std::array<std::uint32_t, 8>& one,
                                     const std::byte* blocksOfOne,
                                     std::array<std::uint32_t, 8>& other,
                                     const std::byte* blocksOfOther,
                                     std::size_t count) {
    compressTogether<2>({&one, &other}, {blocksOfOne, blocksOfOther}, count);
}

#else

bool hasShaInstructions() { return false; }

void compressWithShaInstructions(std::array<std::uint32_t, 8>& state,
                                 const std::byte* blocks,
                                 std::size_t count) {
    compressPortably(state, blocks, count);
}

void compressBothWithShaInstructions(std::array<std::uint32_t, 8>& one,
                                     const std::byte* blocksOfOne,
                                     std::array<std::uint32_t, 8>& other,
                                     const std::byte* blocksOfOther,
                                     std::size_t count) {
    compressPortably(one, blocksOfOne, count);
    compressPortably(other, blocksOfOther, count);
}

#endif

} // namespace heirloom

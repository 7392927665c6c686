// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Crc32.h"

#include "core/base/LittleEndian.h"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace heirloom {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Table k gives the effect of a byte that k more bytes follow, so that eight bytes are taken at
/// once.
constexpr Tables makeTables() {
    Tables tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb88320U : 0U);
        tables[0][i] = value;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t i = 0; i < 256; ++i)
            tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 255];
    return tables;
}

constexpr Tables tables = makeTables();

std::uint32_t crcByTable(std::span<const std::byte> bytes, std::uint32_t crc) {
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
        const auto low = loadNumber<std::uint32_t>(bytes.data()) ^ crc;
        const auto high = loadNumber<std::uint32_t>(bytes.data() + 4);
        crc = tables[7][low & 255] ^ tables[6][(low >> 8) & 255] ^ tables[5][(low >> 16) & 255] ^
              tables[4][low >> 24] ^ tables[3][high & 255] ^ tables[2][(high >> 8) & 255] ^
              tables[1][(high >> 16) & 255] ^ tables[0][high >> 24];
    }
    for (const std::byte byte : bytes)
        crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 255];
    return crc;
}

#if defined(__x86_64__)

/// x^n modulo the polynomial, reflected and one to the left: what a carry-less product of reflected
/// numbers wants.
constexpr long long powerOfX(int n) {
    std::uint32_t value = 0x80000000U;
    for (int i = 0; i < n; ++i)
        value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb88320U : 0U);
    return static_cast<long long>(std::uint64_t{value} << 1);
}
static_assert(powerOfX(128 + 32) == 0x1751997d0 && powerOfX(128 - 32) == 0x0ccaa009e);

/// 128 bits moved on by the distance that `powers` stands for, and added to what is there.
__attribute__((target("pclmul"))) inline __m128i fold(__m128i value, __m128i powers, __m128i to) {
    const __m128i low = _mm_clmulepi64_si128(value, powers, 0x00);
    const __m128i high = _mm_clmulepi64_si128(value, powers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), to);
}

__m128i load(const std::byte* bytes) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/// Folds 64 bytes at a time into 64, these into 16, and leaves those to the table: they have the
/// same remainder. Source: Gopal et al., Fast CRC Computation for Generic Polynomials Using
/// PCLMULQDQ Instruction (Intel, 2009).
__attribute__((target("pclmul"))) std::uint32_t crcByFolding(std::span<const std::byte> bytes,
                                                             std::uint32_t crc) {
    const __m128i by64 = _mm_set_epi64x(powerOfX(512 - 32), powerOfX(512 + 32));
    const __m128i by16 = _mm_set_epi64x(powerOfX(128 - 32), powerOfX(128 + 32));
    const std::byte* at = bytes.data();
    __m128i a = _mm_xor_si128(load(at), _mm_cvtsi32_si128(static_cast<int>(crc)));
    __m128i b = load(at + 16);
    __m128i c = load(at + 32);
    __m128i d = load(at + 48);
    std::size_t left = bytes.size() - 64;
    for (at += 64; left >= 64; at += 64, left -= 64) {
        a = fold(a, by64, load(at));
        b = fold(b, by64, load(at + 16));
        c = fold(c, by64, load(at + 32));
        d = fold(d, by64, load(at + 48));
    }
    a = fold(fold(fold(a, by16, b), by16, c), by16, d);
    std::array<std::byte, 16> folded;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded.data()), a);
    return crcByTable(bytes.last(left), crcByTable(folded, 0));
}

/// As fold(), four numbers of 128 bits side by side.
__attribute__((target("avx512f,vpclmulqdq"))) inline __m512i foldFour(__m512i value,
                                                                      __m512i powers,
                                                                      __m512i to) {
    const __m512i low = _mm512_clmulepi64_epi128(value, powers, 0x00);
    const __m512i high = _mm512_clmulepi64_epi128(value, powers, 0x11);
    return _mm512_ternarylogic_epi64(low, high, to, 0x96); // exclusive or of the three
}

/// The powers for a distance of so many bits, four times.
template <int bits> __attribute__((target("avx512f"))) inline __m512i distance() {
    constexpr long long high = powerOfX(bits - 32);
    constexpr long long low = powerOfX(bits + 32);
    return _mm512_set4_epi64(high, low, high, low);
}

/// As crcByFolding(), 256 bytes at a time; at least so many.
__attribute__((target("avx512f,vpclmulqdq"))) std::uint32_t crcByWideFolding(
    std::span<const std::byte> bytes, std::uint32_t crc) {
    const __m512i by256 = distance<2048>();
    const __m512i by64 = distance<512>();
    const std::byte* at = bytes.data();
    __m512i a = _mm512_xor_si512(_mm512_loadu_si512(at),
                                 _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(crc))));
    __m512i b = _mm512_loadu_si512(at + 64);
    __m512i c = _mm512_loadu_si512(at + 128);
    __m512i d = _mm512_loadu_si512(at + 192);
    std::size_t left = bytes.size() - 256;
    for (at += 256; left >= 256; at += 256, left -= 256) {
        a = foldFour(a, by256, _mm512_loadu_si512(at));
        b = foldFour(b, by256, _mm512_loadu_si512(at + 64));
        c = foldFour(c, by256, _mm512_loadu_si512(at + 128));
        d = foldFour(d, by256, _mm512_loadu_si512(at + 192));
    }
    a = foldFour(foldFour(foldFour(a, by64, b), by64, c), by64, d);
    std::array<std::byte, 64> folded;
    _mm512_storeu_si512(folded.data(), a);
    crc = crcByFolding(folded, 0);
    const auto rest = bytes.last(left);
    return left >= 64 ? crcByFolding(rest, crc) : crcByTable(rest, crc);
}

#endif

} // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before) {
#if defined(__x86_64__)
    static const bool canFold = __builtin_cpu_supports("pclmul") != 0;
    static const bool canFoldFour = canFold && __builtin_cpu_supports("avx512f") != 0 &&
                                    __builtin_cpu_supports("vpclmulqdq") != 0;
    if (canFoldFour && bytes.size() >= 256)
        return ~crcByWideFolding(bytes, ~before);
    if (canFold && bytes.size() >= 64)
        return ~crcByFolding(bytes, ~before);
#endif
    return ~crcByTable(bytes, ~before);
}

std::uint32_t crc32Portably(std::span<const std::byte> bytes, std::uint32_t before) {
    return ~crcByTable(bytes, ~before);
}

} // namespace heirloom

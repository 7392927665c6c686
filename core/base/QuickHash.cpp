// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/QuickHash.h"

#include <new>

#include <xxhash.h>
#ifdef HEIRLOOM_XXHASH_DISPATCH
#include <xxh_x86dispatch.h>
#endif

namespace heirloom {
namespace {

XXH3_state_t* real(auto* state) { return reinterpret_cast<XXH3_state_t*>(state); }

} // namespace

void QuickHash::Free::operator()(State* state) const { XXH3_freeState(real(state)); }

QuickHash::QuickHash() : m_state(reinterpret_cast<State*>(XXH3_createState())) {
    if (!m_state)
        throw std::bad_alloc();
    reset();
}

void QuickHash::reset() { XXH3_128bits_reset(real(m_state.get())); }

void QuickHash::update(std::span<const std::byte> bytes) {
    XXH3_128bits_update(real(m_state.get()), bytes.data(), bytes.size());
}

QuickHash::Digest QuickHash::digest() const {
    const XXH128_hash_t made = XXH3_128bits_digest(real(m_state.get()));
    return {made.low64, made.high64};
}

} // namespace heirloom

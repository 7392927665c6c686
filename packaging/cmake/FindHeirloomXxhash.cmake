# SPDX-License-Identifier: GPL-3.0-or-later
# heirloom::xxhash, the xxHash library, 0.8 or later; with HEIRLOOM_XXHASH_DISPATCH where it chooses among the processor's
# vector instructions by itself, which makes it two or three times as fast.

include(CheckCSourceCompiles)

find_path(HEIRLOOM_XXHASH_INCLUDE xxhash.h)
find_library(HEIRLOOM_XXHASH_LIBRARY xxhash)
mark_as_advanced(HEIRLOOM_XXHASH_INCLUDE HEIRLOOM_XXHASH_LIBRARY)
if(NOT HEIRLOOM_XXHASH_INCLUDE OR NOT HEIRLOOM_XXHASH_LIBRARY)
    message(FATAL_ERROR "xxHash is missing (Debian: libxxhash-dev)")
endif()

add_library(heirloom_xxhash INTERFACE)
add_library(heirloom::xxhash ALIAS heirloom_xxhash)
target_include_directories(heirloom_xxhash SYSTEM INTERFACE ${HEIRLOOM_XXHASH_INCLUDE})
target_link_libraries(heirloom_xxhash INTERFACE ${HEIRLOOM_XXHASH_LIBRARY})

set(CMAKE_REQUIRED_INCLUDES ${HEIRLOOM_XXHASH_INCLUDE})
set(CMAKE_REQUIRED_LIBRARIES ${HEIRLOOM_XXHASH_LIBRARY})
check_c_source_compiles("#include <xxhash.h>
    #include <xxh_x86dispatch.h>
    int main(void) { return XXH3_128bits_dispatch(\"\", 0).low64 == 0; }" HEIRLOOM_XXHASH_HAS_DISPATCH)
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_LIBRARIES)
if(HEIRLOOM_XXHASH_HAS_DISPATCH)
    target_compile_definitions(heirloom_xxhash INTERFACE HEIRLOOM_XXHASH_DISPATCH)
endif()

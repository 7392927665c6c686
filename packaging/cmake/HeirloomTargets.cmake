# SPDX-License-Identifier: GPL-3.0-or-later
# Shared flags, and the few functions that the folders' lists are written with.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # pch_defines, time_macros and -fpch-preprocess (below) let ccache keep users of a precompiled header too.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
    add_link_options(-fuse-ld=mold)
endif()

add_library(heirloom_warnings INTERFACE)
target_compile_options(heirloom_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
    -ffp-contract=off   # the same bits with and without fused multiply-add
    $<$<BOOL:${HEIRLOOM_WERROR}>:-Werror>)
add_library(heirloom_flags INTERFACE)
target_include_directories(heirloom_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(heirloom_flags INTERFACE heirloom_warnings)
if(HEIRLOOM_SANITIZE)
    target_compile_options(heirloom_flags INTERFACE -fsanitize=${HEIRLOOM_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(heirloom_flags INTERFACE -fsanitize=${HEIRLOOM_SANITIZE})
endif()

# heirloom_library(NAME SOURCES a.cpp ... LINK other ...): a static library with the house's flags.
# One library a folder, so that the link lines hold the walls between them.
function(heirloom_library NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(${NAME} STATIC ${ARG_SOURCES})
    target_link_libraries(${NAME} PUBLIC heirloom_flags ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# heirloom_test(NAME SOURCES a.cpp ... LINK lib ...): one test program a folder; ctest sees each test in it.
function(heirloom_test NAME)
    cmake_parse_arguments(ARG "GUI;ENGINE" "MAIN" "SOURCES;LINK" ${ARGN})
    add_executable(${NAME} ${ARG_SOURCES})
    target_link_libraries(${NAME} PRIVATE heirloom_flags heirloom_test_support ${ARG_LINK} GTest::gtest)
    if(NOT ARG_GUI)
        target_link_libraries(${NAME} PRIVATE GTest::gtest_main)
    endif()
    gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
        PROPERTIES TIMEOUT 300 ENVIRONMENT "QT_QPA_PLATFORM=offscreen;OMP_NUM_THREADS=1;OMP_WAIT_POLICY=PASSIVE")
endfunction()

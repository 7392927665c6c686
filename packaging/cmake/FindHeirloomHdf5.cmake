# SPDX-License-Identifier: GPL-3.0-or-later
# heirloom::hdf5, the HDF5 library, linked statically into programs where the machine has it so. Debian's shared one brings
# libcurl and some thirty libraries more, which a program would load at each start: 11 ms instead of 2. The static one is not
# built for going into shared libraries; those get the shared one.

find_package(HDF5 REQUIRED COMPONENTS C)
include(CheckCSourceCompiles)

add_library(heirloom_hdf5 INTERFACE)
add_library(heirloom::hdf5 ALIAS heirloom_hdf5)
target_compile_definitions(heirloom_hdf5 INTERFACE H5_USE_18_API)   # newer libraries speak as 1.10 does

get_target_property(heirloom_hdf5_folders hdf5::hdf5 INTERFACE_INCLUDE_DIRECTORIES)
set(heirloom_hdf5_static "")
foreach(name hdf5 sz aec z)
    find_library(HEIRLOOM_STATIC_${name} NAMES lib${name}.a HINTS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/hdf5/serial)
    mark_as_advanced(HEIRLOOM_STATIC_${name})
    if(HEIRLOOM_STATIC_${name})
        list(APPEND heirloom_hdf5_static ${HEIRLOOM_STATIC_${name}})
    endif()
endforeach()
if(HEIRLOOM_STATIC_hdf5)
    set(CMAKE_REQUIRED_INCLUDES ${heirloom_hdf5_folders})
    set(CMAKE_REQUIRED_LIBRARIES ${heirloom_hdf5_static} Threads::Threads ${CMAKE_DL_LIBS} m)
    check_c_source_compiles("#include <hdf5.h>
        int main(void) { return H5Fopen(\"\", 0, 0) < 0 && H5open() < 0; }" HEIRLOOM_HDF5_LINKS_STATICALLY)
    unset(CMAKE_REQUIRED_INCLUDES)
    unset(CMAKE_REQUIRED_LIBRARIES)
endif()
if(HEIRLOOM_STATIC_hdf5 AND HEIRLOOM_HDF5_LINKS_STATICALLY)
    target_include_directories(heirloom_hdf5 SYSTEM INTERFACE ${heirloom_hdf5_folders})
    set(is_program $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
    foreach(library IN LISTS heirloom_hdf5_static)
        target_link_libraries(heirloom_hdf5 INTERFACE $<${is_program}:${library}>)
    endforeach()
    target_link_libraries(heirloom_hdf5 INTERFACE $<$<NOT:${is_program}>:hdf5::hdf5> Threads::Threads ${CMAKE_DL_LIBS} m)
else()
    target_link_libraries(heirloom_hdf5 INTERFACE hdf5::hdf5)
endif()

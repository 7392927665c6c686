# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch without find_package(Torch), which would want CUDA, protobuf and more of the machine.
#
#   include(FindHeirloomTorch)                           in a project
#   cmake -P packaging/cmake/FindHeirloomTorch.cmake     only says what is found (packaging/setup.sh asks so)
#
# A LibTorch is a folder with lib/libtorch_cpu.so and include/: the torch/ folder of a wheel, or an unpacked libtorch.
# Looked for in this order; the first that is there is taken:
#   1. HEIRLOOM_TORCH_DIR (cache)          3. the torch of the active Python, found without importing it
#   2. TORCH_DIR (environment)             4. build/torch/torch in the source folder, where packaging/setup.sh puts one
#
# Sets     HEIRLOOM_TORCH_FOUND, HEIRLOOM_TORCH_VERSION (2.13.0), HEIRLOOM_TORCH_DIR (the folder that was taken)
# Defines  heirloom::c10, heirloom::torch

set(HEIRLOOM_TORCH_OLDEST 2.6.0)
get_filename_component(heirloom_root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

# The version that the headers of a folder state, or empty where the folder is no LibTorch.
function(heirloom_torch_version FOLDER RESULT)
    set(${RESULT} "" PARENT_SCOPE)
    foreach(library torch_cpu c10)
        if(NOT EXISTS "${FOLDER}/lib/lib${library}.so")
            return()
        endif()
    endforeach()
    # 2.9 and later state it in headeronly/version.h, with the number on the line after the #define; older ones in api/include.
    foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
        if(EXISTS "${FOLDER}/include/${header}")
            file(READ "${FOLDER}/include/${header}" text)
            if(text MATCHES "#define +TORCH_VERSION[ \\\n]+\"([0-9]+\\.[0-9]+\\.[0-9]+)")
                set(${RESULT} "${CMAKE_MATCH_1}" PARENT_SCOPE)
                return()
            endif()
        endif()
    endforeach()
endfunction()

# Wheels before 2.7 were partly built with the old ABI of std::string; such a library would only fail at link time.
function(heirloom_torch_new_abi FOLDER RESULT)
    file(STRINGS "${FOLDER}/lib/libc10.so" names REGEX "__cxx11" LIMIT_COUNT 1)
    if(names)
        set(${RESULT} TRUE PARENT_SCOPE)
    else()
        set(${RESULT} FALSE PARENT_SCOPE)
    endif()
endfunction()

set(heirloom_torch_candidates "")
if(HEIRLOOM_TORCH_DIR)
    list(APPEND heirloom_torch_candidates "${HEIRLOOM_TORCH_DIR}")
else()
    if(DEFINED ENV{TORCH_DIR} AND NOT "$ENV{TORCH_DIR}" STREQUAL "")
        list(APPEND heirloom_torch_candidates "$ENV{TORCH_DIR}")
    endif()
    # "Active": a virtual environment first, then python3 on the path. NO_CACHE: another environment may be active next time.
    set(heirloom_python_hints "")
    foreach(environment VIRTUAL_ENV CONDA_PREFIX)
        if(DEFINED ENV{${environment}})
            list(APPEND heirloom_python_hints "$ENV{${environment}}/bin")
        endif()
    endforeach()
    find_program(heirloom_python NAMES python3 python NO_CACHE HINTS ${heirloom_python_hints})
    if(heirloom_python)
        execute_process(
            COMMAND ${heirloom_python} -c "import importlib.util as u, os; s = u.find_spec('torch'); print(os.path.dirname(s.origin) if s and s.origin else '', end='')"
            WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}" OUTPUT_VARIABLE heirloom_python_torch ERROR_QUIET)
        if(heirloom_python_torch)
            list(APPEND heirloom_torch_candidates "${heirloom_python_torch}")
        endif()
    endif()
    list(APPEND heirloom_torch_candidates "${heirloom_root}/build/torch/torch")
endif()

set(HEIRLOOM_TORCH_FOUND FALSE)
set(HEIRLOOM_TORCH_VERSION "")
foreach(candidate IN LISTS heirloom_torch_candidates)
    heirloom_torch_version("${candidate}" version)
    if(NOT version)
        if(HEIRLOOM_TORCH_DIR)
            message(FATAL_ERROR "HEIRLOOM_TORCH_DIR is no LibTorch: ${candidate} has no lib/libtorch_cpu.so with headers "
                "beside it. Name the torch folder of a wheel or an unpacked libtorch, or leave it empty to search.")
        elseif("${candidate}" STREQUAL "$ENV{TORCH_DIR}")
            message(WARNING "TORCH_DIR is no LibTorch (no lib/libtorch_cpu.so with headers beside it): ${candidate}. Looking further.")
        endif()
        continue()
    endif()
    if(version VERSION_LESS HEIRLOOM_TORCH_OLDEST)
        message(STATUS "LibTorch ${version} in ${candidate} is older than ${HEIRLOOM_TORCH_OLDEST}: passed over")
        continue()
    endif()
    heirloom_torch_new_abi("${candidate}" newAbi)
    if(NOT newAbi)
        message(STATUS "LibTorch ${version} in ${candidate} was built with the old C++ ABI of GCC 4: passed over")
        continue()
    endif()
    set(HEIRLOOM_TORCH_FOUND TRUE)
    set(HEIRLOOM_TORCH_VERSION "${version}")
    set(heirloom_torch_folder "${candidate}")
    break()
endforeach()

if(HEIRLOOM_TORCH_FOUND)
    # A plain variable over the cache entry: what was found is not what was asked for, and is looked for anew next time.
    set(HEIRLOOM_TORCH_DIR "${heirloom_torch_folder}")
    message(STATUS "LibTorch ${HEIRLOOM_TORCH_VERSION} in ${HEIRLOOM_TORCH_DIR}")
    if(CMAKE_SCRIPT_MODE_FILE)
        message(STATUS "HEIRLOOM_TORCH_DIR: ${HEIRLOOM_TORCH_DIR}")
        message(STATUS "HEIRLOOM_TORCH_VERSION: ${HEIRLOOM_TORCH_VERSION}")
    elseif(NOT TARGET heirloom::torch)
        add_library(heirloom::c10 SHARED IMPORTED)
        set_target_properties(heirloom::c10 PROPERTIES
            IMPORTED_LOCATION "${HEIRLOOM_TORCH_DIR}/lib/libc10.so"
            INTERFACE_INCLUDE_DIRECTORIES "${HEIRLOOM_TORCH_DIR}/include")
        add_library(heirloom::torch SHARED IMPORTED)
        set_target_properties(heirloom::torch PROPERTIES
            IMPORTED_LOCATION "${HEIRLOOM_TORCH_DIR}/lib/libtorch_cpu.so"
            INTERFACE_INCLUDE_DIRECTORIES "${HEIRLOOM_TORCH_DIR}/include;${HEIRLOOM_TORCH_DIR}/include/torch/csrc/api/include"
            INTERFACE_LINK_LIBRARIES heirloom::c10)
    endif()
else()
    message(STATUS "LibTorch: none found, so no training engine; everything else is built. "
        "Install torch 2.13 in the active Python, or set TORCH_DIR or -DHEIRLOOM_TORCH_DIR.")
endif()

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sets a machine up for building Heirloom: packages by apt, LibTorch by pip. Asks for nothing; the second time it is quick.
# run.sh and test.sh source it; on its own it only sets up. A bare machine needs about 4 GB of disk in all: 1 for packages,
# 0.5 for LibTorch (4 with CUDA), 2 for building.
#
#   HEIRLOOM_GUI=OFF        core and command line only, no Qt
#   HEIRLOOM_ENGINE=OFF     no training, no LibTorch
#   HEIRLOOM_PACKAGES=OFF   leave packages alone (another distribution, or they came from elsewhere)
#   HEIRLOOM_CUDA=ON|OFF    fetch LibTorch for an NVIDIA GPU (about 4 GB) or without; otherwise as the machine has one or not
#   HEIRLOOM_JOBS=N         compilers at once; otherwise as cores and memory allow
#   TORCH_DIR=FOLDER        a LibTorch to build against: the torch folder of a wheel, or an unpacked libtorch

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
torch_version=2.13.0
gui=${HEIRLOOM_GUI:-ON}
engine=${HEIRLOOM_ENGINE:-ON}
torch_dir=

say() { printf '%s\n' "== $*"; }
note() { printf '   %s\n' "$@"; }
fail() { # fail WHAT [WHAT TO DO]...
    printf '\n== Stopped: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '   %s\n' "$@" >&2
    exit 1
}
for switch in HEIRLOOM_GUI HEIRLOOM_ENGINE HEIRLOOM_PACKAGES HEIRLOOM_CUDA; do
    case ${!switch:-ON} in ON | OFF) ;; *) fail "$switch=${!switch} is neither ON nor OFF." ;; esac
done

# --- Packages ---------------------------------------------------------------------------------------------------------

wanted_packages() {
    echo g++ cmake ninja-build ccache mold
    echo libhdf5-dev nlohmann-json3-dev libcli11-dev libfmt-dev libspdlog-dev libjpeg-dev libpng-dev zlib1g-dev libxxhash-dev
    echo libgtest-dev librapidcheck-dev strace
    if [ "$gui" = ON ]; then
        echo qt6-base-dev qt6-svg-dev libqcustomplot-dev fonts-dejavu-core
        # Qt speaks X11 by itself, Wayland with a plugin.
        if [ -n "${WAYLAND_DISPLAY:-}" ] && [ -z "${DISPLAY:-}" ]; then echo qt6-wayland; fi
    fi
}

missing_packages() { # of those given
    local have
    have=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
    comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$have" | sort -u)
}

free_megabytes() { df -Pm "$1" | awk 'NR == 2 { print $4 }'; }

need_disk() { # need_disk FOLDER MEGABYTES WHAT
    local free
    free=$(free_megabytes "$1")
    [ "$free" -ge "$2" ] || fail "$3 needs about $2 MB in $1, and $free MB are free." \
        "Make room, or clone Heirloom to a larger disk."
}

check_system() {
    local ID=unknown VERSION_ID='' least=0
    if [ -r /etc/os-release ]; then
        # shellcheck source=/dev/null
        . /etc/os-release
    fi
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail "packages are installed by apt-get, on Debian or Ubuntu, and this system ($ID) has none." \
            "Install what your system calls these: $(wanted_packages | tr '\n' ' ')" \
            "then run again with HEIRLOOM_PACKAGES=OFF."
    fi
    case $ID in debian) least=12 ;; ubuntu) least=24 ;; esac
    if [ -n "$VERSION_ID" ] && [ "${VERSION_ID%%.*}" -lt "$least" ]; then
        fail "$ID $VERSION_ID is too old: Heirloom needs g++ 12, CMake 3.25 and Qt 6.4." \
            "Debian 12, Ubuntu 24.04 and later have them."
    fi
}

install_packages() { # those given
    local sudo=() log=$root/build/apt.log start=$SECONDS
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            fail "installing packages needs root, and sudo is missing or would ask for a password." \
                "As root: apt-get update && apt-get install --no-install-recommends $*" \
                "then run this again."
        fi
        sudo=(sudo -n)
    fi
    need_disk / 1500 "Installing packages"
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q
        -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update >"$log" 2>&1 || true # a broken source of the user's own need not stop us; what matters fails below
    { "${apt[@]}" install --no-install-recommends --assume-no "$@" 2>/dev/null || true; } |
        sed -n 's/^Need to get \(.*\) of archives.*/   \1 to fetch/p; s/^After this operation, /   /p'
    "${apt[@]}" install --no-install-recommends "$@" >>"$log" 2>&1 || {
        grep -E '^(E|W|Err):' "$log" | sort -u | tail -n 6 >&2 || true
        fail "apt-get could not install: $*" "Its whole output is in $log. Is there a network, and are the package sources right?"
    }
    note "installed in $((SECONDS - start)) s"
}

setup_packages() {
    local wanted missing
    if [ "${HEIRLOOM_PACKAGES:-ON}" = OFF ]; then
        say "Packages: left alone (HEIRLOOM_PACKAGES=OFF)"
        return
    fi
    check_system
    mapfile -t wanted < <(wanted_packages | tr ' ' '\n')
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    if [ ${#missing[@]} -eq 0 ]; then
        say "Packages: all ${#wanted[@]} are there"
    else
        say "Packages: installing ${missing[*]}"
        install_packages "${missing[@]}"
    fi
}

# --- LibTorch ---------------------------------------------------------------------------------------------------------

find_torch() { # sets torch_dir where one is found; says which
    local said
    said=$(cmake -P "$root/packaging/cmake/FindHeirloomTorch.cmake" 2>&1)
    if [[ $said == *"TORCH_DIR is no LibTorch"* ]]; then
        # shellcheck disable=SC2153 # the user's variable, not torch_dir
        fail "TORCH_DIR is no LibTorch: $TORCH_DIR has no lib/libtorch_cpu.so with headers beside it." \
            "Name the torch folder of a wheel or an unpacked libtorch, or unset TORCH_DIR."
    fi
    torch_dir=$(sed -n 's/^-- HEIRLOOM_TORCH_DIR: //p' <<<"$said")
    [ -z "$torch_dir" ] || say "LibTorch: $(sed -n 's/^-- HEIRLOOM_TORCH_VERSION: //p' <<<"$said") in $torch_dir"
}

wants_cuda() {
    case ${HEIRLOOM_CUDA:-} in ON) return 0 ;; OFF) return 1 ;; esac
    [ -e /dev/nvidiactl ] || [ -e /dev/nvidia0 ] || { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }
}

# Libraries that LIBRARY needs and the machine lacks; those of the NVIDIA driver are not for us to bring.
missing_libraries() { ldd "$@" 2>/dev/null | sed -n 's/^\s*\(\S*\) => not found.*/\1/p' | grep -vE '^lib(cuda|nvidia-ml)\.so' | sort -u || true; }

fetch_torch() {
    local new=$root/build/torch.new log=$root/build/pip.log cuda=no start=$SECONDS
    local wheel=("torch==$torch_version+cpu") gigabytes='about 0.2 GB to fetch, 0.5 GB unpacked'
    if wants_cuda; then
        cuda=yes wheel=("torch===$torch_version") gigabytes='about 2 GB to fetch, 4 GB unpacked'
        need_disk "$root/build" 8000 "LibTorch with CUDA"
    else
        need_disk "$root/build" 1500 "LibTorch"
    fi
    say "LibTorch: none found; fetching $torch_version $([ $cuda = yes ] && echo 'with CUDA' || echo 'without CUDA: no NVIDIA GPU is seen'), $gigabytes"

    if ! python3 -m pip --version >/dev/null 2>&1; then
        [ "${HEIRLOOM_PACKAGES:-ON}" = ON ] || fail "python3 has no pip to fetch LibTorch with." \
            "Install pip, or set TORCH_DIR, or go on without training: HEIRLOOM_ENGINE=OFF"
        note "pip is missing: installing python3-pip"
        install_packages python3-pip
    fi

    # Headers and libraries are the same for every Python, so one fixed Python's wheel serves all; pip leaves it a file.
    rm -rf "$new"
    mkdir -p "$new/wheel"
    : >"$log"
    local pip=(python3 -m pip --disable-pip-version-check)
    local take=("${pip[@]}" download --progress-bar off --no-deps --only-binary=:all: --python-version 3.11 -d "$new/wheel")
    local cpu_index=(--extra-index-url https://download.pytorch.org/whl/cpu --retries 1 --timeout 20)
    if [ $cuda = yes ]; then
        "${take[@]}" "${wheel[@]}" 2>&1 | tee -a "$log" | grep --line-buffered -E '^ *(Downloading|Processing) ' || true
    else
        "${take[@]}" "${cpu_index[@]}" "${wheel[@]}" 2>&1 | tee -a "$log" | grep --line-buffered -E '^ *(Downloading|Processing) ' || true
        if ! compgen -G "$new/wheel/torch-*.whl" >/dev/null; then
            note "no wheel without CUDA to be had (https://download.pytorch.org/whl/cpu); taking the general one and leaving its CUDA out, about 0.5 GB"
            "${take[@]}" "torch===$torch_version" 2>&1 | tee -a "$log" | grep --line-buffered -E '^ *(Downloading|Processing) ' || true
        fi
    fi
    compgen -G "$new/wheel/torch-*.whl" >/dev/null || {
        grep -E '^(ERROR|WARNING)' "$log" | tail -n 3 >&2 || true
        fail "pip could not fetch torch $torch_version." "Its whole output is in $log. Is there a network?" \
            "Or install torch in your Python, or set TORCH_DIR to a LibTorch you have." \
            "Or go on without training: HEIRLOOM_ENGINE=OFF"
    }

    python3 - "$new"/wheel/torch-*.whl "$new" $cuda <<'PYTHON'
import re, sys, zipfile
wheel, target, cuda = sys.argv[1:]
leave = r"torch/lib/(libtorch_python|libshm|.*test|libbackend_with_compiler|libaoti_custom_ops)"
if cuda == "no":
    leave += r"|torch/lib/lib(torch_cuda|c10_cuda|torch_nvshmem|caffe2_nvrtc)"
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if re.match(r"torch/lib/|torch/include/|torch\.libs/|torch-[^/]*\.dist-info/", name) and not re.match(leave, name):
            archive.extract(name, target)
PYTHON
    rm -r "$new/wheel"

    # What libtorch needs beside itself: nothing for a wheel without CUDA; two small NVIDIA packages for one with it;
    # all of them where there is a GPU. The wheel names their versions.
    local toolkit libraries=("$new/torch/lib/libtorch_cpu.so")
    toolkit=$(sed -n 's/^Requires-Dist: cuda-toolkit\[[^]]*\] *\(==[0-9.]*\).*/\1/p' "$new"/torch-*.dist-info/METADATA)
    local beside=()
    if [ $cuda = yes ]; then
        mapfile -t beside < <(sed -n 's/^Requires-Dist: *\(\(cuda-toolkit\|nvidia-\)[^;]*\);.*/\1/p' "$new"/torch-*.dist-info/METADATA)
        libraries+=("$new/torch/lib/libtorch_cuda.so")
    elif [ -n "$(missing_libraries "${libraries[@]}")" ]; then
        beside=("cuda-toolkit[cudart,cupti]$toolkit")
    fi
    if [ ${#beside[@]} -gt 0 ]; then
        note "and what it needs of NVIDIA's: ${beside[*]}"
        "${pip[@]}" install --progress-bar off --only-binary=:all: --no-warn-script-location --target "$new" "${beside[@]}" 2>&1 |
            tee -a "$log" | grep --line-buffered -E '^ *Downloading .*whl \(' || true
    fi
    local lacking
    lacking=$(missing_libraries "${libraries[@]}")
    [ -z "$lacking" ] || fail "LibTorch was fetched, but it needs libraries that are not there: $(tr '\n' ' ' <<<"$lacking")" \
        "pip's output is in $log. Set TORCH_DIR to a LibTorch you have, or go on without training: HEIRLOOM_ENGINE=OFF"
    rm -rf "$root/build/torch"
    mv "$new" "$root/build/torch"
    note "in build/torch, $(du -sm "$root/build/torch" | cut -f1) MB, in $((SECONDS - start)) s"
}

setup_torch() {
    if [ "$engine" = OFF ]; then
        say "LibTorch: left out, so no training (HEIRLOOM_ENGINE=OFF)"
        return
    fi
    find_torch
    [ -z "$torch_dir" ] || return 0
    fetch_torch
    find_torch
    [ -n "$torch_dir" ] || fail "LibTorch was fetched to $root/build/torch but is not found there." "Remove that folder and run again."
}

# --- Building, for run.sh and test.sh ---------------------------------------------------------------------------------

build_jobs() { # one for each core, but a file that includes LibTorch takes up to 2 GB
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 2000000) }' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    echo "${HEIRLOOM_JOBS:-$((cores < memory ? cores : memory))}"
}

# build PRESET [-DNAME=VALUE]...: configures build/PRESET and builds programs and engine; with tests=yes the tests too.
build() {
    local preset=$1 folder=$root/build/$1 start=$SECONDS jobs targets=()
    shift
    jobs=$(build_jobs)
    [ -e "$folder/build.ninja" ] || need_disk "$root/build" 2000 "Building"
    say "Build: configuring build/$preset"
    mkdir -p "$folder"
    (cd "$root" && cmake --preset "$preset" -DHEIRLOOM_GUI="$gui" -DHEIRLOOM_ENGINE="$engine" -DHEIRLOOM_TORCH_DIR="$torch_dir" "$@") \
        >"$folder/configure.log" 2>&1 || {
        grep -A 12 -m 1 -E '^CMake Error' "$folder/configure.log" >&2 || tail -n 20 "$folder/configure.log" >&2
        fail "CMake could not configure build/$preset." "Its whole output is in $folder/configure.log."
    }
    if [ "${tests:-no}" = yes ]; then
        targets=(all)
    else
        mapfile -t targets < <(ninja -C "$folder" -t targets all | sed -n 's/^\(heirloom\|heirloom-cli\|heirloom_engine[a-z_]*\): phony$/\1/p')
    fi
    say "Build: compiling, $jobs at once"
    NINJA_STATUS='   [%f/%t %es] ' ninja -C "$folder" -j "$jobs" "${targets[@]}" ||
        fail "the build failed; the first error is above." \
            "If a compiler was killed, memory ran out: HEIRLOOM_JOBS=1 takes less."
    say "Build: done in $((SECONDS - start)) s"
}

if ! mkdir -p "$root/build" 2>/dev/null || [ ! -w "$root/build" ]; then
    fail "$root/build cannot be written." "Clone Heirloom to a folder of your own."
fi
setup_packages
setup_torch

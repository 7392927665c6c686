#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sets up, builds and runs every test.
#   test.sh [PRESET]      release unless named; ci has warnings as errors; dev, asan, tsan: CMakePresets.json
# setup.sh lists what can be set by environment.

preset=${1:-release}
tests=yes
# What a sanitizer cannot see into is left out, as in CMakePresets.json.
if [ "$preset" = tsan ]; then export HEIRLOOM_GUI=OFF HEIRLOOM_ENGINE=OFF; fi
# shellcheck source=packaging/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
build "$preset"

say "Tests"
cd "$root"
export QT_QPA_PLATFORM=offscreen
exec ctest --preset "$preset"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/run.sh [-n RUNS] [TARGET ...]: runs each fuzz program RUNS times (1,000,000 unless said), all unless named.
# Needs clang 19 (Debian: clang-19 and libclang-rt-19-dev). Starts from tests/fuzz/corpus/TARGET; what is found on the
# way stays in build/fuzz/corpus/TARGET. A file that crashes is kept as build/fuzz/crash-*: mend it, and keep the file
# in tests/fuzz/corpus/TARGET, where every test run reads it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

runs=1000000
if [[ "${1:-}" == -n ]]; then
    runs=$2
    shift 2
fi
: "${FUZZ_BUILD:=build/fuzz}"
[[ -f $FUZZ_BUILD/build.ninja ]] || cmake --preset fuzz -B "$FUZZ_BUILD" >/dev/null
cmake --build "$FUZZ_BUILD" --target fuzz
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
    for folder in tests/fuzz/corpus/*/; do
        targets+=("$(basename "$folder")")
    done
fi
for target in "${targets[@]}"; do
    mkdir -p "$FUZZ_BUILD/corpus/$target"
    echo "== $target, $runs runs"
    "$FUZZ_BUILD/bin/heirloom_fuzz_$target" -runs="$runs" -max_len="${FUZZ_MAX_LEN:-8192}" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$FUZZ_BUILD/crash-$target-" \
        "$FUZZ_BUILD/corpus/$target" "tests/fuzz/corpus/$target"
done

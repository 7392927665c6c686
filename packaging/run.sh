#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sets up, builds and opens Heirloom on the built-in example; with no display, does the example headless.
# Arguments, if any, are given to Heirloom in place of --example. setup.sh lists what can be set by environment.

# shellcheck source=packaging/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
build release

programs=$root/build/release/bin
if [ "$gui" = ON ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    say "Opening Heirloom"
    exec "$programs/heirloom" "${@:---example}"
fi

say "Example, without the window ($([ "$gui" = ON ] && echo 'no display' || echo 'HEIRLOOM_GUI=OFF')): a student is selected and fine-tuned beside a random twin"
if ! "$programs/heirloom-cli" example --out "$root/build/example"; then
    [ "$engine" = OFF ] || fail "the example did not come through; heirloom-cli's words are above."
    say "The student is selected, in build/example; to fine-tune it: ./packaging/run.sh without HEIRLOOM_ENGINE=OFF"
fi
if [ "$gui" = ON ]; then
    say "To open the window: $programs/heirloom --example, from a session with a display"
else
    say "To have the window too: ./packaging/run.sh without HEIRLOOM_GUI=OFF, from a session with a display"
fi

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# in-scratch.sh COMMAND...: runs a test with a TMPDIR of its own, which is gone when the test ends,
# also by a signal. A test that passes must have left nothing there.

# As scratch.h: a socket's path is short. Some clients' configurations take no blank in a path.
above=${TMPDIR:-/tmp}
case $above in
*[[:space:]]*) above=/tmp ;;
esac
[ ${#above} -le 20 ] || above=/tmp
scratch=$(mktemp -d "$above/t.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' HUP INT TERM

TMPDIR=$scratch "$@"
status=$?
[ "$status" -eq 0 ] || exit "$status"
# What a service that was told to end has not removed yet.
patience=200
while [ -n "$(ls -A "$scratch")" ] && [ "$patience" -gt 0 ]; do
    sleep 0.1
    patience=$((patience - 1))
done
[ "$patience" -gt 0 ] || {
    echo "left behind in TMPDIR:"
    find "$scratch" -mindepth 1 | head -n 20
    exit 1
}

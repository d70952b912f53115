#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-tidy.sh BUILD - clang-tidy over all that is not a test, for what .clang-tidy names.
cd "$(dirname "$0")/.." || exit 1
command -v clang-tidy >/dev/null || {
    echo "clang-tidy is not installed; not checked"
    exit 77
}
PYTHONPATH=tools python3 -c 'from layers import project_files
print("\n".join(f for f in project_files(".c") if not f.startswith(("tests/", "examples/"))))' |
    xargs -r -P2 -n16 clang-tidy -p "$1" --quiet --extra-arg=-w --extra-arg=-Wno-unknown-warning-option &&
    echo "nothing that clang-tidy would mend"

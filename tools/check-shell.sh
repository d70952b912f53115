#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-shell.sh - shellcheck over every shell script.
cd "$(dirname "$0")/.." || exit 1
command -v shellcheck >/dev/null || {
    echo "shellcheck is not installed; not checked"
    exit 77
}
PYTHONPATH=tools python3 -c 'from layers import project_files; print("\n".join(project_files(".sh", ".bash", ".ci/run")))' |
    xargs -r shellcheck -x && echo "shell scripts are sound"

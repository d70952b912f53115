#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-format.sh - is every C file as .clang-format wants it? Mend with: clang-format -i FILE
cd "$(dirname "$0")/.." || exit 1
command -v clang-format >/dev/null || {
    echo "clang-format is not installed; not checked"
    exit 77
}
PYTHONPATH=tools python3 -c 'from layers import project_files; print("\n".join(project_files(".c", ".h")))' |
    xargs -r -P2 -n32 clang-format --dry-run -Werror && echo "format as .clang-format says"

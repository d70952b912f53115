#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-headers.py - does every header compile alone?

All in C; the installed ones also under the strictest flags, as C11, C17, C++11 and C++17, because
programs with any of them include those.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

from layers import TOP, project_files

PUBLIC = ["mailstore/ese/esent.h", "libstorehook/storehook.h"]
PARTS = {"mailstore/ese/esent-spellings.h"}  # included by another header, at its end
MODULES = ["glib-2.0", "gio-unix-2.0", "gmime-3.0", "json-glib-1.0", "libclamav"]
PLAIN = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wcast-qual"]
PUBLIC_VARIANTS = [
    ("gcc", "c", ["-std=c11", "-Wstrict-prototypes", "-Wmissing-prototypes", *STRICT]),
    ("gcc", "c", ["-std=c17", "-Wstrict-prototypes", *STRICT]),
    ("g++", "c++", ["-std=c++11", *STRICT]),
    ("g++", "c++", ["-std=c++17", "-Wold-style-cast", *STRICT]),
]


def compile_alone(header, compiler, language, flags):
    # A file that includes it twice: a missing include guard shows, and gcc warns of no #pragma.
    with tempfile.NamedTemporaryFile("w", suffix=".c", prefix="header.") as source:
        source.write(f'#include "{header}"\n#include "{header}"\n')
        source.write("typedef int header_stands_alone;\n")
        source.flush()
        command = [compiler, "-x", language, *flags, "-Werror", "-fsyntax-only", "-I", TOP, source.name]
        run = subprocess.run(command, capture_output=True, text=True)
    return f"{header} ({compiler} {flags[0]}):\n{run.stderr}" if run.returncode else None


def main():
    cflags = subprocess.run(["pkg-config", "--cflags", *MODULES], check=True, capture_output=True,
                            text=True).stdout.split()
    # Headers of other projects are not ours to correct.
    cflags = [flag.replace("-I", "-isystem", 1) for flag in cflags]
    headers = project_files(".h")
    jobs = [(h, "gcc", "c", PLAIN + cflags) for h in headers if not h.startswith("examples/") and h not in PARTS]
    jobs += [(h, *variant) for h in PUBLIC if h in headers for variant in PUBLIC_VARIANTS]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [problem for problem in pool.map(lambda job: compile_alone(*job), jobs) if problem]
    print("\n".join(found) or f"{len(jobs)} compilations of {len(headers)} headers")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

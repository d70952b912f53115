#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-words.py - small rules of the house about text that no compiler keeps.

No marks of unfinished work, no file over 800 lines, a licence line first, no line about scanning in
the store, no white space at line ends, and nothing that a virus scanner would take away.
"""
import os
import re
import sys

from layers import TOP, project_files

LINES_MAX = 800
LONG = {"mailstore/ese/esent-codes.h"}  # one table of codes, kept in the order of its source
SOURCES = (".c", ".h", ".py", ".sh")
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|\bnot (yet )?implemen" r"ted\b", re.I)
# The store knows of no scanner. What an index or a parser scans is another matter.
SCANNING = re.compile(
    r"\b(virus\w*|malware|infect\w*|clamav|quarantine\w*|eicar|scanner|storehookd|libstorehook)\b",
    re.I)
EICAR = re.compile(rb"X5O!P%@AP" rb"\[4\\PZX54")
LICENCE = {"mailstore/ese/": "LGPL-2.1-or-later", "libstorehook/": "LGPL-2.1-or-later"}


def licence_of(path):
    for folder, licence in LICENCE.items():
        if path.startswith(folder):
            return licence
    return "LGPL-2.1-or-later" if path.startswith("examples/") and path.endswith(".c") else \
        "GPL-2.0-or-later"


def problems_in(path):
    raw = open(os.path.join(TOP, path), "rb").read()
    if EICAR.search(raw):
        yield f"{path}: holds the EICAR string whole; build it at run time from pieces"
    if not path.endswith(SOURCES):
        return
    lines = raw.decode("utf-8", "replace").splitlines()
    if len(lines) > LINES_MAX and path not in LONG:
        yield f"{path}: {len(lines)} lines; split it (limit {LINES_MAX})"
    want = f"SPDX-License-Identifier: {licence_of(path)}"
    if lines and not any(want in line for line in lines[:2]):
        yield f"{path}:1: the first line (the second after #!) must say {want}"
    for number, line in enumerate(lines, 1):
        if MARKS.search(line):
            yield f"{path}:{number}: a mark of unfinished work: {line.strip()}"
        if line != line.rstrip():
            yield f"{path}:{number}: white space at the end of the line"
        if path.startswith("mailstore/") and SCANNING.search(line):
            yield f"{path}:{number}: the store knows of no scanner: {line.strip()}"


def main():
    found = [problem for path in project_files() for problem in problems_in(path)]
    print("\n".join(found) or "no marks, no long files, licences in place")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

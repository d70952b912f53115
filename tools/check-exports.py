#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-exports.py BUILD-DIRECTORY - do the built libraries show what they promise, and no more?

Every shared library of ours exports exactly the names of the .sym file beside its source (a linker
version script), and each file that tools/layers.txt has a `links` line for needs nothing else.
"""
import fnmatch
import os
import re
import subprocess
import sys

from layers import TOP, Layers

LIBRARIES = {
    "libstorehook/libstorehook.so": "libstorehook/libstorehook.sym",
    "libstorehook/libstorehook-audit.so": "libstorehook/libstorehook-audit.sym",
    "mailstore/ese/libesent.so.0": "mailstore/ese/esent.sym",
}
# What a program that is linked with it asks the loader for. The hook is named in LD_PRELOAD.
SONAMES = {
    "libstorehook/libstorehook.so": "libstorehook.so",
    "libstorehook/libstorehook-audit.so": "libstorehook-audit.so",
    "mailstore/ese/libesent.so.0": "libesent.so.0",
}
PROGRAMS = ["mailstore/server/mailstored", "scanner/storehookctl"]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(path):
    names = (line.split()[-1] for line in output("nm", "-D", "--defined-only", path).splitlines())
    # A version script's own version node shows up as an absolute symbol.
    absolute = {line.split()[-1].split("@")[0]
                for line in output("nm", "-D", "--defined-only", path).splitlines() if " A " in line}
    return {name.split("@")[0] for name in names} - absolute


def promised(file):
    text = re.sub(r"/\*.*?\*/|#[^\n]*", "", open(os.path.join(TOP, file), encoding="utf-8").read(),
                  flags=re.S)
    names = set()
    for section in re.findall(r"global:(.*?)(?:local:|\})", text, flags=re.S):
        names |= {name.strip() for name in section.split(";")}
    return names - {""}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check-exports.py BUILD-DIRECTORY")
    build, layers, found = sys.argv[1], Layers(), []
    for library, symbols in LIBRARIES.items():
        have, want = exported(os.path.join(build, library)), promised(symbols)
        globs = {name for name in want if "*" in name}
        extra = {h for h in have - want if not any(fnmatch.fnmatchcase(h, g) for g in globs)}
        found += [f"{library}: exports {name}, which its .sym does not list" for name in extra]
        found += [f"{library}: {name} of its .sym is not there" for name in want - have - globs]
    for path in [*LIBRARIES, *PROGRAMS]:
        allowed = layers.links[os.path.basename(path)]
        dynamic = output("readelf", "-d", os.path.join(build, path))
        soname = (re.findall(r"\(SONAME\).*\[(.*)\]", dynamic) or [None])[0]
        if soname != SONAMES.get(path):
            found.append(f"{path}: calls itself {soname}, not {SONAMES.get(path)}")
        for need in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
            if not any(fnmatch.fnmatchcase(need, glob_) for glob_ in allowed):
                found.append(f"{path}: needs {need}, which tools/layers.txt does not allow")
    print("\n".join(sorted(found)) or "exports and needs are as promised")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""jet-names.py LIBRARY NAMES - does libesent.so export what programs for esent.dll call?

NAMES lists the spellings that Microsoft's managed layer asks esent.dll for: 185 names of 143
functions. All of them must be there, and nothing else but the other spellings (A, W and plain) of
the same functions.
"""
import re
import subprocess
import sys

FUNCTIONS, SPELLINGS = 143, 185


def main():
    listing = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]], check=True,
                             capture_output=True, text=True).stdout
    exported = {line.split()[-1].split("@")[0] for line in listing.splitlines()}
    with open(sys.argv[2], encoding="utf-8") as file:
        names = file.read().split()
    functions = {name[:-1] if name.endswith("W") else name for name in names}
    problems = [f"{name} is not exported" for name in names if name not in exported]
    for name in sorted(exported):
        if name not in functions and re.sub("[AW]$", "", name) not in functions:
            problems.append(f"{name} is exported and no function of esent.dll")
    if len(names) != SPELLINGS or len(functions) != FUNCTIONS:
        problems.append(f"{len(names)} names of {len(functions)} functions are listed, "
                        f"not {SPELLINGS} of {FUNCTIONS}")
    print("\n".join(problems) or f"{len(names)} names of {len(functions)} functions are there, "
          f"{len(exported) - len(names)} further spellings")
    return 1 if problems else 0


sys.exit(main())

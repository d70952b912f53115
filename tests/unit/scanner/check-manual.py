#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares storehookd.conf(5) with the program's own table of keys: each section, key and default
stands in the manual in the same order, and nothing else does.

usage: check-manual.py STOREHOOKD MANUALS-DIRECTORY
"""
import pathlib
import re
import subprocess
import sys


def table_of(text):
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            yield section, key, value


def manual_of(text):
    section = ""
    for line in text.splitlines():
        if match := re.fullmatch(r"\.Ss \[(.+)\]", line):
            section = match[1]
        elif line.startswith((".Sh", ".Ss")):
            section = ""
        elif section and (match := re.fullmatch(r"\.It Cm (\S+) Ns = Ns Ar (.+)", line)):
            yield section, match[1], "" if match[2] == "(empty)" else match[2]


def main():
    program, manuals = sys.argv[1], pathlib.Path(sys.argv[2])
    described = subprocess.run([program, "--describe-config"], check=True, capture_output=True,
                               text=True, timeout=30).stdout
    program_keys = list(table_of(described))
    manual_keys = list(manual_of((manuals / "storehookd.conf.5").read_text()))
    assert len(program_keys) > 20, "the program describes no keys"
    wrong = sorted(set(program_keys) ^ set(manual_keys))
    for section, key, value in wrong:
        where = "program" if (section, key, value) in program_keys else "manual"
        print(f"only in the {where}: [{section}] {key}={value}")
    if not wrong and program_keys != manual_keys:
        print("the order differs")
        return 1
    return 1 if wrong else 0


sys.exit(main())

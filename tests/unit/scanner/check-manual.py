#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares storehookd.conf(5) with the program's own table of keys: each section, key and default
stands in the manual in the same order, and nothing else does. And the roles and keys of profiles
with the table in profile.c.

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


def roles_of(source):
    """{role: keys, without table=}."""
    return {role: set(re.findall(r'"(\w+)"', keys)) for role, keys in
            re.findall(r'\{"(\w+)",\s*\{([^}]*), NULL\}', source)}


def roles_of_manual(text):
    section = re.search(r"^\.Sh PROFILES\n.*?^\.Bl (.*?)^\.El", text, re.M | re.S)[1]
    return {item[0]: set(re.findall(r"^\.Cm (\w+)", item[1], re.M)) for item in
            re.findall(r"^\.It Sy \[(\w+)\]\n(.*?)(?=^\.It|\Z)", section, re.M | re.S)}


def main():
    program, manuals = sys.argv[1], pathlib.Path(sys.argv[2])
    described = subprocess.run([program, "--describe-config"], check=True, capture_output=True,
                               text=True, timeout=30).stdout
    manual = (manuals / "storehookd.conf.5").read_text()
    roles = roles_of((manuals / "../../scanner/supervisor/profile.c").read_text())
    if len(roles) != 6 or roles != roles_of_manual(manual):
        print(f"profiles: {roles} is not {roles_of_manual(manual)}")
        return 1
    program_keys = list(table_of(described))
    manual_keys = list(manual_of(manual))
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

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-docs.py - do the documents hold together?

Every link of a Markdown file to a file here leads somewhere, every path in `quotes` that begins
with a folder of ours exists, every man page is sound for mandoc and groff, and every function that
a program can call has a comment above its prototype in the header.
"""
import os
import re
import shutil
import subprocess
import sys

from layers import TOP, project_files

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FOLDERS = ("mailstore/", "libstorehook/", "scanner/", "filters/", "tests/", "examples/", "docs/",
           "systemd/", "tools/", ".ci/")
QUOTED = re.compile(r"`([\w./-]+)`")
# Things that mandoc minds and we do not: pages of ours name each other before they are installed.
IGNORED = re.compile(r"referenced manual not found|outdated mandoc.db|lower case character|"
                     r"unknown manual section|unexpected section|unusual Xr order|STYLE:|"
                     r"missing date|operating system")


def problems_in_markdown(path):
    for number, line in enumerate(open(os.path.join(TOP, path), encoding="utf-8"), 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:|#", target):
                continue
            where = os.path.join(TOP, os.path.dirname(path), target.split("#")[0])
            if not os.path.exists(where):
                yield f"{path}:{number}: link to {target}, which is not there"
        for name in QUOTED.findall(line):
            if name.startswith(FOLDERS) and not os.path.exists(os.path.join(TOP, name)):
                yield f"{path}:{number}: names {name}, which is not there"


def problems_in_page(path):
    if not shutil.which("mandoc"):
        return
    run = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], cwd=TOP,
                         capture_output=True, text=True)
    yield from (line for line in run.stdout.splitlines() if not IGNORED.search(line))
    if not shutil.which("groff"):
        return
    # As man(1) sets it: a line that does not fit is one of a table that is too wide.
    run = subprocess.run(["groff", "-mandoc", "-ww", "-rLL=78n", "-T", "utf8", path], cwd=TOP,
                         capture_output=True, text=True)
    yield from run.stderr.splitlines()


PUBLIC = ("mailstore/ese/esent.h", "mailstore/ese/esent-system.h", "libstorehook/storehook.h")
PROTOTYPE = re.compile(r"^(?!typedef|static)[A-Za-z_][\w *]*?\**(\w+)\(", re.M)


def problems_in_header(path):
    """A prototype must follow a comment with nothing between."""
    lines = open(os.path.join(TOP, path), encoding="utf-8").read().splitlines()
    for number, line in enumerate(lines):
        found = PROTOTYPE.match(line)
        if found and not lines[number - 1].rstrip().endswith("*/"):
            yield f"{path}:{number + 1}: {found[1]} has no comment above it"


def main():
    found = []
    for path in PUBLIC:
        found += problems_in_header(path)
    for path in project_files(".md"):
        found += problems_in_markdown(path)
    pages = [p for p in project_files() if re.search(r"^docs/.*\.[1-8]$", p)]
    for page in pages:
        found += problems_in_page(page)
    print("\n".join(found) or f"links lead somewhere, {len(pages)} man pages are sound")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

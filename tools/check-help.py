#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-help.py BUILD - do --help and the man page of each program name the same options and commands,
and is each asked for its version and for a wrong option alike?

The keys of the configurations are compared by tests of their own, with values and order.
"""
import os
import re
import subprocess
import sys

from layers import TOP

PROGRAMS = {"mailstore/ese/esentcheck": "esentcheck.1", "mailstore/server/mailstored": "mailstored.8",
            "scanner/storehookd": "storehookd.8", "scanner/storehookctl": "storehookctl.1"}
# A line of a usage that begins with a command; "  --option" and continued lines do not.
COMMAND = re.compile(r"^  ([a-z]+(?: \|? ?[a-z]+)*)(?=  | [A-Z\[]|$)", re.M)


def run(program, option):
    return subprocess.run([program, option], capture_output=True, text=True, timeout=20)


def of_help(text):
    options = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text))
    usage = text if text.startswith("usage:") else ""
    commands = {word for line in COMMAND.findall(usage) for word in re.findall(r"[a-z]+", line)}
    return options | {"help"}, commands


def of_page(text):
    """Options wherever they stand, commands of the synopsis."""
    options = set(re.findall(r"(?<=[ |])-([a-z][a-z-]*)",
                             "\n".join(re.findall(r"^\.(?:\w\w )?Fl .*", text, re.M))))
    synopsis = re.search(r"^\.Sh SYNOPSIS\n(.*?)^\.Sh ", text, re.M | re.S)[1]
    commands = {word for line in re.findall(r"^\.Cm (.*)", synopsis, re.M)
                for word in re.findall(r"[a-z]+", re.sub(r" Ar .*", "", line))}
    return options, commands


def problems(program, page):
    name = os.path.basename(program)
    with open(os.path.join(TOP, "docs/man", page), encoding="utf-8") as file:
        manual = of_page(file.read())
    for what, told, written in zip(("--", ""), of_help(run(program, "--help").stdout), manual):
        for word in sorted(told ^ written):
            yield f"{name}: {what}{word} is only in {'--help' if word in told else page}"
    version = run(program, "--version")
    if version.returncode != 0 or not re.match(name + r" \d+\.\d+\.\d+", version.stdout):
        yield f"{name}: --version ends with {version.returncode} and says {version.stdout!r}"
    wrong = run(program, "--nonsense")
    if wrong.returncode != 2 or "nonsense" not in wrong.stderr or wrong.stdout:
        yield f"{name}: --nonsense ends with {wrong.returncode} and says {wrong.stderr!r}"


def main():
    found = [line for program, page in PROGRAMS.items()
             for line in problems(os.path.join(sys.argv[1], program), page)]
    print("\n".join(found) or f"--help and man page of {len(PROGRAMS)} programs agree")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

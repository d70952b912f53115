#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-help.py BUILD - do --help, the man page and the completion of each program name the same
options and commands, and does each answer -h, --version, wrong words and a full disk alike?

The keys of the configurations are compared by tests of their own, with values and order.
"""
import itertools
import os
import re
import subprocess
import sys

from layers import TOP

PROGRAMS = {"mailstore/ese/esentcheck": "esentcheck.1", "mailstore/server/mailstored": "mailstored.8",
            "scanner/storehookd": "storehookd.8", "scanner/storehookctl": "storehookctl.1"}
# A line of a usage that begins with a command; "  --option" and continued lines do not.
COMMAND = re.compile(r"^  ([a-z]+(?: \|? ?[a-z]+)*)(?=  | [A-Z\[]|$)", re.M)


def run(program, *words):
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=20)


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


COMPLETIONS = {"storehookctl": "scanner/ctl/storehookctl.bash"}
# What bash would do for each line of its input, the last word of which is to be completed.
COMPLETE = """. "$1"
while read -ra COMP_WORDS; do
    COMP_CWORD=${#COMP_WORDS[@]}
    COMP_WORDS+=("")
    "_$2" "$2" "" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\\n' "${COMPREPLY[@]}"
done"""


def of_completion(name, commands):
    """What is offered behind no word, each word, and each two words."""
    lines = "\n".join(" ".join((name, *words)).strip() for words in
                      itertools.product(["", *commands], ["", *commands]))
    offered = subprocess.run(["bash", "-c", COMPLETE, "bash", COMPLETIONS[name], name], input=lines,
                             capture_output=True, text=True, cwd=TOP, check=True,
                             timeout=60).stdout.split()
    options = {word.strip("-=") for word in offered if word.startswith("-")}
    return options, {word for word in offered if not word.startswith("-")}


def problems(program, page):
    name = os.path.basename(program)
    help = run(program, "--help").stdout
    told = of_help(help)
    with open(os.path.join(TOP, "docs/man", page), encoding="utf-8") as file:
        others = {page: of_page(file.read())}
    if name in COMPLETIONS:
        others[COMPLETIONS[name]] = of_completion(name, sorted(told[1]))
    for place, written in others.items():
        for what, ours, theirs in zip(("--", ""), told, written):
            for word in sorted(ours ^ theirs):
                yield f"{name}: {what}{word} is only in {'--help' if word in ours else place}"
    version = run(program, "--version")
    if version.returncode != 0 or not re.match(name + r" \d+\.\d+\.\d+", version.stdout):
        yield f"{name}: --version ends with {version.returncode} and says {version.stdout!r}"
    short = run(program, "-h")
    if short.returncode != 0 or short.stdout != help:
        yield f"{name}: -h ends with {short.returncode} and is not --help"
    for option in sorted({"version", "describe-config"} & told[0]):
        with open("/dev/full", "wb") as full:
            if subprocess.run([program, "--" + option], stdout=full, stderr=subprocess.DEVNULL,
                              timeout=20).returncode == 0:
                yield f"{name}: --{option} ends with 0 where nothing can be written"
    for words in (["--nonsense"], ["one", "nonsense"]):
        wrong = run(program, *words)
        if wrong.returncode != 2 or "--help" not in wrong.stderr or wrong.stdout:
            yield f"{name}: {words} ends with {wrong.returncode} and says {wrong.stderr!r}"
        elif words[0] == "--nonsense" and "nonsense" not in wrong.stderr:
            yield f"{name}: does not say that --nonsense is what it does not know"


def main():
    found = [line for program, page in PROGRAMS.items()
             for line in problems(os.path.join(sys.argv[1], program), page)]
    print("\n".join(found) or f"--help and man pages of {len(PROGRAMS)} programs agree")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

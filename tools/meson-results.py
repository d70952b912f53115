#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""meson-results.py BUILD                      - prints: passed failed skipped FAILED-NAME...
meson-results.py --existing BUILD SUITE...     - prints "--suite NAME" for each one that has tests
meson-results.py --targets BUILD SUITE...      - prints what ninja must make for their tests

Read from meson's own JSON log, one line a test, and from its introspection.
"""
import json
import os
import subprocess
import sys

PASSED = {"OK", "EXPECTEDFAIL"}


def results(build):
    passed, skipped, failed = 0, 0, []
    with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] in PASSED:
                passed += 1
            elif test["result"] == "SKIP":
                skipped += 1
            else:
                name = test["name"].split(" / ")[-1].replace(" ", "-")
                failed.append(f"{os.path.basename(build)}:{name}")
    print(passed, len(failed), skipped, *failed)


def introspect(build, what):
    command = ["meson", "introspect", what, build]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def suites_of(test):
    return {suite.split(":")[-1] for suite in test["suite"]}


def existing(build, suites):
    there = set().union(*map(suites_of, introspect(build, "--tests")))
    print(*(f"--suite {suite}" for suite in suites if suite in there))


def targets(build, suites):
    needed = set().union(*(test["depends"] for test in introspect(build, "--tests")
                           if suites_of(test) & set(suites)))
    top = os.path.abspath(build)
    print(*(os.path.relpath(name, top) for target in introspect(build, "--targets")
            if target["id"] in needed for name in target["filename"]))


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "--existing":
        existing(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) > 3 and sys.argv[1] == "--targets":
        targets(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) == 2:
        results(sys.argv[1])
    else:
        sys.exit(__doc__)

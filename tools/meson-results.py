#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""meson-results.py BUILD                      - prints: passed failed skipped FAILED-NAME...
meson-results.py --existing BUILD SUITE...     - prints "--suite NAME" for each one that has tests

Read from meson's own JSON log, one line a test.
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


def existing(build, suites):
    command = ["meson", "introspect", "--tests", build]
    tests = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    there = {suite.split(":")[-1] for test in tests for suite in test["suite"]}
    print(*(f"--suite {suite}" for suite in suites if suite in there))


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "--existing":
        existing(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) == 2:
        results(sys.argv[1])
    else:
        sys.exit(__doc__)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""new-input.py PROGRAM CORPUS [DICTIONARY] - a target built with libFuzzer: its corpus, then inputs
that nobody has tried, for STOREHOOK_FUZZ_SECONDS (default 4).

The seed is that of the commit, so that each tries other input and each can be tried again;
STOREHOOK_FUZZ_SEED sets another. What breaks the target is printed in base64: put its bytes into
the corpus, where they stay as a test. --keep DIRECTORY as the first arguments keeps what reached
new code, to add to the corpus by hand.
"""
import base64
import glob
import math
import os
import subprocess
import sys
import tempfile
import time

SECONDS = float(os.environ.get("STOREHOOK_FUZZ_SECONDS", "4"))
HERE = os.path.dirname(os.path.abspath(__file__))


def seed_of_commit():
    """1 where there is no git."""
    run = subprocess.run(["git", "-C", HERE, "rev-parse", "HEAD"], capture_output=True, text=True,
                         check=False)
    return int(run.stdout[:7], 16) + 1 if run.returncode == 0 else 1


def run_fuzzer(program, options, inputs, scratch, sanitizer=""):
    return subprocess.run([program, *options, "-timeout=30", "-rss_limit_mb=2048",
                           # The dictionary of an LZMA stream is asked for, and hardly touched.
                           "-malloc_limit_mb=8192", "-print_final_stats=1",
                           f"-artifact_prefix={scratch}/broken-", *inputs],
                          env={**os.environ, "TMPDIR": scratch,
                               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + sanitizer,
                               "LSAN_OPTIONS": f"suppressions={HERE}/leaks.supp"},
                          capture_output=True, check=False)


def is_leak_of_a_library(program, scratch):
    """Stacks end at the first library without frame pointers, where no suppression fits. Whole
    ones are slow, so only what leaks is run with them."""
    broken = glob.glob(scratch + "/broken-*")
    if not broken or not all("/broken-leak-" in path for path in broken):
        return False
    whole = run_fuzzer(program, [], broken, scratch, ":fast_unwind_on_malloc=0")
    if whole.returncode == 0:
        for path in broken:
            os.unlink(path)
    return whole.returncode == 0


def fail(why, scratch):
    for path in glob.glob(scratch + "/broken-*"):
        with open(path, "rb") as file:
            print(os.path.basename(path), base64.b64encode(file.read()).decode())
    sys.exit(why)


def main():
    arguments, keep = sys.argv[1:], None
    if arguments[:1] == ["--keep"]:
        keep, arguments = arguments[1], arguments[2:]
    if not 2 <= len(arguments) <= 3:
        sys.exit(__doc__)
    program, corpus, *dictionary = arguments
    with tempfile.TemporaryDirectory(prefix="fuzz.") as scratch:
        found = keep or scratch + "/found"
        os.makedirs(found, exist_ok=True)
        seed = int(os.environ.get("STOREHOOK_FUZZ_SEED") or seed_of_commit())
        end = time.monotonic() + SECONDS
        while (left := math.ceil(end - time.monotonic())) > 0:
            print(f"seed {seed}", flush=True)
            run = run_fuzzer(program, [f"-max_total_time={left}", f"-seed={seed}",
                                       *(f"-dict={path}" for path in dictionary)],
                             [found, corpus], scratch)
            lines = run.stderr.decode(errors="replace").splitlines()
            print(*(line for line in lines if line.startswith("stat::number_of_executed")), sep="\n")
            if run.returncode == 0:
                return
            if not is_leak_of_a_library(program, scratch):
                print(*lines[-80:], sep="\n")
                fail(f"{program} ended with {run.returncode}", scratch)
            print("a library's leak; on with the next seed")
            seed += 1


if __name__ == "__main__":
    main()

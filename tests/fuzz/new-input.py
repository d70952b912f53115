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
import os
import subprocess
import sys
import tempfile

SECONDS = os.environ.get("STOREHOOK_FUZZ_SECONDS", "4")
HERE = os.path.dirname(os.path.abspath(__file__))


def seed_of_commit():
    """1 where there is no git."""
    run = subprocess.run(["git", "-C", HERE, "rev-parse", "HEAD"], capture_output=True, text=True,
                         check=False)
    return int(run.stdout[:7], 16) + 1 if run.returncode == 0 else 1


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
        seed = os.environ.get("STOREHOOK_FUZZ_SEED") or seed_of_commit()
        print(f"seed {seed}", flush=True)
        run = subprocess.run([program, f"-max_total_time={SECONDS}", f"-seed={seed}", "-timeout=30",
                              "-rss_limit_mb=2048",
                              # The dictionary of an LZMA stream is asked for, and hardly touched.
                              "-malloc_limit_mb=8192", "-print_final_stats=1",
                              f"-artifact_prefix={scratch}/broken-",
                              *(f"-dict={path}" for path in dictionary), found, corpus],
                             env={**os.environ, "TMPDIR": scratch,
                                  "LSAN_OPTIONS": f"suppressions={HERE}/leaks.supp"},
                             capture_output=True, check=False)
        lines = run.stderr.decode(errors="replace").splitlines()
        print(*(line for line in lines if line.startswith("stat::number_of_executed")), sep="\n")
        if run.returncode == 0:
            return
        print(*lines[-80:], sep="\n")
        for path in glob.glob(scratch + "/broken-*"):
            with open(path, "rb") as file:
                print(os.path.basename(path), base64.b64encode(file.read()).decode())
    sys.exit(f"{program} ended with {run.returncode}")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""preload.py STORE-PROGRAM SERVICE-PROGRAM LIBRARY [ASAN] - the hook put before a program that does
not know of it, alone and in the company of other preloaded libraries.
"""
import os
import subprocess
import sys
import tempfile

COUNT = 40
FOUND = {
    "jemalloc": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
    "faketime": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
}


class Service:
    def __init__(self, program, path):
        self.process = subprocess.Popen([program, path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def end(self):
        output, _ = self.process.communicate(timeout=20)
        return dict(word.split("=") for word in output.split())


def run_store(program, directory, preload, path, **environment):
    environment = {**os.environ, **environment, "STOREHOOK_SOCKET": path,
                   "LD_PRELOAD": " ".join(preload)}
    with tempfile.TemporaryDirectory(dir=directory) as own:
        result = subprocess.run([program, own, str(COUNT)], env=environment, capture_output=True,
                                text=True, timeout=60, check=False)
    assert result.returncode == 0, (preload, result.returncode, result.stderr)
    # Not a word of ours on the host's standard error.
    assert result.stderr == "", result.stderr
    return dict(word.split("=") for word in result.stdout.split())


def check(name, got, **expected):
    for key, value in expected.items():
        assert got[key] == str(value), f"{name}: {key} is {got[key]}, not {value}"
    print("ok", name)


def main():
    program, service_program, library = sys.argv[1:4]
    asan = sys.argv[4:]
    good, every = COUNT // 2, COUNT
    orders = {"alone": ([], {})}
    if not asan:
        if os.path.exists(FOUND["jemalloc"]):
            orders["before jemalloc"] = ([FOUND["jemalloc"]], {})
        if os.path.exists(FOUND["faketime"]):
            orders["before a clock that stands still"] = (
                [FOUND["faketime"]], {"FAKETIME": "2001-01-01 00:00:00"})
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "s")
        check("unhooked", run_store(program, directory, asan, path), messages=every, failures=0)
        for name, (others, environment) in orders.items():
            orders_of_load = [asan + [library] + others] + ([others + [library]] if others else [])
            for preload in orders_of_load:
                service = Service(service_program, path)
                check(name, run_store(program, directory, preload, path, **environment),
                      messages=good, entries=good, contents=good, failures=0)
                check(name + ": service", service.end(), hellos=1, contents=every, messages=good,
                      program=os.path.basename(program))
            check(name + ": no service",
                  run_store(program, directory, asan + [library] + others, path, **environment),
                  messages=every, entries=every, failures=0)
        check("nonsense for a socket",
              run_store(program, directory, asan + [library], "x" * 300), messages=every,
              failures=0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""preload.py STORE-PROGRAM SERVICE-PROGRAM LIBRARY AUDIT-LIBRARY OPENER STORE PLUGIN... [ASAN] - the
hook put before programs that do not know of it: alone and in the company of other preloaded
libraries, before a store that was linked and before one that the program opens at run time.
"""
import os
import shutil
import subprocess
import sys
import tempfile

COUNT = 20
GOOD = COUNT // 2
FOUND = {
    "jemalloc": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
    "faketime": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
}
# Asked for audits, the loader lays out the static TLS before it sees what is preloaded, and jemalloc
# wants more of it than it keeps in reserve.
ROOM = {"GLIBC_TUNABLES": "glibc.rtld.optional_static_tls=8192"}


class Service:
    def __init__(self, program, path):
        self.process = subprocess.Popen([program, path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def end(self):
        output, _ = self.process.communicate(timeout=20)
        return dict(word.split("=") for word in output.split())


def run_store(command, directory, preload, path, audit="", **environment):
    """What it printed, a dictionary for each line."""
    environment = {**os.environ, **environment, "STOREHOOK_SOCKET": path,
                   "LD_PRELOAD": " ".join(preload)}
    if audit:
        environment["LD_AUDIT"] = audit
    with tempfile.TemporaryDirectory(dir=directory) as own:
        result = subprocess.run([*command, own, str(COUNT)], env=environment, capture_output=True,
                                text=True, timeout=60, check=False)
    assert result.returncode == 0, (command, preload, audit, result.returncode, result.stderr)
    # Not a word of ours on the host's standard error.
    assert result.stderr == "", result.stderr
    return [dict(word.split("=") for word in line.split()) for line in result.stdout.splitlines()]


def check(name, got, **expected):
    for key, value in expected.items():
        assert got[key] == str(value), f"{name}: {key} is {got[key]}, not {value}"
    print("ok", name)


class Place:
    """Where the programs, libraries and the socket are."""

    def __init__(self, arguments, directory):
        (self.program, self.service_program, self.library, self.audit, self.opener, self.store,
         self.plugin, self.direct_plugin, self.hooked_plugin) = arguments[:9]
        self.asan = arguments[9:]
        self.directory, self.path = directory, os.path.join(directory, "s")

    def run(self, command, others=(), preload=True, **options):
        hook = [self.library] if preload else []
        return run_store(command, self.directory, [*self.asan, *hook, *others], self.path, **options)

    def check(self, name, command, expected, unhooked=0, hellos=1, **options):
        """expected: for each use of the store, how many messages are there afterwards."""
        service = Service(self.service_program, self.path)
        uses = self.run(command, **options)
        assert len(uses) == len(expected), (name, uses)
        for use, messages in zip(uses, expected):
            check(name, use, messages=messages, entries=messages, failures=0)
        found = service.end()
        judged = COUNT * expected.count(GOOD)
        check(name + ": service", found, hellos=hellos, contents=judged, unhooked=unhooked)
        return found


def linked(place):
    orders = {"alone": ([], {})}
    if not place.asan:
        if os.path.exists(FOUND["jemalloc"]):
            orders["before jemalloc"] = ([FOUND["jemalloc"]], ROOM)
        if os.path.exists(FOUND["faketime"]):
            orders["before a clock that stands still"] = (
                [FOUND["faketime"]], {"FAKETIME": "2001-01-01 00:00:00"})
    program, library, path = [place.program], place.library, place.path
    (unhooked,) = run_store(program, place.directory, place.asan, path)
    check("unhooked", unhooked, messages=COUNT, failures=0)
    for name, (others, environment) in orders.items():
        orders_of_load = [place.asan + [library] + others] + ([others + [library]] if others else [])
        for preload in orders_of_load:
            for audit in "", place.audit:
                service = Service(place.service_program, path)
                (got,) = run_store(program, place.directory, preload, path, audit, **environment)
                check(name, got, messages=GOOD, entries=GOOD, contents=GOOD, failures=0)
                check(name + ": service", service.end(), hellos=1, contents=COUNT, messages=GOOD,
                      unhooked=0, program=os.path.basename(place.program))
        (got,) = place.run(program, others, **environment)
        check(name + ": no service", got, messages=COUNT, entries=COUNT, failures=0)
    (got,) = run_store(program, place.directory, [*place.asan, library], "x" * 300)
    check("nonsense for a socket", got, messages=COUNT, failures=0)


def opened(place):
    """Without the audit library, a plugin is bound to the hook and a name looked up by handle not."""
    def by_name(how, second=""):
        return [place.opener, how, place.store, second]

    def plugin_opened(how, plugin=place.plugin):
        return [place.opener, how, plugin, ""]

    plugin, direct = plugin_opened("local"), plugin_opened("local", place.direct_plugin)
    copy = shutil.copy(place.store, place.directory + "/copy.so")
    place.check("a plugin", plugin, [GOOD])
    place.check("a plugin without a linkage table", direct, [GOOD])
    place.check("by name, not audited", by_name("local"), [COUNT], hellos=0)
    with_audit = {"audit": place.audit}
    place.check("an audited plugin", plugin, [GOOD], **with_audit)
    place.check("an audited plugin without a linkage table", direct, [GOOD], **with_audit)
    place.check("by name", by_name("local"), [GOOD], **with_audit)
    place.check("by name, in a child", by_name("forked-local"), [GOOD], **with_audit)
    place.check("by name, opened twice", by_name("reopened"), [GOOD], **with_audit)
    # Its calls are bound to its own store, and not to what is preloaded.
    deep, deep_lazy = plugin_opened("deep"), plugin_opened("deep-lazy")
    if not place.asan:
        place.check("a deeply bound plugin, not audited", deep, [COUNT], hellos=0)
        place.check("a deeply bound plugin", deep, [GOOD], **with_audit)
        place.check("a plugin bound deeply and lazily", deep_lazy, [GOOD], **with_audit)
    (got,) = place.run(by_name("local"), **with_audit)
    check("by name: no service", got, messages=COUNT, failures=0)
    (got,) = run_store(by_name("local"), place.directory, place.asan, place.path, place.audit)
    check("audited with nothing to hook", got, messages=COUNT, failures=0)
    if not place.asan:
        # A sanitizer cannot be brought into another namespace.
        for name, library in FOUND.items():
            if os.path.exists(library):
                place.check("by name beside " + name, by_name("local"), [GOOD], others=[library],
                            **ROOM, **with_audit)
        # Each reaches its own store: the second holds all that was given to it, and this is told.
        for name, second in {"a second copy": place.store, "a plugin's copy": place.plugin,
                             "a direct plugin's copy": place.direct_plugin}.items():
            place.check(name, by_name("local", second), [GOOD, COUNT], unhooked=1, **with_audit)
            place.check(name + " alone", plugin_opened("namespace", second),
                        [GOOD if second == place.store else COUNT],
                        hellos=int(second == place.store), **with_audit)
        place.check("a direct plugin's copy, idle", by_name("local-idle", place.direct_plugin),
                    [GOOD], unhooked=1, **with_audit)
    place.check("a second copy here", by_name("local-here", copy), [GOOD, COUNT], unhooked=1,
                **with_audit)
    place.check("a second copy here, idle", by_name("local-here-idle", copy), [GOOD], unhooked=1,
                **with_audit)
    place.check("a plugin that brings the hook", plugin_opened("local", place.hooked_plugin), [GOOD],
                preload=False)
    if "real" in place.plugin:
        # The hook stays as well, with its sockets and what it knows.
        place.check("a plugin that brings the hook, closed after use",
                    plugin_opened("used", place.hooked_plugin), [GOOD, GOOD], preload=False)
        place.check("by name, closed after use", by_name("used"), [GOOD, GOOD], **with_audit)


def main():
    with tempfile.TemporaryDirectory() as directory:
        place = Place(sys.argv[1:], directory)
        linked(place)
        opened(place)


if __name__ == "__main__":
    main()

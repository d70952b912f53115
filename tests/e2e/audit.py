#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""audit.py BUILD - a .NET program, which looks its store up at run time, hooked by
libstorehook-audit.so, and not hooked without it. Exit status 77, skipped, without Mono."""
import os
import shutil
import subprocess
import sys
import tempfile

from rig import EICAR, PATIENCE, TOP, Rig, mail, main, wait_until

MONO = shutil.which("mono")
MANAGED = TOP + "/tests/unit/ese/managed"


def mono_of(rig):
    """A copy of Mono: what else runs by it on this machine does not concern this service."""
    path = rig.scratch + "/mono"
    if not os.path.exists(path):
        shutil.copy(os.path.realpath(MONO), path)
    return path


class Notes:
    """JetNotes.cs, running."""

    def __init__(self, rig, preload=True, audit=True):
        self.rig, self.program = rig, rig.scratch + "/JetNotes.exe"
        if not os.path.exists(self.program):
            self.build()
        env = dict(os.environ, STOREHOOK_SOCKET=rig.socket, HOME=rig.scratch,
                   MONO_DISABLE_SHARED_AREA="1", LANG="C.UTF-8")
        if preload:
            env["LD_PRELOAD"] = rig.path("libstorehook/libstorehook.so")
        if audit:
            env["LD_AUDIT"] = rig.path("libstorehook/libstorehook-audit.so")
        with open(f"{rig.scratch}/mono.log", "ab") as log:
            self.process = subprocess.Popen(
                [mono_of(rig), self.program, f"{rig.scratch}/notes-{len(rig.processes)}.edb"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env, text=True)
        rig.processes.append(self.process)
        assert self.line() == "ready"

    def build(self):
        subprocess.run(["mcs", "-out:" + self.program, MANAGED + "/Jet.cs",
                        TOP + "/tests/e2e/JetNotes.cs"], check=True)
        with open(self.program + ".config", "w", encoding="utf-8") as out:
            out.write('<configuration><dllmap dll="esent.dll" target="'
                      + self.rig.path("mailstore/ese/libesent.so.0") + '"/></configuration>')

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def say(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def add(self, title, text):
        self.say(f"add {title} {text}")
        return int(self.line())

    def list(self):
        self.say("list")
        return dict(line.split(" ", 1) for line in iter(self.line, "."))

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0, self.process.returncode


def configure(rig, clients):
    rig.configure(clients=clients, extra=f"[profile]\nfiles={TOP}/examples/notes-store.profile;"
                                         f"{TOP}/scanner/profiles/mailstored.profile\n")


def first_line(rig):
    return subprocess.run([rig.path("scanner/storehookctl"), "--config", rig.configuration, "status"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False).stdout \
        .split("\n", maxsplit=1)[0]


def by_preloading_alone(build):
    """Preloading does not reach it: EICAR is stored, and the status says who is not protected."""
    with Rig(build) as rig:
        configure(rig, mono_of(rig))
        rig.start_scanner().wait_scanning()
        notes = Notes(rig, audit=False)
        assert notes.add("bad", EICAR.decode()) == 0
        assert notes.list() == {"bad": EICAR.decode()}
        said = first_line(rig)
        assert said.startswith(f"NOT PROTECTED (process {mono_of(rig)}, pid "
                               f"{notes.process.pid}: "), said
        assert rig.incidents() == []
        notes.end()


def audited(build):
    """The same program, not changed: kept out, told, and stopped and started like any other."""
    with Rig(build) as rig:
        configure(rig, mono_of(rig))
        rig.start_scanner().wait_scanning()
        notes = Notes(rig)
        assert notes.add("good", "bread") == 0
        assert notes.add("bad", EICAR.decode()) == 0
        assert notes.list() == {"good": "bread"}
        wait_until(lambda: [one["subject"] for one in rig.incidents()] == ["bad"], "the incident")
        assert first_line(rig) == "PROTECTED"
        rig.control("stop")
        assert notes.add("unprotected", EICAR.decode()) == 0
        rig.control("start")
        assert notes.add("worse", EICAR.decode()) == 0
        rig.scanner.terminate()
        rig.scanner.wait(PATIENCE)
        assert notes.add("alone", EICAR.decode()) == 0
        assert list(notes.list()) == ["good", "unprotected", "alone"]
        notes.end()


def linked(build):
    """A store that preloading does reach is as it was."""
    with Rig(build) as rig:
        configure(rig, rig.path("mailstore/server/mailstored"))
        audit = {"LD_AUDIT": rig.path("libstorehook/libstorehook-audit.so")}
        store = rig.start_scanner().start_store(environment=audit)
        rig.wait_protected()
        assert store.deliver("alice", mail("plain", "alice", "good")) == {}
        assert store.deliver("alice", mail("eicar", "alice", "bad")) == {}
        assert store.subjects("alice") == ["good"]
        # Of this store: another mailstored of this build may run beside it, without the hook.
        hooked = {client["pid"]: client["hooked"] for client in rig.status()["clients"]}
        assert hooked[store.process.pid] and rig.status()["protection"] == "protected"


def second_copy(build):
    """Whose writes nobody sees: the status says so while the process lives."""
    with Rig(build) as rig:
        program = rig.path("tests/preload/store-opener")
        rig.configure(clients=program)
        rig.start_scanner()
        library = rig.path("mailstore/ese/libesent.so.0")
        env = dict(os.environ, STOREHOOK_SOCKET=rig.socket,
                   LD_PRELOAD=rig.path("libstorehook/libstorehook.so"),
                   LD_AUDIT=rig.path("libstorehook/libstorehook-audit.so"))
        for second, said in ("", "PROTECTED"), (library, "NOT PROTECTED (process store-opener, pid "):
            own = tempfile.mkdtemp(dir=rig.scratch)
            process = subprocess.Popen([program, "local-waiting", library, second, own, "4"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
            rig.processes.append(process)
            for _ in range(2 if second else 1):
                process.stdout.readline()
            wait_until(lambda: first_line(rig).startswith(said), said)  # pylint: disable=cell-var-from-loop
            assert process.poll() is None
            process.stdin.close()
            assert process.wait(PATIENCE) == 0


if __name__ == "__main__":
    if not MONO or not shutil.which("mcs"):
        print("Mono (mono-mcs, mono-runtime) is not installed")
        sys.exit(77)
    main(by_preloading_alone, audited, linked, second_copy)

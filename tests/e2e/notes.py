#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""notes.py BUILD - examples/notes-store.c, built with what `meson install` puts in place and nothing
else, and protected by being linked with the hook rather than by preloading it; and the daemons, from
the same place."""
import glob
import os
import re
import subprocess

from rig import EICAR, TOP, Rig, mail, main, wait_until


def install(rig):
    """What `meson install` puts in place, below the scratch directory."""
    root = rig.scratch + "/root"
    subprocess.run(["meson", "install", "-C", rig.build, "--no-rebuild", "--quiet", "--destdir", root],
                   check=True, stdout=subprocess.DEVNULL)
    return root


def installed(rig):
    """The program, linked against an installation in the scratch directory."""
    root = install(rig)
    (library,) = glob.glob(root + "/**/libstorehook.so", recursive=True)
    (packages,) = glob.glob(root + "/**/storehook.pc", recursive=True)
    program = rig.scratch + "/notes-store"
    sanitizers = [f"-l{os.path.basename(s).removeprefix('lib').removesuffix('.so')}"
                  for s in rig.sanitizers]
    # In the order that the manual gives.
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "storehook", "esent"],
                           capture_output=True, text=True, check=True,
                           env=dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(packages),
                                    PKG_CONFIG_SYSROOT_DIR=root)).stdout.split()
    subprocess.run(["gcc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", *sanitizers,
                    TOP + "/examples/notes-store.c", "-Wl,-rpath," + os.path.dirname(library),
                    *flags, "-o", program], check=True)
    needs = subprocess.run(["readelf", "-d", program], capture_output=True, text=True,
                           check=True).stdout
    assert needs.index("libstorehook") < needs.index("libesent"), "the hook must come first"
    return program


class Notes:
    def __init__(self, rig):
        self.rig, self.program = rig, installed(rig)

    def run(self, *words, note=b""):
        return subprocess.run([self.program, self.rig.scratch + "/notes.db", *words], input=note,
                              capture_output=True, timeout=60, check=False,
                              env=dict(os.environ, STOREHOOK_SOCKET=self.rig.socket))

    def add(self, title, note):
        return self.run("add", "ann@example.org", title, note=note)

    def titles(self):
        run = self.run("list")
        assert run.returncode == 0, run.stderr
        return [line.split("\t")[1] for line in run.stdout.decode().splitlines()]


def configure(rig, notes, action):
    rig.configure(clients=notes.program,
                  extra=f"[profile]\nfiles={TOP}/examples/notes-store.profile\n"
                        f"[actions]\ninfected={action}\n")


def refused_by_linking(build):
    """infected=refuse: the program gets JET_errPermissionDenied, and a good note stays a good note."""
    with Rig(build) as rig:
        notes = Notes(rig)
        configure(rig, notes, "refuse")
        rig.start_scanner().wait_scanning()
        good = b"Buy bread.\n" + bytes(range(256))
        assert notes.add("shopping", good).returncode == 0
        run = notes.add("bad", EICAR)
        assert run.returncode == 1 and b"refused" in run.stderr, run
        assert notes.titles() == ["shopping"]
        assert notes.run("show", "1").stdout == good
        rig.kill_scanner()
        assert notes.add("unprotected", EICAR).returncode == 0, "without the service it must pass"
        assert notes.titles() == ["shopping", "unprotected"]


def taken_away_by_linking(build):
    """infected=quarantine: the row never appears, and an incident tells who wrote what."""
    with Rig(build) as rig:
        notes = Notes(rig)
        configure(rig, notes, "quarantine")
        rig.start_scanner().wait_scanning()
        assert notes.add("bad", b"see: " + EICAR).returncode == 0
        assert notes.titles() == []
        wait_until(lambda: [one["subject"] for one in rig.incidents()] == ["bad"], "the incident")
        assert rig.incidents()[0]["sender"] == "ann@example.org"


def files_in_their_rows(build):
    """The same table taken for one of attachments, which have no digests: a notice stands in the row."""
    with Rig(build) as rig:
        notes = Notes(rig)
        profile = rig.scratch + "/files.profile"
        with open(profile, "w", encoding="ascii") as out:
            out.write("[attachments]\ntable=notes\nmessage=author\nname=title\ndata=note\n")
        rig.configure(clients=notes.program,
                      extra=f"[profile]\nfiles={profile}\n[actions]\ninfected=strip\n")
        rig.start_scanner().wait_scanning()
        for title, note in (("a.txt", b"Buy bread."), ("b.txt", EICAR)):
            assert notes.add(title, note).returncode == 0
        assert notes.run("show", "1").stdout == b"Buy bread."
        notice = notes.run("show", "2").stdout
        assert b"EICAR" in notice and EICAR not in notice, notice
        assert [(one["verdict"], one["attachment"]) for one in rig.incidents()] == [("infected", "b.txt")]


def not_listed(build):
    """The same libraries in a program that nobody named, beside a protected store: not hooked."""
    with Rig(build) as rig:
        notes = Notes(rig)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        assert notes.add("mine", EICAR).returncode == 0
        assert notes.run("show", "1").stdout == EICAR
        assert store.deliver("alice", mail("eicar", "alice", "theirs")) == {}
        assert store.messages("alice") == {}
        assert {one["subject"] for one in rig.incidents()} == {"theirs"}


def all_of_it_is_installed(build):
    """Every program that has a manual page, and both ends of the control socket look for the
    configuration where the pages say."""
    with Rig(build) as rig:
        root = install(rig)
        programs = {}
        for page in glob.glob(TOP + "/docs/man/*.[18]"):
            name = os.path.basename(page)[:-2]
            programs[name], = glob.glob(f"{root}/**/bin/{name}", recursive=True)
        assert len(programs) == 4, programs
        help_text = subprocess.run([programs["storehookd"], "--help"], capture_output=True, text=True,
                                   check=True).stdout
        assert "(default: /etc/storehook/storehookd.conf)" in help_text, help_text
        for name in ("storehookd.conf", "mailstored.conf", "rules.conf"):
            assert glob.glob(f"{root}/**/doc/storehook/examples/{name}", recursive=True), name
        hook, = glob.glob(f"{root}/**/libstorehook.so", recursive=True)
        looked_at = subprocess.run(["/sbin/ldconfig", "-NXv"], capture_output=True, text=True,
                                   check=False).stdout
        assert f"{os.path.dirname(hook).removeprefix(root)}:" in looked_at, hook
        units = glob.glob(f"{root}/**/systemd/system/*.service", recursive=True)
        assert len(units) == 2, units
        for unit in units:
            with open(unit, encoding="utf-8") as text:
                for program in re.findall(r"^Exec\w+=(\S+)", text.read(), re.M):
                    assert os.access(root + program, os.X_OK), program


class InstalledRig(Rig):
    """Daemons and hook are those of an installation below the scratch directory."""
    root = None

    def __init__(self, build):
        super().__init__(build)
        self.root = install(self)
        self.configure()

    def path(self, name):
        if not self.root:
            return super().path(name)
        where = "lib/**" if name.endswith(".so") else "bin"
        (path,) = glob.glob(f"{self.root}/**/{where}/{os.path.basename(name)}", recursive=True)
        return path


def the_daemons_run_from_there(build):
    """Mail arrives, what is infected does not, and no library of the build has a part in it."""
    with InstalledRig(build) as rig:
        libraries = os.path.dirname(rig.path("libstorehook.so"))
        rig.start_scanner().wait_scanning()
        store = rig.start_store(environment={"LD_LIBRARY_PATH": libraries})
        with open(f"/proc/{store.process.pid}/maps", encoding="utf-8") as maps:
            mapped = set(re.findall(r"/\S*/lib(?:esent|storehook)\S*", maps.read()))
        assert mapped == {libraries + "/libesent.so.0", libraries + "/libstorehook.so"}, mapped
        rig.wait_protected()
        assert store.deliver("alice", mail("plain", "alice", "good")) == {}
        assert store.deliver("alice", mail("eicar", "alice", "bad")) == {}
        assert store.subjects("alice") == ["good"]


if __name__ == "__main__":
    main(all_of_it_is_installed, the_daemons_run_from_there, refused_by_linking, taken_away_by_linking,
         files_in_their_rows, not_listed)

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes signatures under a real storehookd: taken over without a pause, rolled back when they are
bad, told when they are old. EICAR is found all the while.
"""
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403


def md5_signature(data, name):
    return f"{hashlib.md5(data).hexdigest()}:{len(data)}:{name}"


@test
def old_signatures_are_warned_of():
    """In the status, in the log, and on the first lines that storehookctl prints."""
    with Service("[signatures]\nwarn-age=3\n", start=False) as s:
        path = s.signatures + "/nothing.hdb"
        os.utime(path, (time.time() - 4 * 86400,) * 2)
        s.start()
        assert s.status()["warnings"] == ["the newest signatures are 4 days old"]
        assert "days-old=4" in s.log()
        run = subprocess.run([BUILD + "/scanner/storehookctl", "--config", s.config, "status"],
                             check=False, capture_output=True, text=True)
        assert run.stdout.splitlines()[1] == "WARNING: the newest signatures are 4 days old", run
        os.utime(path)
        s.wait_for_change(lambda: s.status()["warnings"] == [])
        answer = s.content(EICAR)
        version = s.status()["signatures"]["version"]
        assert answer["verdict"] == "infected"
        # A worker logs when the answer has left.
        s.wait_for(lambda: f" signatures={version}\n" in s.log())


@test
def broken_signatures_leave_the_old_ones():
    """New ones take over without a false answer; broken ones are told and not used."""
    with Service() as s:
        sample = b"not a virus at all"
        assert s.content(sample)["verdict"] == "clean"
        stop, failures = threading.Event(), []

        def load():
            while not stop.is_set():
                try:
                    if s.content(EICAR)["verdict"] != "infected":
                        failures.append("not infected")
                except (Died, Late, OSError) as error:
                    failures.append(repr(error))

        thread = threading.Thread(target=load)
        thread.start()
        s.write_signatures("extra.hdb", md5_signature(sample, "My.Sample"))
        s.wait_for(lambda: s.content(sample)["verdict"] == "infected")
        with open(s.signatures + "/broken.cvd", "wb") as out:
            out.write(b"ClamAV-VDB:broken")
        s.wait_for(lambda: "last-failure" in s.status()["signatures"])
        assert s.content(sample)["verdict"] == "infected"
        os.unlink(s.signatures + "/broken.cvd")
        os.unlink(s.signatures + "/extra.hdb")
        s.wait_for(lambda: s.content(sample)["verdict"] == "clean")
        stop.set()
        thread.join()
        assert not failures, failures[:5]


@test
def failed_canaries_roll_back():
    """An update that loads but no longer finds EICAR, or finds a plain text, is not taken."""
    canary = b"A plain text in which nothing is to be found.\n"
    with Service("[signatures]\ncheck-interval=0\n") as s:
        version = s.status()["signatures"]["version"]
        for name, line, word in (("x.ign2", "Storehook.Test.EICAR", "EICAR"),
                                 ("x.hdb", md5_signature(canary, "Wrong"), "plain text")):
            s.write_signatures(name, line)
            s.process.send_signal(signal.SIGHUP)
            s.wait_for(lambda: word in s.status()["signatures"].get("last-failure", ""))
            assert s.content(EICAR)["verdict"] == "infected" and s.content(canary)["verdict"] == "clean"
            assert s.status()["signatures"]["version"] == version
            assert "rolled back" in s.status()["warnings"][0]
            os.unlink(f"{s.signatures}/{name}")
        s.write_signatures("x.hdb", md5_signature(canary, "Wrong"))
        answer = s.control("reload")
        assert not answer["ok"] and "plain text" in answer["error"], answer
        os.unlink(s.signatures + "/x.hdb")
        assert s.control("reload")["ok"] and "last-failure" not in s.status()["signatures"]


def stop_new_loader(s, known=()):
    """As soon as there is one. Returns its id."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for loader in set(s.children()) - set(known):
            os.kill(loader, signal.SIGSTOP)
            return loader
    raise AssertionError("no loader: " + s.log())


@test
def a_reload_while_a_loader_starts():
    """It is answered and in force, also where nothing served before, or the one that started dies."""
    def reload_meanwhile(loader, action, how):
        s.write_config(f"[actions]\ninfected={action}\n")
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect(s.socket + ".control")
            peer.sendall(b'{"command": "reload"}\n')
            s.wait_for(lambda: s.status()["ok"])  # taken after the reload, since it came after it
            os.kill(loader, how)
            assert json.loads(peer.recv(4096)) == {"ok": True}
        assert s.content(EICAR)["action"] == action
    with Service(start=False) as s:
        s.start(wait=False)
        loader = stop_new_loader(s)
        s.wait_for(lambda: s.status()["ok"])
        reload_meanwhile(loader, "refuse", signal.SIGCONT)
        known = s.children()
        s.process.send_signal(signal.SIGHUP)
        reload_meanwhile(stop_new_loader(s, known), "pass", signal.SIGKILL)


@test
def low_memory_holds_one_engine():
    """The old loader is gone before the new one begins; requests wait; what fails is rolled back."""
    sample, other = b"not a virus at all", b"neither is this one"
    with Service("[signatures]\nlow-memory=true\n") as s:
        stop, failures, most = threading.Event(), [], []

        def watch():
            while not stop.is_set():
                most.append(s.loaders())

        def load():
            while not stop.is_set():
                try:
                    if s.content(EICAR)["verdict"] != "infected":
                        failures.append("not infected")
                except (Died, Late, OSError) as error:
                    failures.append(repr(error))

        threads = [threading.Thread(target=watch), threading.Thread(target=load)]
        for thread in threads:
            thread.start()
        kept = s.directory + "/state/signatures-kept"
        s.wait_for(lambda: os.path.exists(kept + "/nothing.hdb"))
        s.write_signatures("x.hdb", md5_signature(sample, "My.Sample"))
        s.wait_for(lambda: s.content(sample)["verdict"] == "infected")
        s.wait_for(lambda: os.path.exists(kept + "/x.hdb"))
        version = s.status()["signatures"]["version"]
        s.write_signatures("x.hdb", md5_signature(other, "My.Other"), "this is no signature")
        s.wait_for(lambda: s.status()["signatures"].get("last-failure") and
                   s.status()["signatures"].get("version") == version)
        assert s.content(sample)["verdict"] == "infected"
        assert "rolled back" in s.status()["warnings"][0]
        s.write_signatures("x.hdb", md5_signature(other, "My.Other"))
        s.wait_for(lambda: s.content(other)["verdict"] == "infected")
        assert s.content(sample)["verdict"] == "clean" and not s.status()["warnings"]
        stop.set()
        for thread in threads:
            thread.join()
        assert not failures, failures[:5]
        assert max(most) == 1, "two loaders at once"


@test
def cut_signatures_are_never_clean():
    """Signature files cut short anywhere: refused, or still whole enough to find the test file."""
    with Service("[signatures]\ncheck-interval=0\n", start=False) as s:
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "..", "examples", "signatures",
                               "storehook-test.ndb"), "rb") as text:
            whole = text.read()
        lines = b"".join(whole.replace(b"Storehook.Test", b"Own%d" % i) for i in range(3))
        with open(s.signatures + "/a.ndb", "wb") as out:
            out.write(lines)
        s.start()
        for size in range(1, len(lines), 1 + len(lines) // (4 if QUICK else 12)):
            with open(s.signatures + "/a.ndb", "wb") as out:
                out.write(lines[:size])
            s.control("reload")
            assert s.content(EICAR + b" " * (size % 50))["verdict"] == "infected", size


if __name__ == "__main__":
    sys.exit(main())

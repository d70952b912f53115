#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""toggle.py BUILD - protection switched off and on 1000 times under load: in effect within 100 ms,
and no delivery fails."""
import subprocess
import time

from rig import QUICK, Rig, mail, main

ROUNDS = 50 if QUICK else 500  # a round is two switches
WITHIN = 0.1


class Watcher:
    """Delivers EICAR to carol and looks whether it came."""

    def __init__(self, rig):
        self.store, self.count = rig.store, 0
        self.lmtp = self.store.lmtp()

    def passes(self, client):
        self.store.deliver("carol", mail("eicar", "carol", "probe"), self.lmtp)
        count = int(client.status("INBOX", "(MESSAGES)")[1][0].split(b"MESSAGES ")[1].split(b")")[0])
        came, self.count = count > self.count, count
        return came

    def wait_for(self, client, wanted, what):
        begun = time.monotonic()
        while True:
            asked = time.monotonic()
            if self.passes(client) == wanted:
                return asked - begun
            assert asked - begun < WITHIN, f"{what} not in effect after {WITHIN} s"


def toggled_under_load(build):
    with Rig(build, users=["carol"] + [f"user{i}" for i in range(4)]) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        load = subprocess.Popen([rig.path("tests/bench/lmtp-load"), "--connect",
                                 "unix:" + store.lmtp_path, "--connections", "4", "--mailboxes", "4",
                                 "--size", "2000", "--seconds", "100000"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        rig.processes.append(load)
        worst = 0.0
        watcher = Watcher(rig)
        with store.imap("carol") as client:
            for number in range(ROUNDS):
                rig.control("stop")
                worst = max(worst, watcher.wait_for(client, True, f"round {number}: stop"))
                rig.control("start")
                worst = max(worst, watcher.wait_for(client, False, f"round {number}: start"))
                assert load.poll() is None, f"a delivery failed: {load.stderr.read()}"
                if number % 100 == 99:
                    print(f"  {2 * number + 2} switches, worst {1e3 * worst:.1f} ms", flush=True)
        assert store.process.poll() is None


if __name__ == "__main__":
    main(toggled_under_load)

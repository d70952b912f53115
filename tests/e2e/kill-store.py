#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill-store.py BUILD - mailstored killed in a loop under load: every message that was acknowledged
is there, whole, and the store opens at once. And many connections into one folder all progress."""
import json
import random
import signal
import subprocess
import threading
import time

from rig import PATIENCE, QUICK, Rig, mail, main

ROUNDS = 3 if QUICK else 15
SENDERS = 4
OPENS_WITHIN = 5.0


class Sender(threading.Thread):
    """Delivers until the store goes away; remembers what was acknowledged."""

    def __init__(self, store, number, round_number):
        super().__init__(daemon=True)
        self.store, self.name = store, f"{round_number}.{number}"
        # Half of them into one folder.
        self.user = "alice" if number % 2 else "bob"
        self.acknowledged, self.refused = [], []

    def run(self):
        count = 0
        try:
            client = self.store.lmtp()
            while True:
                count += 1
                kind = ("plain", "clean")[count % 2]
                subject = f"{self.name} {count}"
                message = mail(kind, self.user, subject, seed=subject, size=20000)
                refused = self.store.deliver(self.user, message, client)
                if refused:
                    self.refused.append((subject, refused))
                else:
                    self.acknowledged.append((subject, message))
        except OSError:
            pass  # killed


def killed_in_a_loop(build):
    chance = random.Random(42)
    with Rig(build) as rig:
        rig.start_scanner()
        store = rig.start_store()
        rig.wait_protected()
        acknowledged = {"alice": [], "bob": []}
        worst = 0.0
        for number in range(ROUNDS):
            senders = [Sender(store, i, number) for i in range(SENDERS)]
            for sender in senders:
                sender.start()
            time.sleep(chance.uniform(0.1, 1.0))
            store.stop(signal.SIGKILL)
            for sender in senders:
                sender.join(PATIENCE)
                assert sender.refused == [], sender.refused[:3]
                acknowledged[sender.user] += sender.acknowledged
            begun = time.monotonic()
            store.start()
            worst = max(worst, time.monotonic() - begun)
        for user, messages in acknowledged.items():
            there = set(store.messages(user).values())
            missing = [subject for subject, message in messages if message not in there]
            assert not missing, f"{len(missing)} of {len(messages)} acknowledged for {user} are " \
                f"gone: {missing[:5]}, or altered: {set(missing) & set(store.subjects(user))}"
        print(f"  {sum(map(len, acknowledged.values()))} acknowledged, all there; "
              f"opened in {worst:.2f} s at worst", flush=True)
        assert worst < OPENS_WITHIN


def one_folder(build):
    """No conflict reaches a client, and none starves."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        run = subprocess.run([rig.path("tests/bench/lmtp-load"), "--connect",
                              "unix:" + store.lmtp_path, "--connections", "16", "--mailboxes", "1",
                              "--prefix", "alice+", "--seconds", "3"], capture_output=True,
                             text=True, timeout=60, check=False)
        assert run.returncode == 0, run.stderr
        told = json.loads(run.stdout)
        print(f"  {told['deliveries']} deliveries, the slowest connection made {told['least']}")
        assert told["least"] > 0
        with store.imap("alice") as client:
            status = client.status("INBOX", "(MESSAGES UIDNEXT)")[1][0]
        assert b"MESSAGES %d" % told["deliveries"] in status, status


if __name__ == "__main__":
    main(killed_in_a_loop, one_folder)

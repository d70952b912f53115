#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""soak.py BUILD [MINUTES] - all daemons under load for long: what each process holds must not grow.

Rounds of the same work - deliveries, clean and infected, by LMTP; readers by IMAP and POP3; the
protection switched off and on; a worker killed - after which all is expunged. After each round, at
rest, memory, descriptors and threads of each process are noted, and the pages of the store. The
first third warms up. Over the rest a straight line is fitted: what it gains from end to end must
stay below a limit that tells growth from noise.
"""
import contextlib
import os
import poplib
import signal
import subprocess
import sys
import threading
import time

from rig import PASSWORD, Rig, mail, wait_until

USERS = [f"user{i}" for i in range(4)]
MESSAGES = 400   # a round, by the load generator
REST = 2.5       # seconds; the store gives memory back after one, pages after two
WARM = 1 / 3     # of the rounds
# A gain from end to end of the judged rounds that is noise. Memory in KB: arenas fill up slowly, and
# the supervisor knows each incident. Of the lines to the workers, three descriptors each, some are
# kept, and others at each look.
LIMITS = {"memory": 3000, "descriptors": 12, "threads": 1.5, "pages": 400}


def status_number(pid, file, key):
    with open(f"/proc/{pid}/{file}", encoding="ascii", errors="replace") as text:
        return next(int(line.split()[1]) for line in text if line.startswith(key))


class Soak:
    def __init__(self, rig):
        self.rig, self.store = rig, rig.store
        self.samples = {}  # (process, what): [(seconds, value)]
        self.begun, self.rounds, self.killed = time.monotonic(), 0, 0

    def sample(self):
        workers = self.rig.status()["workers"]
        processes = {"mailstored": self.store.process.pid, "supervisor": self.rig.scanner.pid,
                     "loader": workers["loader"], "worker": self.lasting}
        for name, pid in processes.items():
            self.note(name, "memory", status_number(pid, "smaps_rollup", "Anonymous:"))
            self.note(name, "descriptors", len(os.listdir(f"/proc/{pid}/fd")))
            self.note(name, "threads", status_number(pid, "status", "Threads:"))
        self.note("store", "pages", sum(
            entry.stat().st_blocks // 8 for entry in os.scandir(self.store.directory)))

    def note(self, name, what, value):
        self.samples.setdefault((name, what), []).append((time.monotonic() - self.begun, value))

    def deliver(self):
        subprocess.run([self.rig.path("tests/bench/lmtp-load"), "--connect",
                        "unix:" + self.store.lmtp_path, "--connections", "4", "--mailboxes", "4",
                        "--attachment", "20000", "--messages", str(MESSAGES),
                        "--seed", str(self.rounds)], stdout=subprocess.DEVNULL, check=True)

    def deliver_bad(self):
        for kind in ("eicar", "eicar-zip", "clean"):
            bad = self.store.deliver(USERS, mail(kind, USERS[0], f"{kind} {self.rounds}",
                                                 seed=1000 + self.rounds))
            assert not bad, bad

    def read(self):
        for user in USERS:
            with self.store.imap(user) as client:
                count = int(client.select("INBOX", readonly=True)[1][0])
                client.search(None, "SUBJECT", "clean")
                if count > 0:
                    client.fetch(f"1:{min(count, 50)}", "(ENVELOPE BODY.PEEK[])")
        pop = poplib.POP3("127.0.0.1", self.store.pop3_port, timeout=60)
        pop.user(USERS[0])
        pop.pass_(PASSWORD)
        pop.list()
        if pop.stat()[0] > 0:
            pop.retr(1)
        pop.quit()

    def expunge(self):
        for user in USERS:
            with self.store.imap(user) as client:
                client.select("INBOX")
                client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
                client.expunge()

    def kill_worker(self):
        """One of two: the other lives as long as the test, and is the one that is measured."""
        workers = self.rig.status()["workers"]["processes"]
        for pid in workers:
            if pid != self.lasting:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed += 1

    def round(self):
        failed = []

        def run(work):
            try:
                work()
            except Exception as error:  # pylint: disable=broad-except
                failed.append(f"{work.__name__}: {error!r}")

        self.rounds += 1
        load = [threading.Thread(target=run, args=(work,)) for work in (self.deliver, self.read)]
        for one in load:
            one.start()
        for word in ("stop", "start"):
            self.rig.control(word)
        self.kill_worker()
        for one in load:
            one.join()
        run(self.deliver_bad)
        run(self.read)
        run(self.expunge)
        assert not failed, failed
        time.sleep(REST)
        wait_until(lambda: self.rig.status()["workers"]["alive"] == 2, "two workers")
        self.sample()

    def run(self, seconds):
        self.lasting = self.rig.status()["workers"]["processes"][0]
        self.deliver_bad()  # something for the first reader
        while time.monotonic() - self.begun < seconds or self.rounds < 20:
            self.round()
        print(f"{self.rounds} rounds, {self.rounds * (MESSAGES + 12)} deliveries, "
              f"{self.killed} workers killed")

    def judge(self):
        """What grew."""
        grown = []
        print(f"{'':24}{'first':>10}{'last':>10}{'an hour':>12}{'gain':>10}{'limit':>8}")
        for (name, what), points in self.samples.items():
            judged = points[int(len(points) * WARM):]
            slope = fit(judged)
            gain = slope * (judged[-1][0] - judged[0][0])
            grows = gain > LIMITS[what]
            print(f"{name + ' ' + what:24}{judged[0][1]:10}{judged[-1][1]:10}{slope * 3600:12.1f}"
                  f"{gain:10.1f}{LIMITS[what]:8}{'  GROWS' if grows else ''}")
            if grows:
                grown.append(f"{name} {what}")
        return grown


def fit(points):
    """The slope of the straight line with the least squares."""
    middle = [sum(point[i] for point in points) / len(points) for i in (0, 1)]
    spread = sum((x - middle[0]) ** 2 for x, _ in points)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / spread


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: soak.py BUILD-DIRECTORY [MINUTES]")
    with Rig(sys.argv[1], users=USERS) as rig:
        # Only what the test kills is replaced.
        rig.configure("workers=2\nscans-per-worker=4294967295")
        rig.start_scanner().start_store(extra="[limits]\ncollect-interval=1\n")
        rig.wait_protected()
        soak = Soak(rig)
        soak.run(60 * float((sys.argv[2:] or ["10"])[0]))
        grown = soak.judge()
    print("grows: " + ", ".join(grown) if grown else "nothing grows")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())

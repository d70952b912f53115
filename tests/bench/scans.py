# SPDX-License-Identifier: GPL-2.0-or-later
"""scans.py - storehookd asked through the client library, against clamd with the same signatures and
against libclamav in the asking process.

clamd is asked by FILDES with a connection a scan, as its own clients do it. Contents are new to both
unless a figure says "seen". What two workers gain is measured with as many clients as workers.
"""
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import peers  # noqa: E402  pylint: disable=wrong-import-position
from measure import alternate, compare, cpu_seconds, descendants  # noqa: E402  pylint: disable=wrong-import-position
from rig import Rig, mail, wait_until  # noqa: E402  pylint: disable=wrong-import-position

SIZES = {"1k": 1024, "100k": 102400, "1m": 1 << 20}
AGAINST_CLAMD = [("random", "1k", 1, ">= 1.5"), ("random", "1k", 2, ">= 1.5"),
                 ("text", "1k", 1, ">= 1.2"), ("text", "1k", 2, ">= 1.2"),
                 ("mail", "1k", 1, ">= 1.2"), ("mail", "1k", 2, ">= 1.2")]
AGAINST_RAW = [("random", "100k", ">= 0.85"), ("random", "1m", ">= 0.9"),
               ("text", "100k", ">= 0.8"), ("text", "1m", ">= 0.8")]
SEEN = [("random", ">= 8"), ("text", ">= 5")]


class Clamd:
    """clamd alone, with the rig's signatures."""

    def __init__(self, rig):
        self.where = rig.scratch + "/clamd-alone"
        self.socket = self.where + "/clamd.sock"
        os.makedirs(self.where + "/tmp")
        settings = {"where": self.where, "signatures": rig.signatures}
        self.process = rig.spawn(["clamd", "-c", peers.write(self.where + "/clamd.conf",
                                                             peers.CLAMD.format(**settings))],
                                 "clamd-alone")
        wait_until(lambda: peers.accepts_unix(self.socket), "clamd to answer", 120)


class Scans:
    def __init__(self, bench):
        self.build, self.report = bench.build, bench.report
        self.seconds, self.rounds, self.quick = bench.seconds, bench.rounds, bench.quick

    def load(self, how, where, kind, size, clients, *more, seconds=None):
        run = subprocess.run([self.build + "/tests/bench/scan-load", how, where, kind,
                              str(SIZES[size]), str(clients), str(seconds or self.seconds), *more],
                             capture_output=True, text=True, check=False)
        if run.returncode:
            raise AssertionError(f"scan-load {how} {kind} {size}: {run.stderr.strip()}")
        return json.loads(run.stdout)

    def rate(self, *arguments):
        return lambda: self.load(*arguments)["per_second"]

    def add(self, name, variants, reference, target):
        values = alternate(variants, self.rounds)
        value, other, ratio = compare(values, "storehook", reference)
        self.report.add(name, value, "scans/s", reference, other, target, ratio)

    def rig(self, workers=2, extra=""):
        rig = Rig(self.build)
        rig.configure(f"workers={workers}\n{extra}")
        return rig

    def throughput(self):
        with self.rig() as rig:
            start(rig)
            clamd = Clamd(rig)
            for kind, size, clients, target in AGAINST_CLAMD:
                self.add(f"scan-{kind}-{size}-{clients}",
                         {"storehook": self.rate("storehook", rig.socket, kind, size, clients),
                          "clamd": self.rate("clamd", clamd.socket, kind, size, clients)},
                         "clamd", target)
            for kind, size, target in AGAINST_RAW:
                self.add(f"scan-{kind}-{size}-1",
                         {"storehook": self.rate("storehook", rig.socket, kind, size, 1),
                          "libclamav": self.rate("raw", rig.signatures, kind, size, 1)},
                         "libclamav", target)
            for kind, target in SEEN:
                self.add(f"seen-{kind}-100k-1",
                         {"storehook": self.rate("storehook", rig.socket, kind, "100k", 1, "seen"),
                          "clamd": self.rate("clamd", clamd.socket, kind, "100k", 1)},
                         "clamd", target)

    def workers(self):
        with self.rig(1) as one, self.rig(2) as two:
            start(one)
            start(two)
            values = alternate({
                "one": self.rate("storehook", one.socket, "random", "100k", 1),
                "two": self.rate("storehook", two.socket, "random", "100k", 2),
                "raw-one": self.rate("raw", one.signatures, "random", "100k", 1),
                "raw-two": self.rate("raw", one.signatures, "random", "100k", 2)}, self.rounds)
            ours = compare(values, "two", "one")[2]
            theirs = compare(values, "raw-two", "raw-one")[2]
            self.report.add("scan-two-workers-gain", ours, "times one", "two of libclamav", theirs,
                            ">= 0.9")

    def memory(self):
        """8 workers with many signatures; a reload under load, plain and with little memory."""
        with self.rig(8) as rig:
            generate_signatures(rig.signatures, quick=self.quick)
            clamd = Clamd(rig)
            self.load("clamd", clamd.socket, "text", "1k", 8)
            reference = proportional_memory(clamd.process.pid)
            start(rig)
            self.load("storehook", rig.socket, "text", "1k", 8)
            steady = proportional_memory(rig.scanner.pid)
            self.report.add("memory-8-workers", steady, "MB", "clamd", reference, "<= 1.15")
            quiet = self.load("storehook", rig.socket, "random", "1k", 2, seconds=6)["p99_us"]
            peak, _ = self.reload(rig)
            _, busy = self.reload(rig, watch=False)
            self.report.add("reload-memory", peak, "MB", "before", steady, "<= 2.1")
            self.report.add("reload-p99", busy, "us", "without", quiet, "<= 2")
        with self.rig(8, "") as rig:
            rig.configure("workers=8\n", extra="")
            with open(rig.configuration, encoding="utf-8") as text:
                text = text.read().replace("[signatures]\n", "[signatures]\nlow-memory=true\n")
            peers.write(rig.configuration, text)
            generate_signatures(rig.signatures, quick=self.quick)
            start(rig)
            self.load("storehook", rig.socket, "text", "1k", 8)
            steady = proportional_memory(rig.scanner.pid)
            peak, _ = self.reload(rig, load=False)
            self.report.add("reload-memory-low", peak, "MB", "before", steady, "<= 1.1")

    def reload(self, rig, load=True, watch=True):
        """Other signatures while clients ask: the highest memory seen, and the p99 of the clients.
        To watch ten processes' pages takes half a processor, so who wants the p99 does not."""
        before = rig.status()["signatures"]["version"]
        with open(rig.signatures + "/another.hdb", "a", encoding="ascii") as out:
            out.write(f"{random.getrandbits(128):032x}:1234567:Bench.Another\n")
        found = {}
        asking = threading.Thread(target=lambda: found.update(
            self.load("storehook", rig.socket, "random", "1k", 2, seconds=6)))
        reloading = threading.Thread(target=lambda: rig.control("reload"))
        if load:
            asking.start()
        reloading.start()
        peak, end = 0, time.monotonic() + 120
        while time.monotonic() < end and (
                asking.is_alive() or reloading.is_alive() or
                rig.status()["signatures"].get("version") in (before, None)):
            if watch:
                peak = max(peak, proportional_memory(rig.scanner.pid))
            time.sleep(0.05)
        reloading.join()
        if load:
            asking.join()
        assert rig.status()["signatures"]["version"] != before, "no reload"
        return peak, found.get("p99_us")

    def cost(self):
        """CPU time of the service: while nothing happens, and for a thousand messages."""
        with self.rig() as rig:
            store = start(rig).start_store()
            rig.wait_protected()
            count = 200
            before = tree_cpu(rig.scanner.pid)
            with_client = store.lmtp()
            for number in range(count):
                store.deliver("alice", mail("clean", "alice", f"{number}", size=10000,
                                            seed=str(number)), with_client)
            with_client.close()
            self.report.add("cpu-1000-messages", 1000 / count * (tree_cpu(rig.scanner.pid) - before),
                            "s (10 KB attachments)")
            before, begun = tree_cpu(rig.scanner.pid), time.monotonic()
            time.sleep(5 if self.quick else 20)
            self.report.add("cpu-idle", 100 * (tree_cpu(rig.scanner.pid) - before) /
                            (time.monotonic() - begun), "percent", target="<= 0.1")


def start(rig):
    rig.start_scanner()
    wait_until(lambda: rig.status()["workers"]["alive"] == rig.status()["workers"]["configured"],
               "the workers", 120)
    return rig


def proportional_memory(pid):
    """Megabytes of a process and all below it, each shared page counted once. Pages of files are
    the kernel's cache: while signatures are read, the whole of them would count."""
    total = 0
    for one in [pid, *descendants(pid)]:
        try:
            with open(f"/proc/{one}/smaps_rollup", encoding="ascii") as text:
                total += sum(int(line.split()[1]) for line in text
                             if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
        except OSError:
            pass  # it has just ended
    return total / 1024


def tree_cpu(pid):
    """In nanoseconds by the scheduler where it tells, since a tick is 10 ms."""
    total = 0
    for one in [pid, *descendants(pid)]:
        try:
            with open(f"/proc/{one}/schedstat", encoding="ascii") as text:
                total += int(text.read().split()[0]) / 1e9
        except (OSError, IndexError):
            total += cpu_seconds(one)
    return total


def generate_signatures(directory, quick=False):
    """100 000 of bodies and a million of hashes, as the vendor's database has them."""
    numbers = random.Random(1)
    share = 10 if quick else 1
    with open(directory + "/generated.ndb", "w", encoding="ascii") as out:
        for i in range(100000 // share):
            out.write(f"Bench.Body.{i}:0:*:{numbers.randbytes(24).hex()}\n")
    with open(directory + "/generated.hsb", "w", encoding="ascii") as out:
        for i in range(1000000 // share):
            digest = hashlib.sha256(b"%d" % i).hexdigest()
            out.write(f"{digest}:{1000 + i % 100000}:Bench.Hash.{i}:73\n")

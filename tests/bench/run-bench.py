#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run-bench.py --build DIRECTORY [--quick] [--only PART]... [--place tmpfs|disk]...

Measures what the documentation claims. Each figure stands against its reference from the same run:
the variants take turns, several rounds, and medians are told. One JSON line a figure, then a table.
Exit 1 when a target was missed.

Parts: engine (ese-*: the store engine against bare LMDB), programs (the other C benches beside
this), scans, memory, delivery, cpu, recipients, dovecot, reading, postfix.
"""
import argparse
import glob
import itertools
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import peers  # noqa: E402  pylint: disable=wrong-import-position
from measure import Report, alternate, compare, cpu_seconds  # noqa: E402  pylint: disable=wrong-import-position
from reading import Reading  # noqa: E402  pylint: disable=wrong-import-position
from rig import Rig, mail  # noqa: E402  pylint: disable=wrong-import-position
from scans import Scans  # noqa: E402  pylint: disable=wrong-import-position

# Whole messages of 1 KB and 100 KB as they go over the wire: 73 000 bytes are 100 000 in base64.
LOADS = {
    "1k": ["--size", "1024"],
    "100k-unique": ["--attachment", "73000"],
    "100k-repeated": ["--attachment", "73000", "--repeat"],
}
TARGETS = {"1k": ">= 0.5", "100k-unique": "", "100k-repeated": ">= 0.7"}
# connections, mailboxes
SHAPES = {"1": (1, 1), "8": (8, 8), "8-one-mailbox": (8, 1)}
ENGINE = ("commit", "insert", "read", "long", "readers", "size", "churn")
MAILBOXES = 1000
# Many short turns: the machine's speed changes from second to second, and who takes turns has his
# share of both. A turn through Postfix is as long as its queue.
ROUNDS, ROUNDS_QUICK, TURN = 11, 3, 0.5
CPU_ROUNDS, CPU_ROUNDS_QUICK, CPU_TURN = 24, 8, 0.25
POSTFIX_ROUNDS, POSTFIX_ROUNDS_QUICK = 3, 2
PLACES = {"tmpfs": "/dev/shm", "disk": "/var/tmp"}


class Bench:
    def __init__(self, options):
        self.options, self.report, self.seed = options, Report(), 0
        self.build = os.path.abspath(options.build)
        self.seconds, self.quick = TURN, options.quick
        self.rounds = ROUNDS_QUICK if options.quick else ROUNDS

    def load(self, target, *arguments, seconds=None):
        """One run of the load generator; what it printed. Other bytes each time."""
        self.seed += 1
        run = subprocess.run([self.build + "/tests/bench/lmtp-load", "--connect", target,
                              "--seed", str(self.seed), "--seconds", str(seconds or self.seconds),
                              *map(str, arguments)], capture_output=True, text=True, check=False)
        if run.returncode:
            raise AssertionError(f"{target}: {run.stderr.strip()}")
        return json.loads(run.stdout)

    def rate(self, store, load, shape):
        connections, mailboxes = SHAPES[shape]
        return lambda: self.load("unix:" + store.lmtp_path, "--connections", connections,
                                 "--mailboxes", mailboxes, *LOADS[load])["per_second"]

    def rig(self, place):
        return Rig(self.build, users=[f"user{i}" for i in range(MAILBOXES)], directory=PLACES[place])

    # The parts.

    def engine(self, place):
        """The targets are for a disk: on tmpfs a commit costs next to nothing, in LMDB too."""
        for name in ENGINE:
            run = subprocess.run([f"{self.build}/tests/bench/ese-{name}",
                                  *(["--quick"] if self.options.quick else []), PLACES[place]],
                                 stdout=subprocess.PIPE, text=True, timeout=1200, check=True)
            for line in map(json.loads, run.stdout.splitlines()):
                target = line["target"] if place == "disk" else ""
                self.report.add_line({**line, "bench": f"{line['bench']}-{place}", "target": target})

    def programs(self):
        for path in sorted(glob.glob(self.build + "/tests/bench/*")):
            name = os.path.basename(path)
            if not os.access(path, os.X_OK) or not os.path.isfile(path) or "." in name or \
                    name in ("lmtp-load", "scan-load") or name.startswith("ese-"):
                continue
            run = subprocess.run([path], capture_output=True, text=True, timeout=300, check=False)
            if run.returncode:
                raise AssertionError(f"{name}: {run.returncode}: {run.stderr}")
            for line in run.stdout.splitlines():
                if line.startswith("{"):
                    self.report.add_line(json.loads(line))

    def delivery(self, place):
        """Hooked against bare, the same program."""
        with self.rig(place) as rig:
            rig.start_scanner()
            hooked, bare = rig.start_store("hooked"), rig.start_store("bare", hooked=False)
            rig.wait_protected()
            for load in LOADS:
                for shape in SHAPES:
                    values = alternate({"hooked": self.rate(hooked, load, shape),
                                        "bare": self.rate(bare, load, shape)}, self.rounds)
                    value, reference, ratio = compare(values, "hooked", "bare")
                    self.report.add(f"delivery-{load}-{shape}-{place}", value, "messages/s",
                                    "unhooked", reference, TARGETS[load], ratio)
            rig.wait_protected()
            unscanned = rig.unscanned()
            self.report.add(f"delivery-unscanned-{place}", unscanned, "rows", target="<= 0")

    def cpu(self, place):
        """CPU time of store and service with engines that do nothing, beyond that of a bare store;
        and the same with a service that answers before it has read anything, which cannot be saved
        as long as another process judges. What ours is of a delivery by Dovecot tells what it is to
        a store that takes as long for one as others do."""
        with self.rig(place) as rig, self.rig(place) as unread:
            engines = self.build + "/tests/bench/noop-scan.so"
            rig.preload_scanner = engines
            unread.preload_scanner = f"{engines} {self.build}/tests/bench/answer-at-once.so"
            stores, pids = {}, {}
            for name, one in (("ours", rig), ("unread", unread)):
                stores[name] = one.start_scanner().start_store(name)
                pids[name] = (stores[name].process.pid, one.scanner.pid)
                one.wait_protected()
            stores["bare"] = rig.start_store("bare", hooked=False)
            stores["dovecot"] = peers.Dovecot(rig, "maildir")
            for name in ("bare", "dovecot"):
                pids[name] = (stores[name].process.pid,)

            def cost(name, load, shape):
                connections, mailboxes = SHAPES[shape]

                def run():
                    before = cpu_seconds(*pids[name])
                    done = self.load("unix:" + stores[name].lmtp_path, "--connections", connections,
                                     "--mailboxes", mailboxes, *LOADS[load],
                                     seconds=CPU_TURN)["deliveries"]
                    return 1e6 * (cpu_seconds(*pids[name]) - before) / done
                return run

            for load, shape in itertools.product(LOADS, ("1", "8")):
                values = alternate({name: cost(name, load, shape) for name in stores},
                                   CPU_ROUNDS_QUICK if self.options.quick else CPU_ROUNDS)
                for name in ("ours", "unread"):
                    values[name] = [hooked - bare
                                    for hooked, bare in zip(values[name], values["bare"])]
                for name, own, reference, against, target in (
                        ("ours", "ours", "bare", "unhooked", "<= 0.15"),
                        ("unread", "unread", "bare", "unhooked", ""),
                        ("dovecot", "ours", "dovecot", "Dovecot maildir, no scan", "")):
                    value, reference_value, ratio = compare(values, own, reference)
                    self.report.add(f"cpu-{name}-{load}-{shape}-{place}", value, "us/message",
                                    against, reference_value, target, ratio)

    def recipients(self):
        """One 1 MB attachment to 1000 mailboxes: one scan, one copy."""
        with self.rig("tmpfs") as rig:
            store = rig.start_scanner().start_store()
            rig.wait_protected()
            users = [f"user{i}" for i in range(MAILBOXES)]
            # Folders are made at the first delivery; that is not what is measured.
            store.deliver(users, mail("plain", "user0", "first"))
            before, scans = pages_in_use(store), rig.status()["scans"]["scanned"]
            size = 1 << 20
            begun = time.monotonic()
            refused = store.deliver(users, mail("clean", "user0", "large", size=size, seed="large"))
            took = time.monotonic() - begun
            assert refused == {}, refused
            scans = rig.status()["scans"]["scanned"] - scans
            used = pages_in_use(store) - before
            self.report.add("recipients-1000-scans", scans, "scans (text and attachment)",
                            target="<= 2")
            self.report.add("recipients-1000-bytes", (used - size) / MAILBOXES, "bytes/recipient",
                            target="<= 2048")
            self.report.add("recipients-1000-seconds", took, "s")

    def dovecot(self, place):
        with self.rig(place) as rig:
            store = rig.start_scanner().start_store()
            maildir, mdbox = peers.Dovecot(rig, "maildir"), peers.Dovecot(rig, "mdbox")
            rig.wait_protected()
            for load in ("1k", "100k-repeated"):
                for shape in ("1", "8"):
                    values = alternate({"hooked": self.rate(store, load, shape),
                                        "maildir": self.rate(maildir, load, shape),
                                        "mdbox": self.rate(mdbox, load, shape)}, self.rounds)
                    for peer in ("maildir", "mdbox"):
                        value, reference, ratio = compare(values, "hooked", peer)
                        self.report.add(f"dovecot-{peer}-{load}-{shape}-{place}", value, "messages/s",
                                        f"Dovecot {peer}, no scan", reference, ">= 1", ratio)
            assert rig.unscanned() == 0

    def reading(self, place):
        Reading(self, place).run()

    def postfix(self, place):
        """From the first SMTP connection until the queue is empty."""
        count = 100 if self.options.quick else 400
        with self.rig(place) as rig:
            store = rig.start_scanner().start_store()
            dovecot = peers.Dovecot(rig, "maildir")
            os.chmod(store.lmtp_path, 0o666)  # Postfix's client is not root
            ours = peers.Postfix(rig, "ours", store.lmtp_path)
            theirs = peers.Postfix(rig, "theirs", dovecot.lmtp_path, peers.Clamd(rig).milter)
            rig.wait_protected()

            def through(postfix):
                def run():
                    begun = time.monotonic()
                    self.load(f"127.0.0.1:{postfix.port}", "--smtp", "--connections", 8,
                              "--mailboxes", 8, "--messages", count, *LOADS["100k-repeated"],
                              seconds=120)
                    postfix.wait_empty()
                    return count / (time.monotonic() - begun)
                return run

            values = alternate({"hooked": through(ours), "milter": through(theirs)},
                               POSTFIX_ROUNDS_QUICK if self.options.quick else POSTFIX_ROUNDS)
            value, reference, ratio = compare(values, "hooked", "milter")
            self.report.add(f"postfix-100k-repeated-{place}", value, "messages/s",
                            "clamav-milter -> Dovecot", reference, ">= 1.3", ratio)
            assert rig.unscanned() == 0

    def scans(self):
        Scans(self).throughput()
        Scans(self).workers()
        Scans(self).cost()

    def memory(self):
        Scans(self).memory()

    def run(self):
        parts = {"engine": True, "programs": False, "scans": False, "memory": False,
                 "recipients": False, "cpu": True, "delivery": True, "dovecot": True,
                 "reading": True, "postfix": True}
        for name, placed in parts.items():
            if self.options.only and name not in self.options.only:
                continue
            for place in (self.options.place or PLACES) if placed else (None,):
                print(f"==> {name}{f' on {place}' if place else ''}", file=sys.stderr, flush=True)
                try:
                    getattr(self, name)(*([place] if place else []))
                except Exception as error:  # pylint: disable=broad-except
                    print(f"{name}: {error}", file=sys.stderr)
                    self.report.add(f"{name}-failed", 1, "", target="<= 0")
        self.report.table()
        return 1 if self.report.missed() else 0


def pages_in_use(store):
    """Bytes of the database's pages that hold something, told by LMDB's own tool."""
    total = 0
    for path in glob.glob(store.directory + "/**", recursive=True):
        if not os.path.isfile(path) or path.endswith("-lock"):
            continue
        run = subprocess.run(["mdb_stat", "-n", "-e", "-ff", path], capture_output=True, text=True,
                             check=False)
        if run.returncode:
            continue
        found = {}
        for line in run.stdout.splitlines():
            name, _, value = line.strip().partition(": ")
            if value.isdigit():
                found[name] = int(value)
        total += (found["Number of pages used"] - found.get("Free pages", 0)) * found["Page size"]
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--quick", action="store_true", help="shorter runs, fewer rounds")
    parser.add_argument("--only", action="append", metavar="PART")
    parser.add_argument("--place", action="append", choices=sorted(PLACES))
    begun = time.monotonic()
    status = Bench(parser.parse_args()).run()
    print(f"\n{time.monotonic() - begun:.0f} s")
    sys.exit(status)


if __name__ == "__main__":
    main()

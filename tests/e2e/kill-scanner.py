#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill-scanner.py BUILD - every piece of storehookd killed or hung at any instant, under load:
deliveries go on, nothing that arrived unscanned is missing from the count."""
import contextlib
import itertools
import os
import random
import signal
import subprocess
import threading
import time

from rig import PATIENCE, QUICK, Rig, descendants, mail, main, wait_until

ROUNDS = 10 if QUICK else 60
DEADLINE = 2.0  # what the service is configured to, in seconds
QUARANTINE = "[quarantine]\ntimeout=1000\n"  # must fit into it


class Sender(threading.Thread):
    """Delivers infected and clean messages by turns, and remembers the longest that one took."""

    def __init__(self, store, user):
        super().__init__(daemon=True)
        self.store, self.user = store, user
        self.done, self.worst, self.sent, self.error = threading.Event(), 0.0, [], None
        self.deferred = 0

    def run(self):
        try:
            client = self.store.lmtp()
            for number in itertools.count():
                if self.done.is_set():
                    break
                kind = ("eicar", "clean")[number % 2]
                subject = f"{kind} {self.user} {number}"
                message = mail(kind, self.user, subject, seed=subject)
                begun = time.monotonic()
                refused = self.store.deliver(self.user, message, client)
                self.worst = max(self.worst, time.monotonic() - begun)
                # Found infected, and then the quarantine died: the sender shall try again.
                if kind == "eicar" and refused and refused[self.user][0] == 451:
                    self.deferred += 1
                    continue
                assert refused == {}, f"{subject}: {refused}"
                self.sent.append((kind, subject, message))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error


def killed_under_load(build):
    chance = random.Random(4711)
    with Rig(build) as rig:
        rig.configure(service=f"deadline={int(DEADLINE * 1000)}", extra=QUARANTINE)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        senders = [Sender(store, user) for user in ("alice", "bob")]
        for sender in senders:
            sender.start()
        for number in range(ROUNDS):
            time.sleep(chance.uniform(0, 0.3))
            below = descendants(rig.scanner.pid)
            victim = chance.choice([rig.scanner.pid, *below, *below])
            how = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
            if victim == rig.scanner.pid:
                rig.kill_scanner()
                time.sleep(chance.uniform(0, 0.3))
                rig.start_scanner()
            else:
                try:
                    os.kill(victim, how)
                except ProcessLookupError:
                    pass
            for sender in senders:
                assert sender.error is None, sender.error
            assert store.process.poll() is None, "the store ended"
            if number % 10 == 9:
                print(f"  {number + 1} killed, {sum(len(s.sent) for s in senders)} delivered", flush=True)
        for sender in senders:
            sender.done.set()
            sender.join(PATIENCE)
            assert sender.error is None, sender.error
        rig.kill_scanner()
        rig.start_scanner()
        rig.wait_protected()
        store.deliver("carol", mail("plain", "carol", "the last one"))
        assert_accounted_for(rig, store, senders)


def assert_accounted_for(rig, store, senders):
    passed = 0
    on_record = {i["subject"] for i in rig.control("incidents", "--limit", "10000")["incidents"]}
    for sender in senders:
        assert sender.worst < DEADLINE + 5, f"a delivery took {sender.worst:.1f} s"
        there = list(store.messages(sender.user).values())
        held = set(there)
        for kind, subject, message in sender.sent:
            if kind == "clean":
                assert message in held, "a clean message that was acknowledged is not there, whole"
            else:
                assert message in held or subject in on_record, f"{subject}: gone without a trace"
        passed += sum(message in held for kind, _, message in sender.sent if kind == "eicar")
    wait_until(lambda: rig.unscanned() >= passed,
               f"status to own up to {passed} infected messages that passed")
    print(f"  {passed} infected ones passed unscanned, status says {rig.unscanned()} rows; "
          f"{sum(sender.deferred for sender in senders)} told to try again", flush=True)


def nothing_passes_after_a_restart(build):
    """Ended or killed, and started again while nobody wrote: the next write finds the new one."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        with contextlib.closing(store.lmtp()) as client:
            for how in (signal.SIGTERM, signal.SIGKILL):
                rig.scanner.send_signal(how)
                rig.scanner.wait(PATIENCE)
                rig.start_scanner().wait_scanning()
                time.sleep(1.1)  # one handshake a second at most
                for number in range(3):  # what passed is told with what is written later
                    message = mail("plain", "alice", "plain", seed=f"{how} {number}")
                    assert store.deliver("alice", message, client) == {}
            time.sleep(1.1)
            assert store.deliver("alice", mail("plain", "alice", "plain"), client) == {}
        time.sleep(0.2)
        assert rig.unscanned() == 0, "the first write after a restart was not judged"


def nothing_is_done_without_record(build):
    """The supervisor hangs and is killed in mid-decision: what was taken out of a message by then has
    an incident, or the message is whole, or its sender keeps it."""
    with Rig(build) as rig:
        rig.configure(extra="[quarantine]\nkeep-all=false\n")  # the worker asks for nothing else
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        message, refused = mail("renamed-program", "alice", "renamed"), {}
        rig.scanner.send_signal(signal.SIGSTOP)
        sender = threading.Thread(target=lambda: refused.update(store.deliver("alice", message)))
        sender.start()
        sender.join(0.3)
        rig.kill_scanner()
        sender.join(PATIENCE)
        assert not sender.is_alive()
        rig.start_scanner()
        if not refused and message not in store.messages("alice").values():
            assert [incident["subject"] for incident in rig.incidents()] == ["renamed"]


def all_workers_hang(build):
    """SIGSTOP to all of them: deliveries take the deadline at most, and the count grows."""
    with Rig(build) as rig:
        rig.configure(service=f"deadline={int(DEADLINE * 1000)}", extra=QUARANTINE)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        below = descendants(rig.scanner.pid)
        for pid in below:
            os.kill(pid, signal.SIGSTOP)
        message = mail("eicar", "alice", "hung", seed="hung")
        begun = time.monotonic()
        assert store.deliver("alice", message) == {}
        assert time.monotonic() - begun < DEADLINE + 5
        arrived = list(store.messages("alice").values()) == [message]
        for pid in below:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        if arrived:
            rig.wait_protected()
            wait_until(lambda: rig.unscanned() > 0, "the hung one to be counted")
        wait_until(lambda: not passes(rig, store), "protection to be back")


def parser_crashes(build):
    """Content that kills, hangs or swells the worker that looks at it, by a hook for tests: it passes
    within the deadline, counted, and the next message is judged as ever. When it comes again it is
    known, and goes to quarantine."""
    with Rig(build) as rig:
        rig.configure(service=f"deadline={int(DEADLINE * 1000)}\ntest-hooks=true",
                      extra=QUARANTINE + "[limits]\nmemory=256M\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        expected = 0
        sent = {what: mail("clean", "alice", what, data=f"STOREHOOK-TEST-HOOK:{what}".encode())
                for what in ("crash", "hang", "memory")}
        for what, message in sent.items():
            before = rig.unscanned()
            begun = time.monotonic()
            assert store.deliver("alice", message) == {}
            assert time.monotonic() - begun < DEADLINE + 5, what
            expected += 1
            assert len(store.messages("alice")) == expected, what
            assert message in store.messages("alice").values(), what
            wait_until(lambda before=before: rig.unscanned() > before, f"{what} to be counted")
            assert not passes(rig, store), f"not protected after {what}"
        before, there = rig.unscanned(), len(store.messages("alice"))
        assert store.deliver("alice", sent["crash"]) == {}
        assert list(store.messages("alice").values()).count(sent["crash"]) == 1
        assert len(store.messages("alice")) == there + 1, "with a notice"
        assert rig.incidents()[0]["name"] == "crashes the scanner", rig.incidents()[0]
        assert rig.unscanned() == before


def passes(rig, store):
    before = len(store.messages("bob"))
    store.deliver("bob", mail("eicar", "bob", "again"))
    return len(store.messages("bob")) > before


def temporary_directory_full(build):
    """Where libclamav has no room it says clean; we must not."""
    with Rig(build) as rig:
        if os.geteuid() != 0:
            print("  not root: cannot mount a small tmpfs; not tested")
            return
        small = rig.scratch + "/small"
        os.mkdir(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            print("  mount is refused here; not tested")
            return
        try:
            rig.configure(service=f"temporary-directory={small}")
            store = rig.start_scanner().start_store()
            rig.wait_protected()
            with open(small + "/fill", "wb", buffering=0) as fill, contextlib.suppress(OSError):
                while True:
                    fill.write(bytes(4096))
            message = mail("eicar-zip", "alice", "no room", seed="no room")
            assert store.deliver("alice", message) == {}
            if message in store.messages("alice").values():
                wait_until(lambda: rig.unscanned() > 0, "a scan without room to be counted")
        finally:
            subprocess.run(["umount", "-l", small], check=False)


if __name__ == "__main__":
    main(killed_under_load, nothing_passes_after_a_restart, nothing_is_done_without_record,
         all_workers_hang, parser_crashes, temporary_directory_full)

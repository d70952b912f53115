#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes from the workers of a real storehookd what they need: memory, time, a place to unpack.

Whatever is missing, at whatever moment, EICAR is never called clean, and once it is back all is
found again.
"""
import hashlib
import mmap
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403

CONTENTS = (lambda tag: EICAR + b" " * (1 + tag % 50) + b"%d" % tag,
            lambda tag: zipped("x", EICAR + b"%d" % tag),
            lambda tag: Memfd(zipped("y.zip", zipped("x", EICAR + b"%d" % tag)) + os.urandom(9000)))


class Failing(Service):
    """With one worker, in which the n-th allocation from a moment on fails."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, start=False, **more)
        self.preload = self.directory + "/fail-malloc.so"  # without a blank: LD_PRELOAD is a list
        os.symlink(BUILD + "/tests/crash/fail-malloc.so", self.preload)
        self.countdown_path = self.directory + "/countdown"
        with open(self.countdown_path, "wb") as out:
            out.write(bytes(8))
        os.environ.update(LD_PRELOAD=self.preload, STOREHOOK_FAIL_MALLOC=self.countdown_path)
        try:
            self.start()
        finally:
            del os.environ["LD_PRELOAD"], os.environ["STOREHOOK_FAIL_MALLOC"]
        with open(self.countdown_path, "r+b") as file:
            self.countdown = mmap.mmap(file.fileno(), 8)

    def fail_at(self, number):
        self.countdown[:8] = struct.pack("=q", number)

    def left(self):
        return struct.unpack("=q", self.countdown[:8])[0]


def is_found(s, data):
    try:
        return s.content(data)["verdict"] == "infected"
    except (Died, Late):
        return False


@test
def what_is_missing_is_not_scanned():
    """A request without its content is answered by the action for it, whatever its kind."""
    with Service("[actions]\nnot-scanned=refuse\n") as s:
        for kind in (JUDGE_CONTENT, JUDGE_LINK, JUDGE_TEXT, SCAN):
            answer = s.ask(kind, ("name", "x"))
            assert (answer["verdict"], answer["action"]) == ("not-scanned", "refuse"), answer


@test
def each_answer_is_counted_once():
    """Only what a store wrote without a verdict has passed, and a message is counted by its parts."""
    with Service("[limits]\nfile-size=1M\n") as s:
        large = mail(attachment(os.urandom(1024 * 1024 + 1)))
        asked = [
            s.content(unseen(50)),
            s.ask(JUDGE_CONTENT, ("name", "no content")),
            s.ask(SCAN, ("name", "no content")),
            s.text(Memfd(large)),  # passes with a flag: the message as a whole does not
            s.ask(JUDGE_LINK, ("digest", hashlib.sha256(unseen(50)).digest()), ("name", "a.bin")),
            s.ask(JUDGE_MESSAGE, ("data", b"Subject: s\r\n\r\n"), ("parts", b"")),
        ]
        assert asked[3]["flagged"] == asked[4]["need_data"] == 1, asked
        assert [answer["action"] for answer in asked] == ["pass"] * 5 + ["defer"], asked
        status = s.status()
        verdicts, actions, passed = ({name: count for name, count in status[member].items() if count}
                                     for member in ("verdicts", "actions", "passed-not-scanned"))
        assert verdicts == {"clean": 1, "not-scanned": 2, "not-fully-scanned": 1}, verdicts
        assert actions == {"pass": 4, "defer": 1}, actions
        assert sum(passed.values()) == 1, passed


@test
def allocations_fail():
    """Each allocation of a scan in turn, from the request to the answer."""
    if is_sanitized():
        print("  skipped: the sanitizer has its own allocator")
        return
    with Failing(workers=1) as s:
        tag, failed, outcomes = 0, 0, set()
        for make in CONTENTS:
            number, step = 1, 7 if QUICK else 3
            while True:
                tag += 1
                s.wait_for(lambda: s.status()["workers"]["alive"] == 1)
                s.fail_at(number)
                answered = never_clean(lambda data: s.content(data, deadline=3000), make(tag))
                outcomes.add(answered)
                reached = s.left() <= 0
                s.fail_at(0)
                if not reached and answered:
                    break
                if not reached:
                    continue  # it was another worker's end, from what failed a moment before
                failed += 1
                number += step
            assert number > 20, "no allocation was made to fail"
            s.wait_for(lambda: is_found(s, make(tag + 1000000)))
        assert failed > 20 and outcomes == {True, False}, (failed, outcomes)


@test
def a_start_that_fails_is_tried_again_soon():
    """Nobody serves meanwhile, with one worker."""
    if is_sanitized():
        print("  skipped: the sanitizer has its own allocator")
        return
    with Failing(workers=1) as s:
        def time_without(number):
            assert s.content(EICAR)["verdict"] == "infected"
            s.fail_at(number)
            s.kill_workers()
            begun = time.monotonic()
            s.wait_for(lambda: s.left() <= 0 and is_found(s, EICAR))
            return time.monotonic() - begun

        for number in (1, 5, 10, 20, 40, 60, 80, 100):
            # A loaded machine is late now and then, a service that waits too long always.
            waits = []
            while not waits or min(waits) >= 0.4:
                usual = time_without(0)
                waits.append(time_without(number) - usual)
                assert len(waits) < 10, (number, waits)


def limit_descriptors(s, more):
    """So many may be opened beyond those that the worker has. Returns its id."""
    found = []

    def limit():
        (worker,) = s.status()["workers"]["processes"]  # none, or not any more: later
        used = len(os.listdir(f"/proc/{worker}/fd"))
        hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (used + more, hard))
        found.append(worker)
        return True
    s.wait_for(limit)
    return found[0]


@test
def descriptors_run_out():
    """At every number of descriptors that a worker may still open."""
    if os.geteuid() != 0:
        print("  skipped: needs root to limit a worker, which nobody else may look into")
        return
    with Service(workers=1) as s:
        s.content(EICAR)
        tag, found = 0, 0
        for more in range(0, 14):
            for make in CONTENTS:
                tag += 1
                worker = limit_descriptors(s, more)
                found += never_clean(lambda data: s.content(data, deadline=1000, patience=2),
                                     make(tag))
                try:
                    hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)[1]
                    resource.prlimit(worker, resource.RLIMIT_NOFILE, (hard, hard))
                except ProcessLookupError:
                    pass
        assert found > 0
        for make in CONTENTS:
            assert s.content(make(tag + 1))["verdict"] == "infected"


def used_processor(pid):
    """Seconds."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as text:
        fields = text.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit_supervisor(s, more):
    """So many may be opened beyond those it has. Returns the limits before."""
    pid = s.process.pid
    # The lowest numbers that are free, since a limit is one of numbers.
    free = sorted(set(range(4096)) - {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")})
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free[more], before[1]))
    return before


@test
def a_supervisor_without_descriptors_stops_in_order():
    """The first who wants to see its metrics, and what is left to be cleared up."""
    for more in range(4):
        with Service(start=False) as s:
            s.write_config(f"[metrics]\nlisten=unix:{s.directory}/metrics\n")
            s.start()
            name = hashlib.sha256(s.socket.encode()).hexdigest()[:16]
            assert os.path.isdir(f"{s.temp}/storehookd-{name}")
            limit_supervisor(s, more)
            with socket.socket(socket.AF_UNIX) as metrics:
                metrics.connect(s.directory + "/metrics")
                metrics.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
                time.sleep(0.2)
                assert s.stop() == 0, more
            assert not os.path.exists(f"{s.temp}/storehookd-{name}"), more


@test
def the_supervisor_has_no_descriptor_left():
    """Who comes to its sockets meanwhile waits, and neither the processor nor the log pays for it."""
    with Service(start=False) as s:
        s.write_config(f"[metrics]\nlisten=unix:{s.directory}/metrics\n")
        s.start()
        pid = s.process.pid
        before = limit_supervisor(s, 0)
        with socket.socket(socket.AF_UNIX) as control, socket.socket(socket.AF_UNIX) as metrics:
            control.settimeout(10)
            metrics.settimeout(10)
            control.connect(s.socket + ".control")
            control.sendall(b'{"command": "status"}\n')
            metrics.connect(s.directory + "/metrics")
            metrics.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            log, spent = len(s.log()), used_processor(pid)
            time.sleep(2)
            log, spent = len(s.log()) - log, used_processor(pid) - spent
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            assert control.recv(1) == b"{" and metrics.recv(4) == b"HTTP"
        assert spent < 0.5 and log < 5000, (spent, log)


@test
def no_file_may_grow():
    """RLIMIT_FSIZE is a full disk, and no signal that ends the service."""
    def allow_nothing():
        end_with_parent()
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with Service() as s:
        resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE, (0, 0))
        log = len(s.log())
        s.kill_workers()  # of which the supervisor makes a line
        s.wait_for(lambda: s.status()["workers"]["crashed"] == 2 and s.is_ready())
        assert s.content(EICAR)["verdict"] == "infected" and "worker lost" not in s.log()[log:]
        assert s.stop() == 0
        run = subprocess.run([BUILD + "/scanner/storehookd", "--config", s.config], text=True, timeout=20,
                             stderr=subprocess.PIPE, preexec_fn=allow_nothing, check=False)
        assert run.returncode == 1 and "service not-started reason=" in run.stderr, run


@test
def an_answer_that_does_not_go_is_not_counted():
    """Its client is gone, or there is no place for what it brings: then the client counts the row."""
    with Service(workers=1) as s:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with mine, theirs, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(s.socket + ".store")
            socket.send_fds(sender, [encode(JUDGE_CONTENT, [("data", HOOK + b"sleep 1000")], 9000, [])],
                            [theirs.fileno()])
            s.wait_for(lambda: s.are_busy(1))
        s.wait_for(lambda: s.are_busy(0))
        text = mail(*[attachment(b"%d" % i * 3000, f"{i}.bin") for i in range(9)], attachment(EICAR))
        worker = s.status()["workers"]["processes"][0]
        limits = resource.prlimit(worker, resource.RLIMIT_FSIZE)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (8000, limits[1]))
        try:
            raise AssertionError(s.text(text))
        except Died:
            pass
        status = s.status()
        assert status["scans"]["requests"] == 2 and status["workers"]["crashed"] == 0, status
        assert not any(status["actions"].values()) and not any(status["verdicts"].values()), status
        resource.prlimit(worker, resource.RLIMIT_FSIZE, limits)
        assert len(s.text(text)["data"]) == len(text) and s.status()["verdicts"]["infected"] == 1


@test
def temporary_directory_read_only():
    if os.geteuid() != 0:
        print("  skipped: needs root to mount a tmpfs")
        return
    temp = tempfile.mkdtemp(prefix="storehook-temp-")
    if subprocess.run(["mount", "-t", "tmpfs", "none", temp], check=False).returncode != 0:
        print("  skipped: no tmpfs can be mounted here")
        os.rmdir(temp)
        return
    try:
        with Service(temp=temp) as s:
            assert s.content(EICAR)["verdict"] == "infected"
            subprocess.run(["mount", "-o", "remount,ro", temp], check=True)
            for tag in range(20):
                for make in CONTENTS:
                    never_clean(s.content, make(tag))
            answer = s.content(zipped("x", b"harmless"))
            assert answer["verdict"] == "not-scanned", answer
            assert b"temporary directory" in answer["verdict_name"], answer
            subprocess.run(["mount", "-o", "remount,rw", temp], check=True)
            s.wait_for(lambda: s.content(unseen(30))["verdict"] == "clean")
            for make in CONTENTS:
                assert s.content(make(99))["verdict"] == "infected"
    finally:
        subprocess.run(["umount", "-l", temp], check=False)
        os.rmdir(temp)


@test
def too_little_time_is_told_in_time():
    """Who asks is still there to hear that a content takes too long, and that it is not to pass."""
    slow = b"".join(b"Subject: %d\r\nFrom: a@example.org\r\nTo: b\r\n\r\n" % at for at in range(200))
    message = mail(*[attachment(slow + b"%d" % at, f"{at}.eml") for at in range(500)])
    seconds = 4
    with Service(f"[service]\ndeadline={seconds * 1000}\n") as s:
        for ask in s.text, s.content:
            for attempt in range(4):  # on a loaded machine one may come late
                try:
                    answer = ask(Memfd(message), deadline=seconds * 1000, patience=seconds)
                    break
                except (Died, Late):
                    assert attempt < 3, "never in time"
            assert answer["verdict"] == "not-fully-scanned", answer
            # One has a notice now, of the other the message is to be kept whole.
            assert answer["flagged"] == 1, answer


if __name__ == "__main__":
    sys.exit(main())

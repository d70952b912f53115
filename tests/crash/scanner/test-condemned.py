#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kills workers of a real storehookd by what they scan: who is to blame, and what is left of them.
"""
import concurrent.futures
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403


def condemned_are(s, count):
    """The service answers by it before the supervisor hears of it."""
    s.wait_for(lambda: s.status()["condemned"] == count)


def died_and_was_seen(s, ask, data):
    """As died(), but once the loader knows of it."""
    lost = s.log().count("worker lost")
    if not died(ask, data):
        return False
    s.wait_for(lambda: s.log().count("worker lost") > lost)
    return True


@contextlib.contextmanager
def busy_processor():
    """One that never idles; gives its number."""
    processor = min(os.sched_getaffinity(0))

    def stay():
        end_with_parent()
        os.sched_setaffinity(0, {processor})
    hog = subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=stay)
    try:
        yield processor
    finally:
        hog.kill()
        hog.wait()


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def prefer(pid):
    """Before all others, where we may: nice alone counts among those of one session only."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


def died_as(s, data, state, settle):
    """As died(), but once the one worker is in this state, it is settled."""
    s.wait_for(lambda: s.is_ready() and s.are_busy(0))
    worker, = s.status()["workers"]["processes"]
    with concurrent.futures.ThreadPoolExecutor() as threads:
        asking = threads.submit(died, s.content, data)
        s.wait_for(lambda: asking.done() or (s.are_busy(1) and state_of(worker) == state))
        settle(worker)
        return asking.result()


@test
def lines_that_wait_are_written():
    """Clean decisions are logged together, soon, and also when their worker dies meanwhile."""
    with Service(workers=1) as s:
        def logged(text):
            return hashlib.sha256(text).hexdigest()[:16] in s.log()

        s.content(b"alone")
        s.wait_for(lambda: logged(b"alone"))
        s.content(b"before the crash")
        assert died(s.content, HOOK + b"crash")
        s.wait_for(lambda: logged(b"before the crash"))
        s.content(b"the last")
        s.process.terminate()
        s.process.wait()
        assert logged(b"the last")


@test
def a_first_strike_outlives_loader_and_service():
    with Service() as s:
        one, other = HOOK + b"crash", HOOK + b"crash again"
        assert died(s.content, one) and died(s.content, other)
        s.wait_for(lambda: s.log().count("worker lost") == 2)
        workers = s.status()["workers"]
        os.kill(workers["loader"], signal.SIGKILL)
        s.wait_for(lambda: s.status()["workers"]["loader"] not in (0, workers["loader"]) and
                   s.status()["workers"]["alive"] > 0)
        assert [died(s.content, one) for _ in range(2)] == [True, False]
        s.stop()
        s.start()
        s.wait_for(lambda: s.log().count("verdicts-remembered=") == 3)
        assert [died(s.content, other) for _ in range(2)] == [True, False]
        condemned_are(s, 2)
        s.control("condemned-release", sha256=hashlib.sha256(other).hexdigest())
        assert [died(s.content, other) for _ in range(3)] == [True, True, False]


@test
def a_first_strike_without_a_digest_outlives_a_killed_service():
    with Service() as s:
        crash, like = HOOK + b"crash" + bytes(100000), HOOK + b"crash" + bytes(100001)
        assert died(s.scan, crash)
        s.wait_for(lambda: s.log().count("worker lost") == 1)
        s.process.kill()
        s.process.wait()
        s.start()
        assert [died(s.scan, crash) for _ in range(2)] == [True, False]
        assert [died(s.scan, like) for _ in range(3)] == [True, True, False]


@test
def a_content_is_condemned_without_its_digest():
    """Of a large one that a program asks about, the first crash comes before the digest."""
    with Service() as s:
        crash = HOOK + b"crash" + bytes(100000)
        assert [died(s.scan, crash) for _ in range(4)] == [True, True, False, False]
        condemned_are(s, 1)
        assert [c["sha256"] for c in s.control("condemned-list")["condemned"]] == [
            hashlib.sha256(crash).hexdigest()]
        s.control("condemned-release", sha256=hashlib.sha256(crash).hexdigest())
        assert [died(s.scan, crash) for _ in range(3)] == [True, True, False]


@test
def two_crashes_condemn():
    """What killed two workers is not tried again: shown, kept over a restart, released by hand,
    forgotten with the signatures. Nobody condemns by granting no time, or by a kill from outside."""
    with Service("[service]\ndeadline=2000\n[quarantine]\ntimeout=500\n"
                 "[actions]\nnot-fully-scanned=pass\n") as s:
        crash, name = HOOK + b"crash", hashlib.sha256(HOOK + b"crash").hexdigest()
        assert [died(s.content, crash) for _ in range(4)] == [True, True, False, False]
        assert not died(s.content, crash, deadline=500)
        condemned_are(s, 1)
        assert s.status()["workers"]["crashed"] == 2
        assert s.status()["passed-not-scanned"]["condemned"] == 3
        assert [c["sha256"] for c in s.control("condemned-list")["condemned"]] == [name]
        s.stop()
        s.start()
        assert not died(s.content, crash)
        assert s.status()["condemned"] == 1 and s.status()["warnings"]
        assert not s.control("condemned-release", sha256="0" * 64)["ok"]
        run = subprocess.run([BUILD + "/scanner/storehookctl", "--config", s.config, "condemned",
                              "release", name], check=False)
        assert run.returncode == 0 and not s.control("condemned-list")["condemned"]
        assert [died(s.content, crash) for _ in range(3)] == [True, True, False]
        condemned_are(s, 1)
        s.write_signatures("more.hdb", "00000000000000000000000000000002:1234567:Test.More")
        s.wait_for_change(lambda: s.status()["condemned"] == 0)
        assert died(s.content, crash)
        hang = HOOK + b"hang"
        assert [died(s.content, hang, deadline=500) for _ in range(3)] == [True] * 3
        assert [died(s.content, hang) for _ in range(3)] == [True, True, False]
        generation = s.status()["generation"]
        s.write_config("[service]\ndeadline=30000\n")
        s.process.send_signal(signal.SIGHUP)
        s.wait_for_change(lambda: s.status()["generation"] > generation)
        for _ in range(3):
            asking = threading.Thread(target=died, args=(s.content, HOOK + b"hang on"),
                                      kwargs={"deadline": 30000})
            asking.start()
            s.wait_for(lambda: s.are_busy(1))
            s.kill_workers()
            asking.join()
            s.wait_for(lambda: s.are_busy(0))
        assert s.status()["condemned"] == 1


@test
def what_is_condemned_is_not_let_through():
    """And not read once more, to find out what in it is bad: a message goes to quarantine whole."""
    with Service("[actions]\ninfected=clean\n") as s:
        for crash in HOOK + b"crash", HOOK + b"twice":
            assert [died_and_was_seen(s, s.content, crash) for _ in range(3)] == [True, True, False]
            assert s.content(crash)["action"] == "replace"
            text = crash + b"\r\n\r\nsome text\r\n"
            assert [died_and_was_seen(s, s.text, text) for _ in range(3)] == [True, True, False]
            row = s.text(text)
            assert (row["action"], row["flagged"]) == ("pass", 1), row
            whole = s.ask(JUDGE_MESSAGE, ("data", text), ("sender", "a@example.org"),
                          ("recipients", "b@example.org\n"), ("subject", "s"), ("flagged", 1),
                          ("verdict", VERDICTS.index(row["verdict"])),
                          ("verdict_name", row["verdict_name"]), ("incident", row["incident"]),
                          ("action", ACTIONS.index("pass")), ("parts", wire_fields()))
            assert whole["action"] == "drop", whole
        condemned_are(s, 4)
        assert s.status()["workers"]["crashed"] == 8
        assert len(s.control("quarantine-list")["items"]) == 2


@test
def a_crash_after_the_scan_condemns():
    """Of what is found clean the type is told for a rule: by its digest, by its sum, and with a link
    or a question, for which the bytes come again."""
    with Service("[rules]\nfile=/dev/null\n[actions]\nnot-fully-scanned=pass\n", start=False) as s:
        rules = s.directory + "/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write("[rule programs]\ntype=application/x-dosexec\n")
        s.write_config(f"[rules]\nfile={rules}\n[actions]\nnot-fully-scanned=pass\n")
        s.start()

        def link(data):
            return s.ask(JUDGE_LINK, ("digest", hashlib.sha256(data).digest()), ("name", "a.txt"),
                         ("header", b"\r\n"), ("data", data))

        def question(data):
            return s.ask(SCAN, ("data", data), ("name", "a.txt"), suffix=".background")

        for number, ask in enumerate((s.content, link, question)):
            for size in (10, 100000):
                crash = HOOK + b"type" + bytes(size) + bytes((number,))
                assert [died_and_was_seen(s, ask, crash) for _ in range(3)] == [True, True, False]
                assert ask(crash)["verdict"] == "not-fully-scanned"
        condemned_are(s, 6)


@test
def the_machine_is_to_blame():
    """A worker that waits for a processor to its end condemns nothing; one that sleeps does, on the
    same processor, and one that spins where it can."""
    def killed(why):
        return s.status()["workers"][why]

    with Service("[service]\ndeadline=700\n[quarantine]\ntimeout=200\n", workers=1) as s:
        with busy_processor() as processor:
            def starve(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(pid, {processor})
                    os.setpriority(os.PRIO_PROCESS, pid, 19)

            def died_starved(data, state):
                return died_as(s, data, state, starve)

            def starves(spin):
                """Twice, unless we came too late to take the processor away."""
                before = killed("killed-without-processor"), killed("killed-at-deadline")
                assert all(died_starved(spin, "R") for _ in range(2))
                s.wait_for(lambda: killed("killed-without-processor") +
                           killed("killed-at-deadline") == sum(before) + 2)
                return killed("killed-without-processor") == before[0] + 2

            spin = next(filter(starves, (HOOK + b"spin %d" % i for i in range(10))))
            assert died_starved(spin, "R"), "condemned"
            s.wait_for(lambda: s.log().count('reason="no processor"') >= 2)
            before = s.status()["condemned"]
            s.wait_for(lambda: not died_starved(HOOK + b"hang", "S"))
            condemned_are(s, before + 1)
        s.wait_for(lambda: not died_as(s, HOOK + b"spin", "R", prefer))
        condemned_are(s, before + 2)
        assert killed("killed-at-deadline") >= 4


if __name__ == "__main__":
    sys.exit(main())

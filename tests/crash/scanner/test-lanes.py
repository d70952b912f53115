#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lanes of a real storehookd: who waits where, and who takes what its worker does not.
"""
import mmap
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403

LANE = 64  # bytes: see StorehookLane
PROCESSORS = sorted(p for p in os.sched_getaffinity(0) if p < 64)


def lanes_of(s):
    fd = os.open("/proc/self/exe", os.O_PATH)
    answer = s.ask(HELLO, ("executable", fd), ("program", "test"), ("instance", b"i" * 16), suffix="")
    os.close(fd)
    os.close(answer["page"])
    lanes = mmap.mmap(answer["lanes"], 64 * LANE, mmap.MAP_SHARED, mmap.PROT_READ)
    return answer["lanes"], lanes


def waits(lanes, processor):
    return lanes[processor * LANE] == 1


def call(s, lane):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(s.socket + ".store")
        sender.send(encode(LOOK, [("lane", lane)], 0, []))


def sockets_of(s):
    return sorted(name for name in os.listdir(s.directory) if name.startswith("s.store-"))


@test
def a_worker_waits_on_each_processor():
    with Service(workers=len(PROCESSORS) + 1) as s:
        fd, lanes = lanes_of(s)
        s.wait_for(lambda: all(waits(lanes, p) for p in PROCESSORS))
        workers = s.status()["workers"]["processes"]
        tied = sorted(list(os.sched_getaffinity(pid)) for pid in workers)
        # The one that is too many goes where there is room.
        assert tied == sorted([[p] for p in PROCESSORS] + [sorted(os.sched_getaffinity(0))]), tied
        assert sockets_of(s) == sorted(f"s.store-{p}" for p in PROCESSORS)
        for p in PROCESSORS:
            assert s.content(b"harmless", suffix=f".store-{p}")["verdict"] == "clean"
            assert s.content(EICAR, suffix=f".store-{p}")["verdict"] == "infected"
            s.wait_for(lambda p=p: waits(lanes, p))
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        s.wait_for(lambda: not set(workers) & set(s.status()["workers"]["processes"]) and
                   all(waits(lanes, p) for p in PROCESSORS))
        # A program that only wants verdicts need not say who it is.
        asked = s.ask(ASK_LANES, suffix="")
        assert set(asked) == {"kind", "number", "lanes"}, asked
        assert os.path.sameopenfile(fd, asked["lanes"])
        for write in (lambda: os.write(fd, b"x"),
                      lambda: mmap.mmap(fd, LANE, mmap.MAP_SHARED, mmap.PROT_WRITE)):
            try:
                write()
                raise AssertionError("a client can write to the lanes")
            except OSError:
                pass
    assert not os.path.exists(s.socket + f".store-{PROCESSORS[0]}")


@test
def what_a_busy_worker_leaves_is_taken_by_another():
    with Service("[service]\ndeadline=20000\n", workers=len(PROCESSORS) + 1) as s:
        _, lanes = lanes_of(s)
        lane = PROCESSORS[0]
        s.wait_for(lambda: waits(lanes, lane))
        long = threading.Thread(target=died, args=(s.content, HOOK + b"hang"),
                                kwargs={"deadline": 20000, "suffix": f".store-{lane}"})
        long.start()
        s.wait_for(lambda: s.status()["workers"]["busy"] == 1)
        assert not waits(lanes, lane)
        answers = []
        short = threading.Thread(target=lambda: answers.append(
            s.content(EICAR, suffix=f".store-{lane}")["verdict"]))
        short.start()
        s.wait_for(lambda: s.status()["queue"]["store"] == 1)
        time.sleep(0.2)
        assert not answers
        call(s, lane)
        short.join()
        assert answers == ["infected"] and long.is_alive()
        # To where nothing waits, and to no lane.
        requests, refused = s.status()["scans"]["requests"], s.status()["scans"]["refused"]
        call(s, lane)
        call(s, 63)
        call(s, 64)
        s.wait_for(lambda: s.status()["scans"]["refused"] == refused + 1)
        assert s.status()["scans"]["requests"] == requests + 1
        s.kill_workers()
        long.join()


@test
def a_long_scan_may_go_elsewhere():
    """And its worker is back on its processor before it waits there again."""
    anywhere = os.sched_getaffinity(0)
    if len(PROCESSORS) == 1:
        return
    with Service("[service]\ndeadline=20000\n") as s:
        _, lanes = lanes_of(s)
        lane = PROCESSORS[0]
        s.wait_for(lambda: all(waits(lanes, p) for p in PROCESSORS))
        pid, = [p for p in s.status()["workers"]["processes"] if os.sched_getaffinity(p) == {lane}]
        long = threading.Thread(target=s.content, args=(HOOK + b"sleep 3000",),
                                kwargs={"suffix": f".store-{lane}"})
        long.start()
        s.wait_for(lambda: os.sched_getaffinity(pid) == anywhere)
        assert long.is_alive() and not waits(lanes, lane)
        s.wait_for(lambda: waits(lanes, lane))
        assert os.sched_getaffinity(pid) == {lane}
        long.join()


@test
def fewer_workers_are_tied_to_no_place():
    if len(PROCESSORS) == 1:
        return
    with Service(workers=len(PROCESSORS) - 1) as s:
        _, lanes = lanes_of(s)
        assert s.content(b"harmless")["verdict"] == "clean"
        assert sockets_of(s) == [] and not any(waits(lanes, p) for p in range(64))
        for pid in s.status()["workers"]["processes"]:
            assert os.sched_getaffinity(pid) == os.sched_getaffinity(0)


if __name__ == "__main__":
    sys.exit(main())

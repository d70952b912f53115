#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mailstored-fault.py MAILSTORED FAIL-DISK.SO - the disk fills up or fails under a mailstored that delivers.

Whatever fails, at whichever call: no 250 for what is not there, and what had its 250 is there after a
kill, once and whole. A disk that has room again is enough to go on. After an error of input or output
the process ends by itself, with status 1, having taken nothing in between.
"""

import errno
import hashlib
import importlib.util
import mmap
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location("kill", os.path.join(HERE, "mailstored-kill.py"))
kill = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(kill)
transcript = kill.transcript

WRITE, SYNC = 1, 2
SIZES = (500, 60000, 300000)
# How many calls pass before one fails, or all from then on.
ONCE, LASTING = tuple(range(14)), (0, 4)


def is_sanitized(program):
    needs = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return "san.so" in needs


class Disk:
    def __init__(self):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(bytes(32))
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), 32)

    def fail(self, call, passing, lasts, code):
        self.map[8:] = struct.pack("=qqq", passing, lasts, code)
        self.map[:8] = struct.pack("=q", call)

    def mend(self):
        """Whether the call came."""
        came = struct.unpack("=q", self.map[8:16])[0] < 0
        self.map[:8] = bytes(8)
        return came


class Deliveries:
    """To one inbox over one connection; what had its 250, and what was sent."""

    def __init__(self, server):
        self.server = server
        self.acknowledged, self.sent, self.number = [], set(), 0
        self.client = None

    def start(self):
        self.client = transcript.Client(self.server.connect("lmtp"))
        self.client.line()
        self.client.send(b"LHLO me\r\n")
        while not self.client.line().startswith("250 "):
            pass

    def deliver(self):
        """The reply code."""
        self.number += 1
        line = "%d %s\r\n" % (self.number, "x" * 60)
        text = ("Subject: %d\r\n\r\n" % self.number + line * (SIZES[self.number % 3] // len(line))).encode()
        self.client.send(b"MAIL FROM:<s@example.org>\r\nRCPT TO:<alice>\r\nDATA\r\n")
        for code in ("250", "250", "354"):
            line = self.client.line()
            if not line.startswith(code):
                raise transcript.Failure("instead of %s came %r" % (code, line))
        digest = hashlib.sha256(text).hexdigest()
        self.sent.add(digest)
        self.client.send(text + b".\r\n")
        reply = self.client.line()[:3]
        if reply == "250":
            self.acknowledged.append(digest)
        return reply

    def check(self):
        found = [digest for _, digest in kill.fetch_all(self.server, "alice", "wonder")]
        if sorted(found) != sorted(set(found)) or not set(found) <= self.sent:
            raise transcript.Failure("a message is there twice or not as it was sent")
        missing = set(self.acknowledged) - set(found)
        if missing:
            raise transcript.Failure("%d of %d acknowledged are lost" % (len(missing), len(self.acknowledged)))


def expect(what, came, *wanted):
    if came not in wanted:
        raise transcript.Failure("%s: %s instead of %s" % (what, came, " or ".join(wanted)))


def restart(server, deliveries, how):
    """The exit status."""
    if how:
        server.process.send_signal(how)
    status = server.process.wait(20)
    server.start()
    deliveries.check()
    deliveries.start()
    return status


def ends(server, deliveries):
    """The disk says yes to everything again; nothing is taken, and the process ends."""
    end = time.monotonic() + transcript.TIMEOUT
    try:
        while time.monotonic() < end:
            expect("after an error of the disk", deliveries.deliver(), "451")
            time.sleep(0.02)
    except transcript.Failure as failure:
        if "instead of" in str(failure) and "421" not in str(failure):
            raise
    deliveries.client.sock.close()
    status = restart(server, deliveries, None)
    if status != 1:
        raise transcript.Failure("ended with %d" % status)


def fill_up(server, disk, deliveries):
    """Each write and sync in turn, once and from then on. Room again is enough, unless it was the page
    that commits: of that one nobody knows what the disk has."""
    full, ended = 0, 0
    for call, code in ((WRITE, errno.ENOSPC), (WRITE, 0), (SYNC, errno.EDQUOT)):
        for lasts in (0, 1):
            for passing in LASTING if lasts else ONCE:
                disk.fail(call, passing, lasts, code)
                reply = deliveries.deliver()
                what = "call %d, %d passing, errno %d" % (call, passing, code)
                if not disk.mend():
                    expect(what + " never came", reply, "250")
                    continue
                expect(what, reply, "452", "451")
                if reply == "451":
                    ends(server, deliveries)
                    ended += 1
                full += reply == "452"
                expect("room again after " + what, deliveries.deliver(), "250")
    if full < 10 or ended == 0:
        raise transcript.Failure("%d times full, %d times ended" % (full, ended))


def may_not_grow(server, deliveries):
    """RLIMIT_FSIZE is a full disk, and no signal that ends the process."""
    limits = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    size = os.path.getsize(server.directory.name + "/store")
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, limits[1]))
    replies = [deliveries.deliver() for _ in range(20)]
    expect("no file may grow", sorted(set(replies) - {"250"}), ["452"])
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits)
    expect("files may grow again", deliveries.deliver(), "250")


def break_down(server, disk, deliveries):
    for call, passing in ((WRITE, 0), (SYNC, 1)):
        reply = "250"
        disk.fail(call, passing, 0, errno.EIO)
        while reply == "250":
            reply = deliveries.deliver()
        disk.mend()
        expect("input or output error", reply, "451")
        ends(server, deliveries)
        expect("begun again", deliveries.deliver(), "250")


def main():
    program, module = sys.argv[1:]
    if is_sanitized(program):
        print("skipped: a sanitizer has calls of its own")
        return 77
    disk = Disk()
    server = transcript.Server(program, environment=dict(os.environ, LD_PRELOAD=module,
                                                         STOREHOOK_FAIL_DISK=disk.file.name))
    deliveries = Deliveries(server)
    try:
        deliveries.start()
        expect("at first", deliveries.deliver(), "250")
        fill_up(server, disk, deliveries)
        may_not_grow(server, deliveries)
        restart(server, deliveries, signal.SIGKILL)
        break_down(server, disk, deliveries)
        restart(server, deliveries, signal.SIGKILL)
        server.stop()
    except transcript.Failure as failure:
        print("FAIL: %s\n%s" % (failure, server.log()[-3000:]))
        return 1
    finally:
        server.clean()
    print("ok: %d acknowledged, all there" % len(deliveries.acknowledged))
    return 0


if __name__ == "__main__":
    sys.exit(main())

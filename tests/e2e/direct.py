#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""direct.py BUILD - the direct call of storehook.h, for programs without a JET store: verdicts and
actions are those of the configuration, and no answer is no verdict."""
import ctypes
import errno
import os

from rig import EICAR, Rig, main, wait_until

CLEAN, INFECTED, BLOCKED = 0, 1, 2
PASS, REPLACE, DROP, REFUSE = 0, 1, 2, 3
TIMEOUT_MS = 20000


class Scan(ctypes.Structure):
    _fields_ = [("verdict", ctypes.c_int), ("action", ctypes.c_int), ("name", ctypes.c_char * 256),
                ("type", ctypes.c_char * 128)]


class Client:
    def __init__(self, rig):
        self.library = ctypes.CDLL(rig.path("libstorehook/libstorehook.so"))
        self.client = ctypes.c_void_p()
        assert self.library.storehook_client_new(rig.socket.encode(), 0,
                                                 ctypes.byref(self.client)) == 0

    def scan(self, data, name=None):
        """(0, verdict, action) or (error, None, None)."""
        scan = Scan(-1, -1)
        error = self.library.storehook_scan(self.client, data, ctypes.c_size_t(len(data)), name,
                                            TIMEOUT_MS, ctypes.byref(scan))
        assert error == 0 or (scan.verdict, scan.action) == (-1, -1), "touched"
        return (error, scan.verdict, scan.action) if error == 0 else (error, None, None)

    def scan_file(self, path):
        scan = Scan(-1, -1)
        descriptor = os.open(path, os.O_RDONLY)
        error = self.library.storehook_scan_descriptor(self.client, descriptor, None, TIMEOUT_MS,
                                                       ctypes.byref(scan))
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        os.close(descriptor)
        return error, scan.verdict, scan.action


def check(rig, client, infected, action):
    for _ in range(2):  # scanned, and remembered
        assert client.scan(EICAR) == (0, INFECTED, action), infected
    path = rig.scratch + "/eicar"
    with open(path, "wb") as out:
        out.write(EICAR)
    assert client.scan_file(path) == (0, INFECTED, action), infected
    assert client.scan(b"words", b"setup.exe") == (0, BLOCKED, REFUSE)
    assert client.scan(b"words", b"words.txt") == (0, CLEAN, PASS)
    assert client.scan(b"") == (0, CLEAN, PASS)


def actions_are_those_configured(build):
    """Who goes by the action alone lets nothing in that is not to pass."""
    with Rig(build) as rig:
        client = None
        for infected, action in (("quarantine", REPLACE), ("strip", REPLACE), ("clean", REPLACE),
                                 ("drop", DROP), ("refuse", REFUSE), ("pass", PASS)):
            rig.configure(extra=f"[actions]\ninfected={infected}\nblocked=refuse\n")
            if client:
                rig.control("reload")
            else:
                rig.start_scanner().wait_scanning()
            client = client or Client(rig)
            check(rig, client, infected, action)
        rig.kill_scanner()
        wait_until(lambda: client.scan(EICAR) == (-errno.ECONNREFUSED, None, None), "no answer")


if __name__ == "__main__":
    main(actions_are_those_configured)

# SPDX-License-Identifier: GPL-2.0-or-later
"""reading.py - what mail programs ask for by IMAP, against Dovecot with the same messages: of 10,000
in the inbox nine in ten are text of 2 KB, the others have 7 KB attached, and one has 18 MB.

The client is the same for both and looks at nothing but the end of the answer. Both have answered
the same before: what they keep of a message is there.
"""
import socket
import time

import peers
from measure import alternate, compare
from rig import PASSWORD

HEADERS = ("BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID References In-Reply-To "
           "Content-Type Reply-To)]")
LARGE, CHUNK, CHUNKS = 18 << 20, 1 << 16, 32
ROUNDS, ROUNDS_QUICK = 7, 3


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.recv(4096)
        self.number = 0
        self.ask(f"LOGIN user0 {PASSWORD}")

    def ask(self, command):
        """Bytes of the answer."""
        self.number += 1
        tag = b"t%d " % self.number
        self.socket.sendall(tag + command.encode() + b"\r\n")
        size, tail = 0, b""
        while True:
            got = self.socket.recv(1 << 18)
            if not got:
                raise ConnectionError(command)
            size += len(got)
            tail = (tail + got)[-512:]
            line = tail.rfind(b"\n", 0, -1) + 1
            if tail.endswith(b"\r\n") and tail.startswith(tag, line):
                if not tail.startswith(tag + b"OK", line):
                    raise AssertionError(f"{command}: {tail[line:]}")
                return size

    def time(self, *commands):
        begun = time.monotonic()
        for command in commands:
            self.ask(command)
        return time.monotonic() - begun

    def until_announced(self, deliver):
        """From the delivery's end to the announcement, in IDLE."""
        self.socket.sendall(b"i IDLE\r\n")
        self.socket.recv(4096)
        time.sleep(0.05)
        deliver()
        begun = time.monotonic()
        while b"EXISTS" not in self.socket.recv(4096):
            pass
        took = time.monotonic() - begun
        self.socket.sendall(b"DONE\r\n")
        while b"i OK" not in self.socket.recv(4096):
            pass
        return took


class Reading:
    def __init__(self, bench, place):
        self.bench, self.place = bench, place
        self.count = 2000 if bench.quick else 10000
        self.clients, self.paths = {}, {}

    def deliver(self, name, count, *arguments):
        self.bench.load("unix:" + self.paths[name], "--messages", count, *arguments, seconds=120)

    def fill(self, name):
        self.deliver(name, self.count * 9 // 10, "--size", 2048, "--connections", 8)
        self.deliver(name, self.count // 10, "--attachment", 7000, "--connections", 8)
        self.deliver(name, 1, "--attachment", LARGE)
        self.clients[name].ask("CREATE other")

    def operations(self):
        some = f"1:{self.count // 10}"
        large = self.count + 1
        chunks = [f"FETCH {large} BODY.PEEK[2]<{i * CHUNK}.{CHUNK}>" for i in range(CHUNKS)]
        each = [f"FETCH {i} (BODY.PEEK[])" for i in range(1, self.count // 20)]
        return {
            "select": lambda client: client.time("SELECT INBOX"),
            "flags": lambda client: client.time("FETCH 1:* (UID FLAGS)"),
            "envelope": lambda client: client.time(
                "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"),
            "headers": lambda client: client.time(f"FETCH 1:* (UID RFC822.SIZE FLAGS {HEADERS})"),
            "structure": lambda client: client.time("FETCH 1:* BODYSTRUCTURE"),
            "bodies": lambda client: client.time(f"FETCH {some} BODY.PEEK[]"),
            "texts": lambda client: client.time(f"FETCH {some} BODY.PEEK[1]"),
            "one-by-one": lambda client: client.time(*each),
            "chunks": lambda client: client.time(*chunks),
            "search-flags": lambda client: client.time("SEARCH UNSEEN UNDELETED"),
            "search-header": lambda client: client.time("SEARCH SUBJECT nothing"),
            "search-text": lambda client: client.time(f"SEARCH {some} TEXT nothing"),
            "status": lambda client: client.time(*["STATUS other (MESSAGES UNSEEN UIDNEXT)"] * 50),
            "store": lambda client: client.time(f"STORE {some} +FLAGS (\\Flagged)",
                                                f"STORE {some} -FLAGS (\\Flagged)"),
            "copy": lambda client: client.time(f"COPY {some} other"),
            "expunge": self.expunge,
        }

    @staticmethod
    def expunge(client):
        client.ask("SELECT other")
        client.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        took = client.time("EXPUNGE")
        client.ask("SELECT INBOX")
        return took

    def run(self):
        with self.bench.rig(self.place) as rig:
            store, dovecot = rig.start_store(hooked=False), peers.Dovecot(rig, "maildir")
            for name, one in (("ours", store), ("dovecot", dovecot)):
                self.paths[name], self.clients[name] = one.lmtp_path, Client(one.imap_port)
                self.fill(name)
            operations = {**self.operations(), "idle": None}
            rounds = ROUNDS_QUICK if self.bench.quick else ROUNDS
            for operation, call in operations.items():
                def variant(name, call=call):
                    client = self.clients[name]
                    if call is None:
                        return lambda: client.until_announced(lambda: self.deliver(name, 1))
                    return lambda: call(client)
                variants = {name: variant(name) for name in self.clients}
                if operation not in ("copy", "expunge"):
                    alternate(variants, 1)
                values = alternate(variants, 1 if operation == "expunge" else rounds)
                value, reference, ratio = compare(values, "ours", "dovecot")
                self.bench.report.add(f"reading-{operation}-{self.place}", value * 1000, "ms",
                                      "Dovecot maildir", reference * 1000,
                                      "" if operation == "chunks" else "<= 2", ratio)

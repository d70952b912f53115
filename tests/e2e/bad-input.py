#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bad-input.py BUILD - storms of bad input on every port get the protocol's error or an end of the
connection, within bounded memory, and the server serves on."""
import base64
import contextlib
import random
import socket
import time

from rig import PASSWORD, QUICK, Rig, mail, main

ROUNDS = 3 if QUICK else 20
GROWTH_KB = 400 * 1024  # far below what 100 000 parts or a literal of absurd size would take


def talk(connect, pieces, wait=5.0):
    """Sends the pieces, reads until the server has nothing more to say; what it said."""
    said = b""
    with contextlib.closing(connect()) as one:
        one.settimeout(wait)
        with contextlib.suppress(OSError):
            for piece in pieces:
                one.sendall(piece)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while chunk := one.recv(65536):
                said += chunk
    return said


def unix(path):
    def connect():
        one = socket.socket(socket.AF_UNIX)
        one.connect(path)
        return one
    return connect


def tcp(port):
    return lambda: socket.create_connection(("127.0.0.1", port), 5)


def random_bytes(seed, size):
    return random.Random(seed).randbytes(size)


def every_protocol(round_number):
    """Not the language of any of the ports."""
    yield "binary", [random_bytes(round_number, 4096)]
    yield "no line end", [b"A" * 300000]
    yield "long line", [b"A" * 300000 + b"\r\n"]
    yield "NULs", [b"\0" * 5000 + b"\r\n"]
    yield "empty lines", [b"\r\n" * 5000]
    yield "bare CR", [b"NOOP\rNOOP\r"]
    yield "bare LF", [b"NOOP\nNOOP\n"]
    yield "invalid UTF-8", [b"\xff\xfe\xc0\x80 \xed\xa0\x80\r\n"]
    yield "nothing", [b""]


def envelope(user="alice"):
    return [b"LHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<%s@example.org>\r\nDATA\r\n"
            % user.encode()]


def lmtp_inputs():
    yield "long path", [b"LHLO x\r\nMAIL FROM:<" + b"a" * 70000 + b"@example.org>\r\n"]
    yield "size beyond any", [b"LHLO x\r\nMAIL FROM:<a@x> SIZE=99999999999999999999\r\n"]
    yield "out of order", [b"DATA\r\nRCPT TO:<alice@x>\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\n"]
    yield "10 000 recipients", [b"LHLO x\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<alice@x>\r\n" * 10000]
    yield "cut in DATA", envelope() + [b"Subject: cut\r\n\r\nhalf a li"]
    yield "bare LF dot", envelope() + [b"Subject: smuggled\r\n\r\nx\n.\nMAIL FROM:<b@x>\r\n.\r\n"]
    yield "lines of 1 MB", envelope() + [b"Subject: x\r\n\r\n" + b"y" * 1000000 + b"\r\n.\r\n"]
    yield "NULs in DATA", envelope() + [b"Subject: \0\r\n\r\n\0\0\0\r\n.\r\n"]
    yield "header of 1 MB", envelope() + [b"X: " + b" x\r\n" * 300000 + b"\r\n\r\n.\r\n"]
    yield "truncated base64", envelope() + [
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64"
        b"\r\nContent-Type: application/zip\r\n\r\n" + base64.b64encode(b"PK\3\4" * 99)[:-3] +
        b"\r\n.\r\n"]
    many = b"".join(b"--b\r\n\r\nx\r\n" for _ in range(100000))
    yield "100 000 parts", envelope() + [
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + many + b"--b--\r\n.\r\n"]
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
                    for i in range(20000))
    yield "20 000 levels", envelope() + [deep + b"\r\n.\r\n"]


def imap_inputs():
    login = b"a LOGIN alice %s\r\n" % PASSWORD.encode()
    yield "literal of 4 GB", [b"a LOGIN {4294967295}\r\n", b"x" * 100000]
    yield "literal of 2^70", [b"a LOGIN {1180591620717411303424+}\r\nx"]
    yield "negative literal", [b"a LOGIN {-1}\r\n"]
    yield "append of 1 TB", [login + b"b APPEND INBOX {1099511627776}\r\n"]
    yield "append of 1 TB, at once", [login + b"b APPEND INBOX {1099511627776+}\r\n", b"y" * 1000000]
    yield "no tag", [b"\r\nLOGIN\r\n* LOGIN a b\r\n+ x\r\n"]
    yield "parentheses", [login + b"b SELECT INBOX\r\nc SEARCH " + b"(" * 100000 + b"\r\n"]
    yield "NOT NOT NOT", [login + b"b SELECT INBOX\r\nc SEARCH " + b"NOT " * 10000 + b"ALL\r\n"]
    yield "sets", [login + b"b SELECT INBOX\r\nc FETCH " + b"1:*," * 10000 + b"1 FLAGS\r\n"]
    yield "numbers", [login + b"b SELECT INBOX\r\nc FETCH 99999999999999999999:0 FLAGS\r\n"]
    yield "folder name", [login + b'b CREATE "' + b"a/" * 30000 + b'"\r\n']
    yield "bad UTF-7", [login + b"b CREATE &!!!-\r\nc CREATE &\r\nd LIST \"\" &AAA\r\n"]
    yield "wildcards", [login + b'b LIST "" ' + b"*%" * 20000 + b"\r\n"]
    yield "idle talk", [login + b"b SELECT INBOX\r\nc IDLE\r\n" + b"x" * 100000]


def pop3_inputs():
    login = b"USER alice\r\nPASS %s\r\n" % PASSWORD.encode()
    yield "before login", [b"LIST\r\nRETR 1\r\nDELE 1\r\nTOP 1 1\r\nUIDL\r\n"]
    yield "numbers", [login + b"RETR 99999999999999999999\r\nRETR -1\r\nTOP 1 -1\r\nDELE 0\r\n"]
    yield "long password", [b"USER alice\r\nPASS " + b"p" * 100000 + b"\r\n"]


def storm(rig, store, connect, own):
    for number in range(ROUNDS):
        for name, pieces in (*every_protocol(number), *(own() if number == 0 else ())):
            begun = time.monotonic()
            said = talk(connect, pieces)
            assert store.process.poll() is None, f"{name}: the server ended"
            assert time.monotonic() - begun < 60, f"{name}: no end to it"
            assert said, f"{name}: not even a greeting"
    assert rig.scanner.poll() is None


def endured(build):
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        store.deliver("alice", mail("clean", "alice", "before"))
        store.messages("alice")
        before = store.resident_kb()
        for name, connect, own in (("LMTP", unix(store.lmtp_path), lmtp_inputs),
                                   ("IMAP", tcp(store.imap_port), imap_inputs),
                                   ("POP3", tcp(store.pop3_port), pop3_inputs)):
            storm(rig, store, connect, own)
            print(f"  {name}: {store.resident_kb() - before:+d} KB resident", flush=True)
        assert store.resident_kb() - before < GROWTH_KB or rig.sanitizers
        message = mail("clean", "bob", "after", seed="after")
        assert store.deliver("bob", message) == {}
        assert list(store.messages("bob").values()) == [message]
        rig.wait_protected()


def errors_are_the_protocols(build):
    """Some inputs have one right answer."""
    with Rig(build) as rig:
        store = rig.start_store(hooked=False)
        said = talk(unix(store.lmtp_path), [b"LHLO x\r\n" + b"A" * 100000 + b"\r\nNOOP\r\nQUIT\r\n"])
        assert b"\r\n500 " in said, said[-300:]
        said = talk(unix(store.lmtp_path),
                    [b"LHLO x\r\nMAIL FROM:<a@x> SIZE=99999999999\r\nQUIT\r\n"])
        assert b"\r\n552 " in said, said[-300:]
        said = talk(unix(store.lmtp_path), [b"LHLO x\r\nDATA\r\nQUIT\r\n"])
        assert b"\r\n503 " in said, said[-300:]
        said = talk(tcp(store.imap_port), [b"a NONSENSE\r\nb LOGOUT\r\n"])
        assert b"\r\na BAD" in said, said[-300:]
        said = talk(tcp(store.pop3_port), [b"NONSENSE\r\nQUIT\r\n"])
        assert b"\r\n-ERR" in said, said[-300:]


if __name__ == "__main__":
    main(endured, errors_are_the_protocols)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""threads.py MAILSTORED LMTP-LOAD [MESSAGES] - deliveries, readers and deletions at the same time.

Proves little by itself; in a build with the thread sanitizer it shows the server's races: the
server then ends with another status than 0, and its reports are printed. No TLS: the sanitizer
takes each of its handshakes, made by GLib and GnuTLS without its knowledge, for a race."""
import imaplib
import json
import os
import poplib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

USERS = [f"u{number}" for number in range(4)]
PASSWORD = "secret"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def read_by_imap(port, user, stop):
    """What mail programs do all day; the messages that were read are flagged, copied, removed."""
    client = imaplib.IMAP4("127.0.0.1", port, timeout=60)
    client.login(user, PASSWORD)
    while not stop.is_set():
        client.select("INBOX")
        client.uid("SEARCH", "SUBJECT", "1")
        client.uid("FETCH", "1:*", "(FLAGS ENVELOPE BODYSTRUCTURE)")
        last = client.response("UIDNEXT")[1][0] or b"1"
        recent = f"{max(1, int(last) - 5)}:*"
        client.uid("FETCH", recent, "(BODY.PEEK[])")
        client.uid("COPY", recent, "Trash")
        client.uid("STORE", recent, "+FLAGS", "(\\Deleted)")
        client.expunge()
        client.status("Trash", "(MESSAGES)")
    client.logout()


def read_by_pop3(port, user, stop):
    while not stop.is_set():
        client = poplib.POP3("127.0.0.1", port, timeout=60)
        client.user(user)
        client.pass_(PASSWORD)
        if client.stat()[0] > 0:
            client.retr(1)
            client.dele(1)
        client.quit()


def guarded(function, failures, *arguments):
    try:
        function(*arguments)
    except Exception as error:  # pylint: disable=broad-except
        failures.append(f"{function.__name__}: {error!r}")


def start(program, top):
    hashed = subprocess.run(["openssl", "passwd", "-6", "-salt", "rounds", PASSWORD],
                            capture_output=True, text=True, check=True).stdout.strip()
    with open(top + "/passwd", "w", encoding="ascii") as out:
        out.writelines(f"{user}:{hashed}\n" for user in USERS)
    imap, pop3 = free_port(), free_port()
    with open(top + "/conf", "w", encoding="ascii") as out:
        out.write(f"[store]\npath={top}/store\n[lmtp]\nlisten=unix:{top}/lmtp\n"
                  f"[imap]\nlisten=127.0.0.1:{imap}\n[pop3]\nlisten=127.0.0.1:{pop3}\n"
                  f"[users]\npasswd-file={top}/passwd\n")
    with open(top + "/log", "wb") as log:
        server = subprocess.Popen([program, "--config", top + "/conf"], stderr=log)
    deadline = time.monotonic() + 30
    while not os.path.exists(top + "/lmtp") and server.poll() is None:
        assert time.monotonic() < deadline, "the server does not listen"
        time.sleep(0.02)
    return server, imap, pop3


def run(program, load, messages):
    failures, stop = [], threading.Event()
    with tempfile.TemporaryDirectory(prefix="threads.") as top:
        server, imap, pop3 = start(program, top)
        try:
            readers = [threading.Thread(target=guarded, args=(read, failures, port, user, stop))
                       for read, port, user in ((read_by_imap, imap, "u0"), (read_by_imap, imap, "u1"),
                                                (read_by_imap, imap, "u0"), (read_by_pop3, pop3, "u2"))]
            for reader in readers:
                reader.start()
            loaded = subprocess.run(
                [load, "--connect", f"unix:{top}/lmtp", "--connections", "8", "--prefix", "u",
                 "--mailboxes", str(len(USERS)), "--recipients", "2", "--attachment", "20000",
                 "--messages", str(messages), "--seconds", "60"], capture_output=True, text=True, timeout=100, check=False)
            stop.set()
            for reader in readers:
                reader.join()
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(30)
        with open(top + "/log", encoding="utf-8", errors="replace") as log:
            reports = log.read()
    if loaded.returncode != 0:
        failures.append(loaded.stderr or loaded.stdout)
    if status != 0 or "Sanitizer" in reports:
        failures.append(f"the server ended with status {status}:\n{reports[-20000:]}")
    print(json.loads(loaded.stdout) if loaded.returncode == 0 else "", *failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 600))

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mailstored-kill.py MAILSTORED [ROUNDS] - kills mailstored in mid-delivery, again and again.

Several LMTP connections deliver; at a random moment comes SIGKILL. At the next start the store opens
at once, and every message that had its 250 is there, whole, in each recipient's inbox, once for each
250; what had none may be there once, whole, or not. UIDs only grow.
"""

import hashlib
import importlib.util
import os
import random
import re
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location("transcript", os.path.join(HERE, "..", "transcript", "transcript.py"))
transcript = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(transcript)

CONNECTIONS = 6
OPEN_SECONDS = 10


class Refused(Exception):
    """No is an answer that a kill does not explain."""


class Sender(threading.Thread):
    """Delivers until the connection breaks; remembers what was acknowledged to whom."""

    def __init__(self, server, tag, seed):
        super().__init__()
        self.server = server
        self.tag = tag
        self.random = random.Random(seed)
        self.acknowledged = []  # (user, digest)
        self.sent = set()
        self.problem = None

    def message(self, number):
        size = self.random.choice((100, 1000, 20000, 200000))
        filling = self.random.randbytes(size // 2).hex()
        lines = "\r\n".join(filling[i:i + 76] for i in range(0, len(filling), 76))
        return ("Message-ID: <%s-%d>\r\nSubject: kill\r\n\r\n%s\r\n" % (self.tag, number, lines)).encode()

    def run(self):
        try:
            client = transcript.Client(self.server.connect("lmtp"))
            client.line()
            client.sock.sendall(b"LHLO me\r\n")
            while not client.line().startswith("250 "):
                pass
            number = 0
            while True:
                number += 1
                self.deliver(client, self.message(number))
        except Refused as refused:
            self.problem = str(refused)
        except (transcript.Failure, OSError):
            pass  # killed

    def deliver(self, client, text):
        users = self.random.choice((["alice"], ["bob"], ["alice", "bob"]))
        digest = hashlib.sha256(text).hexdigest()
        self.sent.add(digest)
        head = "MAIL FROM:<s@example.org>\r\n" + "".join("RCPT TO:<%s>\r\n" % user for user in users)
        client.sock.sendall(head.encode() + b"DATA\r\n")
        for _ in range(len(users) + 2):
            line = client.line()
            if line[0] not in "23":
                raise Refused(line)
        client.sock.sendall(text + b".\r\n")
        for user in users:
            line = client.line()
            if not line.startswith("250 "):
                raise Refused(line)
            self.acknowledged.append((user, digest))


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) != count:
        raise transcript.Failure("the connection was closed in a literal")
    return data


def fetch_all(server, user, word):
    """[(uid, digest of the text)] of the inbox."""
    sock = server.connect("imap")
    stream = sock.makefile("rb")
    stream.readline()
    sock.sendall(("a LOGIN %s %s\r\nb EXAMINE INBOX\r\nc UID FETCH 1:* BODY.PEEK[]\r\n" % (user, word)).encode())
    found = []
    while True:
        line = stream.readline()
        if not line:
            raise transcript.Failure("the connection was closed")
        literal = re.search(rb"\{(\d+)\}\r\n$", line)
        if literal:
            text = read_exactly(stream, int(literal.group(1)))
            uid = re.search(rb"UID (\d+)", stream.readline())
            found.append((int(uid.group(1)), hashlib.sha256(text).hexdigest()))
        elif line.startswith(b"c "):
            if not line.startswith(b"c OK"):
                raise transcript.Failure(repr(line))
            break
    sock.close()
    return found


def check(server, senders, before):
    """What is there against what was acknowledged. Returns what is there."""
    after = {}
    for user, word in (("alice", "wonder"), ("bob", "builder")):
        found = fetch_all(server, user, word)
        uids = [uid for uid, _ in found]
        if uids != sorted(set(uids)):
            raise transcript.Failure("the UIDs of %s are not ascending" % user)
        old = before.get(user, [])
        if found[:len(old)] != old:
            raise transcript.Failure("messages of %s from before changed" % user)
        new = [digest for _, digest in found[len(old):]]
        sent = set().union(*(sender.sent for sender in senders))
        acknowledged = [digest for sender in senders for name, digest in sender.acknowledged if name == user]
        if len(new) != len(set(new)):
            raise transcript.Failure("%s has a message twice" % user)
        missing = set(acknowledged) - set(new)
        if missing:
            raise transcript.Failure("%s lost %d of %d acknowledged" % (user, len(missing), len(acknowledged)))
        if not set(new) <= sent:
            raise transcript.Failure("%s has a message that nobody sent so" % user)
        after[user] = found
    return after


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("KILL_ROUNDS", "5"))
    seed = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    print("seed %d" % seed)
    dice = random.Random(seed)
    server = transcript.Server(sys.argv[1])
    there = {}
    total = 0
    try:
        for number in range(rounds):
            senders = [Sender(server, "%d-%d" % (number, i), dice.random()) for i in range(CONNECTIONS)]
            for sender in senders:
                sender.start()
            time.sleep(dice.uniform(0.02, 0.5))
            # A busy machine may not have come to any by now.
            while number == rounds - 1 and total == 0 and not any(s.acknowledged or s.problem for s in senders):
                time.sleep(0.01)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            for sender in senders:
                sender.join()
                if sender.problem:
                    raise transcript.Failure("a client read: " + sender.problem)
            begin = time.monotonic()
            server.start()
            if time.monotonic() - begin > OPEN_SECONDS:
                raise transcript.Failure("the store took %.1f s to open" % (time.monotonic() - begin))
            there = check(server, senders, there)
            count = sum(len(sender.acknowledged) for sender in senders)
            total += count
            print("round %d: %d acknowledged, all there" % (number + 1, count))
        if total == 0:
            raise transcript.Failure("nothing was ever delivered")
        server.stop()
    except transcript.Failure as failure:
        print("FAIL (seed %d): %s\n%s" % (seed, failure, server.log()[-3000:]))
        return 1
    finally:
        server.clean()
    print("ok: %d messages in %d rounds" % (total, rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())

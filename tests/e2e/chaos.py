#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""chaos.py BUILD [SECONDS [SEED]] - everything is killed at random while mail is delivered, moved,
appended and expunged: the store, the supervisor, the loader, the workers.

Clients note what they were told. In the end each message that was acknowledged is where it was put,
once and whole; of one in which something was found there is an incident where it is not; what was
expunged is gone; and each folder shows the same after one more restart of the store. Where a
connection broke before the answer, both is right. With SECONDS it runs that long, by hand.
"""
import calendar
import contextlib
import imaplib
import os
import random
import re
import signal
import sys
import threading
import time

from rig import PATIENCE, QUICK, Rig, descendants, mail, wait_until

USERS = ("alice", "bob")
FOLDERS = ("INBOX", "Work", "Later")
SECONDS = 5 if QUICK else 15
KINDS = {"plain": True, "clean": True, "eicar": False, "eicar-zip": False, "renamed-program": False}
BROKEN = (OSError, imaplib.IMAP4.abort, imaplib.IMAP4.error)
SUBJECT = re.compile(rb"^Subject: ([^\r\n]*)", re.MULTILINE)
VIEW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


class Message:
    def __init__(self, kind, data):
        self.kind, self.data = kind, data
        self.acknowledged, self.expunged = False, None  # None: nobody tried; False: no answer


class Client(threading.Thread):
    """Works until `done`; where the server goes away, begins again."""

    def __init__(self, store, user, number, seed):
        super().__init__(daemon=True)
        self.store, self.user, self.number = store, user, number
        self.chance = random.Random(f"{seed} {number}")
        self.done, self.error, self.messages, self.turns = threading.Event(), None, {}, 0

    def run(self):
        try:
            while not self.done.is_set():
                with contextlib.suppress(*BROKEN):
                    self.work()
                time.sleep(0.02)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def new_message(self):
        self.turns += 1
        kind = self.chance.choice(list(KINDS))
        subject = f"{kind} {self.number} {self.turns}"
        data = mail(kind, self.user, subject, seed=subject, size=self.chance.choice((100, 20000)))
        self.messages[subject] = Message(kind, data)
        return self.messages[subject]


class Sender(Client):
    def work(self):
        with contextlib.closing(self.store.lmtp()) as client:
            while not self.done.is_set():
                message = self.new_message()
                refused = self.store.deliver(self.user, message.data, client)
                # A finding that could not be put on record; its sender shall try again.
                assert not refused or (refused[self.user][0] == 451 and not KINDS[message.kind]), \
                    f"{message.kind}: {refused}"
                message.acknowledged = not refused


class Reader(Client):
    """Moves, flags, appends, and expunges what it appended itself."""

    def work(self):
        with self.store.imap(self.user) as client:
            for folder in FOLDERS[1:]:
                client.create(folder)
            while not self.done.is_set():
                self.chance.choice((self.move, self.move, self.flag, self.append, self.expunge))(client)

    def select(self, client):
        folder = self.chance.choice(FOLDERS)
        uids = client.uid("SEARCH", "ALL")[1][0].split() if client.select(folder)[0] == "OK" else []
        return folder, uids

    def move(self, client):
        folder, uids = self.select(client)
        if uids:
            chosen = sorted(self.chance.sample(uids, min(len(uids), self.chance.choice((1, 5)))))
            client.uid("MOVE", b",".join(chosen).decode(),
                       self.chance.choice([name for name in FOLDERS if name != folder]))

    def flag(self, client):
        uids = self.select(client)[1]
        if uids:
            client.uid("STORE", self.chance.choice(uids).decode(),
                       self.chance.choice(("+FLAGS", "-FLAGS")),
                       self.chance.choice((r"(\Seen)", r"(\Flagged $Forwarded)")))

    def append(self, client):
        message = self.new_message()
        kind, told = client.append(self.chance.choice(FOLDERS), None, None, message.data)
        assert kind == "OK" or not KINDS[message.kind], f"{message.kind}: {told}"
        message.acknowledged = kind == "OK"

    def expunge(self, client):
        uids = self.select(client)[1]
        if not uids:
            return
        uid = self.chance.choice(uids).decode()
        answer = client.uid("FETCH", uid, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        found = SUBJECT.search(answer[0][1]) if answer and isinstance(answer[0], tuple) else None
        message = self.messages.get(found[1].decode()) if found else None
        if message is None:
            return
        message.expunged = False
        if client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")[0] == "OK" and \
                client.uid("EXPUNGE", uid)[0] == "OK":
            message.expunged = True


class Killer:
    def __init__(self, rig, seed):
        self.rig, self.chance, self.killed = rig, random.Random(seed), {}

    def kill_one(self):
        rig, store = self.rig, self.rig.store
        below = descendants(rig.scanner.pid)
        victim = self.chance.choice(["store", "supervisor", "below", "below"])
        self.killed[victim] = self.killed.get(victim, 0) + 1
        if victim == "store":
            store.stop(signal.SIGKILL)
            store.start()
        elif victim == "supervisor":
            rig.kill_scanner()
            time.sleep(self.chance.uniform(0, 0.3))
            rig.start_scanner()
        elif below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(below),
                        self.chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP)))


def view(store, user):
    """What a client sees of each folder, for a comparison."""
    seen = {}
    with store.imap(user) as client:
        for folder in FOLDERS:
            client.select(folder, readonly=True)
            seen[folder] = (client.status(folder, "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"),
                            client.uid("FETCH", "1:*", VIEW))  # of none, too
    return seen


def subjects_on_record(rig):
    """Of all incidents: the command tells so many at once, the newest first, to the second."""
    found, until = set(), time.time() + 1
    while True:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
        page = rig.control("incidents", "--limit", "10000", "--until", when)["incidents"]
        new = {incident["subject"] for incident in page} - found
        if not new:
            return found
        found |= new
        until = calendar.timegm(time.strptime(page[-1]["time"][:19], "%Y-%m-%dT%H:%M:%S")) + 1


def judge(rig, clients):
    """What is wrong, a line each."""
    wrong, on_record = [], subjects_on_record(rig)
    for user in USERS:
        held = {}  # by subject
        for folder in FOLDERS:
            for data in rig.store.messages(user, folder).values():
                held.setdefault(SUBJECT.search(data)[1].decode(), []).append(data)
        known = {subject: message for client in clients if client.user == user
                 for subject, message in client.messages.items()}
        for subject, message in known.items():
            copies = held.get(subject, [])
            whole = all(data == message.data for data in copies)
            if len(copies) > 1:
                wrong.append(f"{user}: {subject}: {len(copies)} times")
            if copies and not whole and (KINDS[message.kind] or subject not in on_record):
                wrong.append(f"{user}: {subject}: not as it was sent")
            if copies and message.expunged:
                wrong.append(f"{user}: {subject}: expunged and there")
            if not copies and message.acknowledged and message.expunged is None and \
                    (KINDS[message.kind] or subject not in on_record):
                wrong.append(f"{user}: {subject}: acknowledged and gone")
        wrong += [f"{user}: {subject}: nobody sent it" for subject in set(held) - set(known)]
    return wrong


def chaos(build, seconds, seed):
    with Rig(build, users=USERS) as rig:
        rig.configure("deadline=2000", extra="[quarantine]\ntimeout=1000\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        clients = [kind(store, user, f"{kind.__name__}-{user}-{number}", seed)
                   for user in USERS for number, kind in enumerate((Sender, Sender, Reader))]
        for client in clients:
            client.start()
        killer, until = Killer(rig, seed), time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(killer.chance.uniform(0, 0.5))
            killer.kill_one()
        for client in clients:
            client.done.set()
        for client in clients:
            client.join(PATIENCE)
            assert not client.is_alive(), f"{client.number} still waits for an answer"
            assert client.error is None, f"{client.number}: {client.error!r}"
        for kind in (Sender, Reader):  # or there is nothing to lose
            assert any(message.acknowledged for client in clients if isinstance(client, kind)
                       for message in client.messages.values()), f"no {kind.__name__} got through"
        rig.kill_scanner()
        rig.start_scanner()
        rig.wait_protected()
        wait_until(lambda: rig.status()["ok"], "the service to be at rest")
        wrong = judge(rig, clients)
        before = {user: view(store, user) for user in USERS}
        store.stop(signal.SIGKILL)
        store.start()
        wrong += [f"{user}: {folder}: another view after a restart" for user in USERS
                  for folder, seen in view(store, user).items() if seen != before[user][folder]]
        messages = [message for client in clients for message in client.messages.values()]
        print(f"seed {seed}: killed {killer.killed}; of {len(messages)} messages "
              f"{sum(message.acknowledged for message in messages)} acknowledged, "
              f"{sum(message.expunged is True for message in messages)} expunged")
        assert not wrong, "\n".join([f"{len(wrong)} wrong:", *wrong[:20]])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3, 4):
        sys.exit("usage: chaos.py BUILD-DIRECTORY [SECONDS [SEED]]")
    chaos(sys.argv[1], float((sys.argv[2:] or [SECONDS])[0]), (sys.argv[3:] or ["1"])[0])

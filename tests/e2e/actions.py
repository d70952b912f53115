#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""actions.py BUILD - each action as a client and a reader see it, held against the table in
storehookd.conf(5), WHAT IS SEEN.

A row is "action Ta answer to LMTP Ta answer to APPEND Ta what a reader finds". An action that the
table lacks, or a row that nobody here tries, fails.
"""
import email
import io
import re
import zipfile

from macros import mail_with
from rig import EICAR, TOP, Rig, main

MANUAL = TOP + "/docs/man/storehookd.conf.5"
CASES = {
    "pass": "[actions]\ninfected=pass\n",
    "clean": "[actions]\ninfected=clean\n",
    "strip": "[actions]\ninfected=strip\n",
    "quarantine": "",
    "quarantine, notice": "[active-message-filter]\nmode=notice\n",
    "quarantine, rest": "[active-message-filter]\nmode=rest\n",
    "drop": "[actions]\ninfected=drop\n",
    "refuse": "[actions]\ninfected=refuse\n",
    # Those before it have filled the place: no original is safe, so nothing may be taken away.
    "quarantine, full": "[quarantine]\nmax-items=1\n",
}


def table():
    with open(MANUAL, encoding="utf-8") as manual:
        text = manual.read().split(".Sh WHAT IS SEEN")[1].split(".Sh ")[0]
    rows = {}
    for line in text.splitlines():
        if line.startswith(".It Cm ") and " Ta " in line:
            name, *cells = [cell.strip() for cell in line.removeprefix(".It Cm ").split(" Ta ")]
            rows[re.sub(r" No , Cm | No , ", ", ", name)] = cells
    return rows


def archive(note):
    """What can be cleaned: one member is bad, the other is not."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("good.txt", f"harmless {note}")
        made.writestr("bad.com", EICAR)
    return out.getvalue()


def found(arrived, sent):
    """In the table's words."""
    if not arrived:
        return "nothing"
    (message,) = arrived
    if message == sent:
        return "all of it"
    (name, data), = [(part.get_filename(), part.get_payload(decode=True)) for part in
                     email.message_from_bytes(message).walk() if part.get_filename()]
    assert EICAR not in data
    if name != "game.zip":
        return "a notice instead"
    with zipfile.ZipFile(io.BytesIO(data)) as left:
        assert left.read("good.txt").startswith(b"harmless")
    return "the clean rest"


def described(store, user, message):
    """A client is told of what is stored: when it is found out, and when it was kept."""
    parts = [part for part in email.message_from_bytes(message).walk() if part.get_filename()]
    with store.imap(user) as client:
        client.select("INBOX", readonly=True)
        for _ in range(2):
            told = b"".join(part if isinstance(part, bytes) else b"".join(part) for part in
                            client.fetch("*", "(RFC822.SIZE BODYSTRUCTURE)")[1])
            assert b"RFC822.SIZE %d " % len(message) in told, told
            for part in parts:
                name, size = part.get_filename().encode(), len(part.get_payload())
                assert b'"%s"' % name in told and b'"base64" %d ' % size in told, (told, name, size)


def new_since(before, store, user):
    return [text for uid, text in store.messages(user).items() if uid not in before]


def append(store, user, message):
    """OK, or NO with its response code."""
    with store.imap(user) as client:
        answer, (text,) = client.append("INBOX", None, None, message)
    code = re.match(rb"\[[A-Z]+\]", text)
    return f"{answer} {code[0].decode()}" if answer == "NO" and code else answer


def see(rig, store, user, message):
    """A row of the table. A reader finds the same whichever way it came."""
    refused = store.deliver(user, message)
    by_lmtp = "{} {}".format(*refused[user])[:9] if refused else "250"
    arrived = new_since({}, store, user)
    reads = found(arrived, message)
    if arrived:
        described(store, user, arrived[0])
    before = store.messages(user)
    by_append = append(store, user, message)
    again = found(new_since(before, store, user), message)
    assert again == reads, f"by LMTP {reads}, by APPEND {again}"
    moved(rig, store, user, 0 if reads == "nothing" else 2)
    return [by_lmtp, by_append, reads]


def moved(rig, store, user, count):
    """COPY and MOVE write no content: what is there is filed, and nobody is asked again."""
    incidents = len(rig.incidents())
    with store.imap(user) as client:
        assert client.select("INBOX")[1] == [b"%d" % count]
        if count:
            assert client.copy("1", "Sent")[0] == "OK"
            assert client.uid("MOVE", "1:*", "Drafts")[0] == "OK"
            assert client.select("Sent")[1] == [b"1"]
            assert client.select("Drafts")[1] == [b"%d" % count]
    assert len(rig.incidents()) == incidents


def actions(build):
    seen = {}
    users = [f"user{number}" for number in range(len(CASES))]
    with Rig(build, users=users) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for user, (name, settings) in zip(users, CASES.items()):
            rig.configure(extra=settings)
            rig.control("reload")
            seen[name] = see(rig, store, user, mail_with("game.zip", archive(name), name))
            print(f"  {name}: {', '.join(seen[name])}", flush=True)
    rows = table()
    assert seen == rows, f"the manual says {rows}"


if __name__ == "__main__":
    main(actions)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""false-positive.py BUILD - a signature that was wrong is withdrawn: what it took is released or
sent again, and arrives as it was."""
import base64
import email
import hashlib
import os

from rig import TOP, Rig, Store, mail, main, wait_until


def attachment_of(message):
    parts = [p for p in email.message_from_bytes(message).walk() if p.get_filename()]
    return base64.b64decode(parts[0].get_payload())


def mended(build):
    with Rig(build) as rig:
        message = mail("clean", ["alice", "bob"], "the report", seed="report", size=30000)
        data = attachment_of(message)
        wrong = rig.signatures + "/wrong.hdb"
        with open(wrong, "w", encoding="ascii") as out:
            out.write(f"{hashlib.md5(data).hexdigest()}:{len(data)}:Wrong.Signature\n")
        rig.configure(extra=f"[quarantine]\nrelease-lmtp=unix:{rig.scratch}/store.lmtp\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        assert store.deliver(["alice", "bob"], message) == {}
        assert store.messages("alice") == {}, "the wrong signature should have taken it"
        items = rig.control("quarantine", "list")["items"]
        assert len(items) == 1, items

        # Still in force: only the release lets it through.
        assert store.deliver("carol", message) == {}
        assert store.messages("carol") == {}
        before = signatures_version(rig)
        os.unlink(wrong)
        rig.control("reload")
        assert signatures_version(rig) != before
        rig.control("quarantine", "release", items[0]["id"])
        for user in ("alice", "bob"):
            wait_until(lambda user=user: list(store.messages(user).values()) == [message],
                       f"the released message for {user}, as it was")
        assert store.deliver("carol", message) == {}
        assert list(store.messages("carol").values()) == [message], "sent again: not as it was"


def learnt(build):
    """The other way round: an attachment that came often is bad, as everybody knows from now on."""
    with Rig(build) as rig:
        message = mail("clean", "alice", "the report", seed="report", size=30000)
        data = attachment_of(message)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for _ in range(5):
            assert store.deliver("alice", message) == {}
        assert len(store.messages("alice")) == 5
        requests = rig.status()["scans"]["requests"]
        assert store.deliver("alice", message) == {}
        assert rig.status()["scans"]["requests"] - requests == 1, "more than the text was asked about"
        before = signatures_version(rig)
        with open(rig.signatures + "/new.hdb", "w", encoding="ascii") as out:
            out.write(f"{hashlib.md5(data).hexdigest()}:{len(data)}:New.Signature\n")
        rig.control("reload")
        assert signatures_version(rig) != before
        assert store.deliver("alice", message) == {}
        assert len(store.messages("alice")) == 6, "what was clean yesterday passed once more"


def signatures_version(rig):
    return rig.status()["signatures"]["version"]


def released_while_in_force(build):
    """The administrator knows better than the signature."""
    with Rig(build) as rig:
        rig.configure(extra=f"[quarantine]\nrelease-lmtp=unix:{rig.scratch}/store.lmtp\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        message = mail("eicar", "alice", "a sample that I asked for")
        assert store.deliver("alice", message) == {}
        assert store.messages("alice") == {}
        (item,) = rig.control("quarantine", "list")["items"]
        rig.control("quarantine", "release", item["id"])
        wait_until(lambda: list(store.messages("alice").values()) == [message],
                   "the released message, as it was")


def released_to_a_thousand(build):
    """As many recipients as a message may have: all are known to the records, and each gets it."""
    users = [f"recipient-{number:04}-of-a-list" for number in range(1000)]
    with Rig(build, users=users) as rig:
        rig.configure(extra=f"[quarantine]\nrelease-lmtp=unix:{rig.scratch}/store.lmtp\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        message = mail("eicar", "list", "for everybody")
        assert store.deliver(users, message) == {}
        (incident,) = rig.incidents()
        (item,) = rig.control("quarantine", "list")["items"]
        everybody = [f"{user}@example.org" for user in users]
        assert sorted(incident["recipients"]) == everybody
        assert sorted(item["recipients"]) == everybody and not item["recipients-cut"]
        assert store.messages(users[0]) == {}
        release = rig.control("quarantine", "release", item["id"])["release"]
        assert release["released"] and len(release["recipients"]) == len(users)
        for user in (users[0], users[499], users[999]):
            assert list(store.messages(user).values()) == [message], user


def example(rig, name, words):
    """A configuration of examples/ with other paths and ports, and nothing else changed."""
    with open(f"{TOP}/examples/{name}", encoding="utf-8") as source:
        text = source.read()
    for word, other in words.items():
        assert word in text, f"examples/{name}: no {word}"
        text = text.replace(word, other)
    with open(f"{rig.scratch}/{name}", "w", encoding="utf-8") as out:
        out.write(text)
    return f"{rig.scratch}/{name}"


def by_the_examples(build):
    """What README.md says to copy fits together: mail is protected, and a release arrives."""
    with Rig(build) as rig:
        store = Store(rig, "store")
        rig.configuration = example(rig, "storehookd.conf", {
            "/run/storehook/scanner.sock": rig.socket, "/var/lib/storehook": rig.scratch + "/state",
            "/var/lib/clamav": rig.signatures, "/etc/storehook/rules.conf": TOP + "/examples/rules.conf",
            "/run/mailstored/lmtp": store.lmtp_path})
        with open(rig.configuration, "a", encoding="utf-8") as out:
            out.write(f"[clients]\nexecutables={rig.path('mailstore/server/mailstored')}\n")
        store.configuration = example(rig, "mailstored.conf", {
            "/var/lib/mailstored": store.directory, "/run/mailstored/lmtp": store.lmtp_path,
            "127.0.0.1:143": f"127.0.0.1:{store.imap_port}",
            "127.0.0.1:110": f"127.0.0.1:{store.pop3_port}",
            "/etc/storehook/passwd": rig.scratch + "/passwd"})
        store.write_configuration = lambda extra: None
        rig.start_scanner()
        rig.stores.append(store.start())
        rig.wait_protected()
        message = mail("eicar", "alice", "for the laboratory")
        assert store.deliver("alice", message) == {}
        assert store.messages("alice") == {}
        item, = rig.control("quarantine", "list")["items"]
        rig.control("quarantine", "release", item["id"])
        wait_until(lambda: list(store.messages("alice").values()) == [message], "the original")


if __name__ == "__main__":
    main(by_the_examples, mended, learnt, released_while_in_force, released_to_a_thousand)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""many-parts.py BUILD - messages with more parts than a datagram or a process has room for: what is
flagged among them is kept whole, and what is clean arrives."""
import os
import random

from rig import EICAR, Rig, address, mail, main, make_mail, wait_until


def many(subject, datas):
    """A message with an attachment for each of `datas`."""
    parts = [make_mail.text("Please find them attached.")]
    parts += [make_mail.attachment(f"figures-{i}.bin", data) for i, data in enumerate(datas)]
    options = type("Options", (), {"subject": subject, "seed": 1, "sender": "sender@example.org",
                                   "to": [address("alice")]})
    return make_mail.envelope(options, *make_mail.multipart(parts))


def noise(subject, count, size):
    source = random.Random(subject)
    return [b"figures " + source.randbytes(size) for _ in range(count)]


def infected(seed, size=0):
    """Each another one, for what was released is let through."""
    return make_mail.zipped(f"invoice-{seed}.pdf", EICAR) + random.Random(str(seed)).randbytes(size)


def kept_whole(build):
    """In quarantine byte for byte, nothing in the mailbox; released, it arrives as it was."""
    with Rig(build) as rig:
        rig.configure(service="deadline=60000",
                      extra=f"[quarantine]\nrelease-lmtp=unix:{rig.scratch}/store.lmtp\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        messages = {
            "the last of hundreds": [*noise("a", 300, 100), infected("a")],
            "among long ones": [*noise("b", 200, 20000), infected("b"), *noise("c", 100, 9000)],
            "every one, and long": [infected(i, 20000) for i in range(150)],
            "the same one twice": [infected("d"), *noise("d", 3, 100), infected("d")],
            "one of a thousand": [*noise("e", 1200, 20), infected("e")],
        }
        for subject, datas in messages.items():
            message = many(subject, datas)
            known = {item["id"] for item in items(rig)}
            replies = store.deliver("alice", message)
            assert replies == {}, (subject, replies)
            assert store.messages("alice") == {}, subject
            (new,) = [item for item in items(rig) if item["id"] not in known]
            assert new["size"] == len(message), (subject, new["size"], len(message))
            rig.control("quarantine", "release", new["id"])
            wait_until(lambda expected=message: list(store.messages("alice").values()) == [expected],
                       f"{subject}: the released message, as it was")
            with store.imap("alice") as client:
                client.select("INBOX")
                client.store("1:*", "+FLAGS", r"(\Deleted)")
                client.expunge()
        assert rig.unscanned() == 0
        assert len(os.listdir(f"/proc/{store.process.pid}/fd")) < 60, "descriptors are left open"


def items(rig):
    return rig.control("quarantine", "list")["items"]


if __name__ == "__main__":
    main(kept_whole)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""room.py BUILD - what was expunged gives its room back: a mailbox in use does not grow for ever."""
import os

from rig import Rig, mail, main, wait_until

COUNT, SIZE = 20, 200000


def given_back(build):
    with Rig(build) as rig:
        store = rig.start_scanner().start_store(extra="[limits]\ncollect-interval=1\n")
        rig.wait_protected()
        kept = mail("clean", "bob", "kept", seed="kept", size=SIZE)
        assert store.deliver("bob", kept) == {}
        sizes = []
        for turn in range(4):
            for i in range(COUNT):
                seed = f"{turn} {i}"
                assert store.deliver("alice", mail("clean", "alice", seed, seed=seed, size=SIZE)) == {}
            with store.imap("alice") as client:
                client.select("INBOX")
                client.store("1:*", "+FLAGS", r"(\Deleted)")
                client.expunge()
            wait_until(lambda turn=turn: collected(rig) == COUNT * (turn + 1), "the collection")
            sizes.append(os.path.getsize(f"{store.directory}/mail.edb"))
        assert sizes[-1] < sizes[0] + COUNT * SIZE, f"it grows: {sizes}"
        assert list(store.messages("bob").values()) == [kept]
        assert store.stop() == 0


def collected(rig):
    with open(f"{rig.scratch}/store.log", encoding="utf-8") as log:
        return sum(int(line.rsplit("=", 1)[1]) for line in log if " collected messages=" in line)


if __name__ == "__main__":
    main(given_back)

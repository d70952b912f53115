#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""protection.py BUILD - what arrives and what does not, and that nothing is left of what does not."""
import email
import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import time

from rig import EICAR, PASSWORD, PATIENCE, Rig, mail, main, wait_until

INFECTED = ["eicar", "eicar-zip", "eicar-nested", "eicar-broken-base64", "eicar-body"]
CLEAN = ["plain", "clean"]


def what_arrives(build):
    """Clean mail byte for byte; of infected mail nothing, with an incident for each."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for kind in CLEAN:
            message = mail(kind, ["alice", "bob"], f"{kind} mail")
            assert store.deliver(["alice", "bob"], message) == {}
            for user in ("alice", "bob"):
                assert message in store.messages(user).values(), f"{kind} is not whole for {user}"
        before = len(store.messages("alice"))
        for kind in INFECTED:
            assert store.deliver(["alice", "bob"], mail(kind, "alice", f"bad {kind}")) == {}
            for user in ("alice", "bob"):
                assert len(store.messages(user)) == before, f"{kind} arrived for {user}"
        incidents = placed_incidents(rig)
        for kind in INFECTED:
            about = [one for one in incidents if one["subject"] == f"bad {kind}"]
            assert about, f"no incident for {kind}"
            assert all(one["sender"] == "sender@example.org" for one in about), about
            assert any(one["verdict"] == "infected" for one in about), about
            assert {"alice@example.org", "bob@example.org"} <= set(about[0]["recipients"]), about
            assert {one["program"] for one in about} == {"mailstored"}, about
            assert {one["direction"] for one in about} == {"inbound"}, about
            assert {one["folders"][0]["folder"] for one in about} == {"INBOX"}, about
        items = rig.control("quarantine", "list")["items"]
        assert {item["program"] for item in items} == {"mailstored"}, items
        assert rig.unscanned() == 0
        blocked_by_true_type(rig, store)
        appended(rig, store)


def placed_incidents(rig):
    """Folders are told after the commit, so they may come a little later."""
    wait_until(lambda: all(one["folders"] for one in rig.incidents()), "the incidents' folders")
    return rig.incidents()


def blocked_by_true_type(rig, store):
    message = mail("renamed-program", "carol", "notes")
    assert store.deliver("carol", message) == {}
    (arrived,) = store.messages("carol").values()
    head = message.split(b"\r\n\r\n")[0]
    assert arrived.startswith(head), "the message's own header changed"
    assert message.split(b"base64")[1][:200] not in arrived, "the program arrived"
    (blocked,) = [one for one in rig.incidents() if one["subject"] == "notes"]
    reason = "a program by what it contains"  # examples/rules.conf says so
    assert blocked["verdict"] == "blocked" and blocked["note"] == reason, blocked
    notice = email.message_from_bytes(arrived).get_payload()[1].get_payload(decode=True)
    assert f"Reason: not allowed here: {reason}\r\n".encode() in notice, notice


def appended(rig, store):
    """By IMAP, and into every kind of folder; COPY of what is there does not scan it again."""
    before = len(store.messages("carol"))
    with store.imap("carol") as client:
        client.append("INBOX", None, None, mail("eicar", "carol", "appended"))
        good = mail("clean", "carol", "good one")
        assert client.append("Sent", None, None, good)[0] == "OK"
        client.append("Sent", None, None, mail("eicar-zip", "carol", "sent bad"))
        client.select("Sent")
        assert client.copy("1", "INBOX")[0] == "OK"
        client.create("Public/News")
        client.append("Public/News", None, None, mail("eicar", "carol", "public bad"))
    assert store.subjects("carol", "Sent") == ["good one"]
    assert len(store.messages("carol")) == before + 1
    incidents = {one["subject"]: one for one in placed_incidents(rig)}
    for subject, folder, direction in (("appended", "INBOX", "inbound"), ("notes", "INBOX", "inbound"),
                                       ("sent bad", "Sent", "outbound"),
                                       ("public bad", "News", "internal")):
        one = incidents[subject]
        assert one["direction"] == direction, one
        # No envelope with APPEND: the header's From and To stand for it.
        assert one["sender"] and "carol" in str(one["recipients"]), one
        assert [place["folder"] for place in one["folders"]] == [folder], one
        assert one["folders"][0]["dropped"] == (subject != "notes"), one


def nothing_is_left(build):
    """A dropped message leaves no event, no number that counts it, and no byte in the store."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        with socket.create_connection(("127.0.0.1", store.imap_port), 10) as idle:
            stream = idle.makefile("rwb")
            for line in (f"a LOGIN alice {PASSWORD}", "b SELECT INBOX"):
                stream.write(line.encode() + b"\r\n")
                stream.flush()
                while not stream.readline().startswith(line[:1].encode() + b" OK"):
                    pass
            stream.write(b"c IDLE\r\n")
            stream.flush()
            assert stream.readline().startswith(b"+")
            store.deliver("alice", mail("eicar", "alice", "unseen"))
            store.deliver(["bob", "alice"], mail("eicar-zip", "alice", "unseen too"))
            idle.settimeout(1)
            try:
                assert not idle.recv(1000), "an event for a dropped message"
                raise AssertionError("the connection was closed")
            except socket.timeout:
                pass
            store.deliver("alice", mail("plain", "alice", "seen"))
            idle.settimeout(10)
            assert idle.recv(1000).startswith(b"* 1 EXISTS")
        with store.imap("alice") as client:
            assert b"MESSAGES 1" in client.status("INBOX", "(MESSAGES RECENT UNSEEN)")[1][0]
            client.select("INBOX")
            assert client.search(None, "SUBJECT", "unseen")[1] == [b""]
            assert client.copy("1:*", "Sent")[0] == "OK"
            # The count is kept from now on, and what comes is added.
            store.deliver("alice", mail("eicar", "alice", "unseen again"))
            assert b"MESSAGES 1 UNSEEN 1" in client.status("INBOX", "(MESSAGES UNSEEN)")[1][0]
            store.deliver("alice", mail("plain", "alice", "seen again"))
            assert b"MESSAGES 2 UNSEEN 2" in client.status("INBOX", "(MESSAGES UNSEEN)")[1][0]
        assert store.subjects("alice", "Sent") == ["seen"]
        assert store.stop() == 0
        assert_not_on_disk(store.directory, EICAR)


def assert_not_on_disk(directory, needle):
    """Aborted or deleted in the transaction that wrote it: it never came to a page."""
    for folder, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert needle not in file.read(), f"{needle[:20]}... stands in {name}"


def unhooked(build):
    """The negative control: the same program without the library stores EICAR as it is."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store(hooked=False)
        message = mail("eicar", "alice", "as it is")
        assert store.deliver("alice", message) == {}
        assert list(store.messages("alice").values()) == [message]
        status = rig.status()
        assert status["protection"] != "protected" or not any(
            client["hooked"] for client in status["clients"]), status


def forgets_what_was_clean(rig, store):
    """A link that passed without a question, since its like was clean, does not once it is not."""
    content = "clean until the service was restarted"
    message = mail("clean", "bob", "remembered", seed=content)
    for _ in range(3):
        assert store.deliver("bob", message) == {}
    part = email.message_from_bytes(message).get_payload(1).get_payload(decode=True)
    time.sleep(1.1)
    rig.kill_scanner()
    with open(rig.signatures + "/later.hdb", "w", encoding="ascii") as out:
        print(hashlib.md5(part).hexdigest(), len(part), "Later", sep=":", file=out)
    rig.start_scanner().wait_scanning()
    assert store.deliver("bob", message) == {}
    assert [one["attachment"] for one in rig.incidents() if one["name"].startswith("Later")], \
        rig.incidents()


def restarted(build):
    """After a restart an idle store is neither called protected nor not: it asks at its next write.
    One that ended meanwhile, or runs without the hook, is what it is."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for how in "kill", "terminate":
            time.sleep(1.1)  # so often a store at work looks whether the service is still the same
            getattr(rig.scanner, how)()
            rig.scanner.wait()
            rig.start_scanner().wait_scanning()
            status = rig.status()
            assert [client["state"] for client in status["clients"]] == ["not-heard-of"], status
            assert status["summary"].startswith("WAITING (process mailstored, pid "), status
            assert status["not-protected-processes"] == 0
            assert subprocess.run([rig.path("scanner/storehookctl"), "--config", rig.configuration,
                                   "status"], stdout=subprocess.DEVNULL, check=False).returncode == 0
            assert store.deliver("alice", mail("eicar", "alice", "after the restart")) == {}
            status = rig.status()
            assert [client["state"] for client in status["clients"]] == ["hooked"], status
            assert status["summary"] == "PROTECTED" and status["unscanned"]["total"] == 0
        forgets_what_was_clean(rig, store)
        rig.kill_scanner()
        store.stop(signal.SIGKILL)
        store.start(hooked=False)
        rig.start_scanner().wait_scanning()
        status = rig.status()
        assert [client["state"] for client in status["clients"]] == ["not-hooked"], status
        assert status["summary"].startswith("NOT PROTECTED (process "), status


def displaced(build):
    """A service whose sockets were taken away says so and ends, to be started anew; what stands in
    their place it leaves alone."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for suffix, other in ("", False), (".control", True), (".store", True):
            os.unlink(rig.socket + suffix)
            if other:
                with open(rig.socket + suffix, "w", encoding="ascii") as out:
                    out.write("somebody's\n")
            assert rig.scanner.wait(PATIENCE) == 1
            with open(rig.scratch + "/storehookd.log", encoding="utf-8") as log:
                assert f"{rig.socket + suffix} was removed or replaced" in log.read()
            if other:
                os.unlink(rig.socket + suffix)
            rig.start_scanner().wait_scanning()
        assert store.deliver("alice", mail("eicar", "alice", "found again")) == {}
        assert store.subjects("alice") == []
        assert rig.unscanned() == 0


def without_scanner(build):
    """No service at all, then one that comes later: mail flows, is counted, and is protected."""
    with Rig(build) as rig:
        store = rig.start_store()
        for number in range(3):
            assert store.deliver("alice", mail("eicar", "alice", f"early {number}")) == {}
        assert len(store.messages("alice")) == 3
        rig.start_scanner()
        rig.wait_protected()
        wait_until(lambda: rig.unscanned() >= 3, "the early ones to be counted")
        store.deliver("alice", mail("eicar", "alice", "late"))
        assert len(store.messages("alice")) == 3
        rig.control("stop")
        assert rig.status()["protection"] == "stopped"
        store.deliver("alice", mail("eicar", "alice", "while stopped"))
        assert len(store.messages("alice")) == 4
        rig.control("start")
        store.deliver("alice", mail("eicar", "alice", "after start"))
        assert len(store.messages("alice")) == 4
        assert store.process.poll() is None


def settled(rig):
    """The count, once it has not moved for longer than clients keep a report back (a second)."""
    count, since = rig.unscanned(), time.monotonic()
    while time.monotonic() - since < 1.5:
        time.sleep(0.1)
        if rig.unscanned() != count:
            count, since = rig.unscanned(), time.monotonic()
    return count


def count_is_exact(build):
    """n messages cost n times what one costs, whichever way the scanner is away."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()

        def delivered_while(gone, back, count, name):
            before = rig.unscanned()
            gone()
            for number in range(count):
                message = mail("clean", "alice", f"{name} {number}", seed=f"{name} {number}")
                assert store.deliver("alice", message) == {}
            back()
            rig.wait_protected()
            store.deliver("alice", mail("plain", "alice", f"{name} over"))
            return settled(rig) - before

        def stop():
            rig.control("stop")

        def start():
            rig.control("start")

        for gone, back in ((stop, start), (rig.kill_scanner, rig.start_scanner)):
            one = delivered_while(gone, back, 1, "one " + gone.__name__)
            many = delivered_while(gone, back, 7, "many " + gone.__name__)
            assert one >= 2, f"a message and its attachment: {one}"
            assert many == 7 * one, f"{gone.__name__}: 7 messages: {many} rows, one: {one}"


def questions(build):
    """A new attachment is asked about three times: content, text, and the link, which is answered by
    what was said of the content."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        before = rig.status()["scans"]["requests"]
        for number in range(10):
            message = mail("clean", "alice", "one of ten", seed=f"number {number}", size=30000)
            assert store.deliver("alice", message) == {}
        asked = rig.status()["scans"]["requests"] - before
        assert asked == 30, asked


def other_databases(build):
    """A program that is not in the list uses the same library beside the hooked store: its writes
    are its own."""
    with Rig(build, users=("alice",)) as rig:
        rig.configure(clients="/usr/bin/some-other-store")
        store = rig.start_scanner().start_store()
        time.sleep(1)
        message = mail("eicar", "alice", "not ours")
        assert store.deliver("alice", message) == {}
        assert list(store.messages("alice").values()) == [message]
        assert not any(client["hooked"] for client in rig.status()["clients"])
        assert rig.incidents() == []


def known_before_it_writes(build):
    """A store that comes back to its old file writes nothing at first, and is protected all the same."""
    with Rig(build, users=("alice",)) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        store.stop()
        store.start()
        assert rig.is_protected(), rig.status()["clients"]


def copied_while_it_is_written(build):
    """As mailstored(8) says to make a backup: the copy is sound, and a store of its own."""
    with Rig(build, users=("alice",)) as rig:
        store = rig.start_store(hooked=False)
        messages = [mail("clean", "alice", f"number {i}", seed=str(i), size=20000) for i in range(40)]
        copy = rig.scratch + "/copy/mail.edb"
        os.mkdir(os.path.dirname(copy))
        for i, message in enumerate(messages):
            assert store.deliver("alice", message) == {}
            if i == 20:
                copying = rig.spawn(["mdb_copy", "-n", store.directory + "/mail.edb", copy], "copy")
        assert copying.wait(PATIENCE) == 0
        assert subprocess.run([rig.path("mailstore/ese/esentcheck"), "--quiet", copy], check=False).returncode == 0
        store.stop()
        store.directory = os.path.dirname(copy)
        store.start(hooked=False)
        there = list(store.messages("alice").values())
        assert len(there) > 20 and there == messages[:len(there)], len(there)


def incidents_are_sqlite(build):
    """Another program can read the records while the service runs."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        store.deliver("alice", mail("eicar", "alice", "for the records"))
        found = []
        for folder, _, names in os.walk(rig.scratch + "/state"):
            found += [os.path.join(folder, n) for n in names
                      if open(os.path.join(folder, n), "rb").read(15) == b"SQLite format 3"]
        assert found, "no SQLite database in the state directory"
        with sqlite3.connect(f"file:{found[0]}?mode=ro", uri=True) as database:
            assert database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0


if __name__ == "__main__":
    main(what_arrives, nothing_is_left, unhooked, restarted, displaced, without_scanner, count_is_exact, questions,
         other_databases, known_before_it_writes, copied_while_it_is_written,
         incidents_are_sqlite)

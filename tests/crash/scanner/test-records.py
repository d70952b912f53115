#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a real storehookd puts on record: incidents and originals, before anything is taken away, and
also when those who tell of them die.
"""
import base64
import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403


def judged_message(s, data=EICAR, name="x.com", encoding="base64;76;crlf;1", original=None,
                   sender="a@example.org"):
    """One message with a flagged part as the shim would bring it at commit."""
    text = b"From: a@example.org\r\nSubject: s\r\n\r\n--b\r\n\r\n--b--\r\n"
    header = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    flagged = s.content(data)
    offset = text.index(b"\r\n--b--")
    if original is not None:
        body = base64.encodebytes(data).replace(b"\n", b"\r\n")
        original.append(text[:offset] + header + body + text[offset:])
    parts = wire_fields(("part", b""), ("name", name), ("header", header), ("offset", offset),
                        ("encoding", encoding), ("digest", hashlib.sha256(data).digest()),
                        ("data", data), ("flagged", 1),
                        ("verdict", VERDICTS.index(flagged["verdict"])),
                        ("verdict_name", flagged["verdict_name"]),
                        ("incident", flagged["incident"]))
    return s.ask(JUDGE_MESSAGE, ("sender", sender),
                 ("recipients", "b@example.org\nc@example.org\n"), ("subject", "s"),
                 ("data", text), ("parts", parts)), flagged


@test
def text_that_stands_goes():
    """A message whose bad text was not overwritten goes, however the filter is set."""
    with Service("[active-message-filter]\nmode=notice") as s:
        text = b"Subject: s\r\n\r\n" + EICAR + b"\r\nRegards\r\n"
        flagged = s.text(text)
        assert flagged["verdict"] == "infected" and flagged["action"] == "replace", flagged
        fields = [("data", text), ("flagged", 1), ("verdict", VERDICTS.index("infected")),
                  ("verdict_name", flagged["verdict_name"]), ("incident", flagged["incident"])]
        assert s.ask(JUDGE_MESSAGE, *fields)["action"] == "drop"
        assert s.ask(JUDGE_MESSAGE, *fields, ("action", 1))["action"] == "pass"


@test
def messages_are_dropped_when_safe():
    """The original lies in quarantine byte for byte before the message is dropped."""
    with Service() as s:
        original = []
        answer, flagged = judged_message(s, original=original)
        assert answer["action"] == "drop" and answer["incident"] == flagged["incident"], answer
        s.wait_for(lambda: s.status()["incidents"] == 1)
        stored = [f for f in os.listdir(s.directory + "/state/quarantine") if f.endswith(".shq")]
        assert len(stored) == 1
        with open(s.directory + "/state/quarantine/" + stored[0], "rb") as file:
            kept = bytes(b ^ 0xFF for b in file.read())
        assert original[0] in kept, "the original is not there byte for byte"
        s.ask(NOTE_LINK, ("incident", flagged["incident"].decode()), ("folder", "Sent"),
              ("folder_kind", "sent"), ("mailbox", "alice"), ("dropped", 1), read=False)

        def outbound():
            rows = s.control("incidents")["incidents"]
            return rows[0]["direction"] == "outbound" and rows[0]["sender"] == "a@example.org"
        s.wait_for(outbound)


def on_record(s, count):
    """What was done, newest first."""
    s.wait_for(lambda: s.status()["incidents"] == count)
    return [row["action"] for row in s.control("incidents")["incidents"]]


@test
def full_quarantine_falls_back():
    """What cannot be made safe is neither stripped nor dropped: the store is told to defer."""
    with Service("[quarantine]\nmax-items=1\n") as s:
        assert judged_message(s)[0]["action"] == "drop"
        assert s.status()["warnings"] == []
        assert judged_message(s)[0]["action"] == "defer"
        assert s.status()["warnings"] == \
            ["the last original could not be quarantined: the quarantine is full: 1 items"]
        assert on_record(s, 2) == ["defer", "quarantine"]
        assert s.status()["actions"]["defer"] == 1 and s.status()["actions"]["refuse"] == 0
        assert any("incident reference=" in line and " action=defer " in line
                   for line in s.log().splitlines())
        s.control("quarantine-delete", id=s.control("quarantine-list")["items"][0]["id"])
        assert judged_message(s)[0]["action"] == "drop" and s.status()["warnings"] == []
    with Service("[quarantine]\nmax-items=1\nfallback=refuse\n") as s:
        judged_message(s)
        assert on_record(s, 1) == ["quarantine"] # two workers' would be put on record in any order
        assert judged_message(s)[0]["action"] == "refuse"
        assert on_record(s, 2) == ["refuse", "quarantine"]
    with Service("[active-message-filter]\nmode=notice\n") as s:
        assert judged_message(s)[0]["action"] == "pass"
        assert s.status()["quarantine"]["items"] == 1
    with Service() as s: # an encoding that nobody knows: no original, no drop
        assert judged_message(s, encoding="rot13")[0]["action"] == "defer"
        # Nothing flagged is nothing understood: the store must not go on as if it were judged.
        parts = wire_fields(("part", b""), ("name", "x"), ("data", EICAR))
        for fields in ([("data", b"Subject: s\r\n\r\nx\r\n")], [("parts", parts)], []):
            assert s.ask(JUDGE_MESSAGE, *fields)["action"] == "defer", fields


def warned(s, text):
    """In the answer, and on the lines that storehookctl prints for people."""
    run = subprocess.run([BUILD + "/scanner/storehookctl", "--config", s.config, "status"],
                         capture_output=True, text=True, timeout=60, check=False)
    told = [w for w in s.status()["warnings"] if w.startswith(text)]
    lines = [line for line in run.stdout.splitlines() if line.startswith("WARNING: " + text)]
    assert lines == ["WARNING: " + w for w in told], (told, run.stdout)
    return len(told)


@test
def records_that_fail_are_warned_of():
    """What is found is handled all the same, but somebody must see that it is not on record."""
    with Service() as s:
        records = s.directory + "/state/incidents.db"
        judged_message(s)
        s.wait_for(lambda: s.status()["incidents"] == 1)
        assert s.status()["warnings"] == []
        with contextlib.closing(sqlite3.connect(records, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert judged_message(s)[0]["action"] == "drop"
            s.wait_for(lambda: s.status()["warnings"])
            assert warned(s, f"the last record could not be written: {records}: ") == 1
            assert "incident lost=" in s.log() and s.status()["incidents"] == 1
            other.execute("ROLLBACK")
            judged_message(s)
            s.wait_for(lambda: s.status()["incidents"] == 2)
            assert s.status()["warnings"] == []
            assert s.status()["scans"]["incidents-lost"] == 1
            other.execute("ALTER TABLE unscanned_totals RENAME TO gone")
        assert warned(s, f"the records cannot be read: {records}: ") == 1


def report(s, instance, count, *rows):
    """As a client tells that so many passed since it began, of which these rows are new."""
    fields = [("instance", instance), ("unscanned", struct.pack("<5Q", count, 0, 0, 0, 0))]
    for time, bookmark in rows:
        head = struct.pack("<qIII4x", time, 0, len(b"messages"), len(bookmark))
        fields.append(("row", head + b"messages\0" + bookmark))
    s.ask(REPORT, *fields, suffix="", read=False)


@test
def what_passed_is_counted_on_a_full_disk():
    """The client has told it and may be gone when the records can be written again."""
    with Service() as s:
        records = s.directory + "/state/incidents.db"
        first, second = b"1" * 16, b"2" * 16
        report(s, first, 2)
        s.wait_for(lambda: s.status()["unscanned"]["total"] == 2)
        with contextlib.closing(sqlite3.connect(records, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            report(s, first, 5, (1600000009, b"x"), (1600000007, b"y"))
            report(s, second, 1)
            report(s, first, 4)  # overtaken
            s.wait_for(lambda: s.status()["unscanned"]["total"] == 6)
            assert warned(s, f"the last record could not be written: {records}: ") == 1
            other.execute("ROLLBACK")
            s.wait_for(lambda: s.status()["warnings"] == [])
            assert s.status()["unscanned"]["total"] == 6
            assert other.execute("SELECT sum(count) FROM unscanned_totals").fetchone() == (6,)
        (row,) = s.control("unscanned")["rows"]
        assert (row["time"], row["table"]) == ("2020-09-13T12:26:47.000Z", "?"), row
        report(s, first, 6)
        s.wait_for(lambda: s.status()["unscanned"]["total"] == 7)


@test
def the_dead_are_heard():
    """An incident is on record although its worker, or all of them with their loader, had ended when
    the supervisor came to it."""
    with Service("[quarantine]\ntimeout=50\n[service]\nscans-per-worker=1\n") as s:
        for is_killed in (False, True):
            loader = s.status()["workers"]["loader"]
            s.process.send_signal(signal.SIGSTOP)
            expected = {judged_message(s)[1]["incident"].decode() for _ in range(3)}
            if is_killed:
                os.kill(loader, signal.SIGKILL)
                s.wait_for(lambda: has_ended(loader))  # pylint: disable=cell-var-from-loop
            s.process.send_signal(signal.SIGCONT)
            s.wait_for(lambda: s.status()["workers"]["loader"] != loader or not is_killed)
            told = {one["reference"] for one in s.control("incidents")["incidents"]}
            assert expected <= told, (is_killed, expected - told)


def copy_original(path, count):
    """Makes so many of the one there is, each a second older than the one before."""
    (name,) = [file for file in os.listdir(path) if file.endswith(".shq")]
    with open(f"{path}/{name}", "rb") as file:
        data = file.read()
    size, content = struct.unpack("<IQ", data[4:16])
    about, kept = json.loads(data[16:16 + size]), data[16 + size:16 + size + content]
    for i in range(1, count):
        about["id"], about["seconds"] = f"{i:032x}", about["seconds"] - 1
        text = json.dumps(about).encode()
        plain = kept.translate(bytes(255 - byte for byte in range(256)))
        with open(f"{path}/{about['id']}.shq", "wb") as file:
            file.write(data[:4] + struct.pack("<IQ", len(text), content) + text + kept +
                       hashlib.sha256(text + plain).digest())


@test
def lists_are_bounded():
    """While the supervisor makes a list it hears nobody: what stores wait for must not wait long."""
    with Service() as s:
        judged_message(s)
        s.stop()
        copy_original(s.directory + "/state/quarantine", 10100)
        s.start()
        newest = s.control("quarantine-list", limit=1000000)
        assert len(newest["items"]) == 10000 and newest["count"] == 10100
        times = [item["time"] for item in newest["items"]]
        assert times == sorted(times, reverse=True)
        older = s.control("quarantine-list", until=times[-1])["items"]
        assert len({item["id"] for item in newest["items"] + older}) == 10100


@test
def what_mail_says_ends_no_value_in_the_log():
    """A quote in a name would begin a new key, a control character a new line."""
    with Service() as s:
        judged_message(s, name='a" verdict=clean x="\n.exe', sender='"q" action=pass@example.org')
        s.wait_for(lambda: "incident reference=" in s.log())
        (line,) = [line for line in s.log().splitlines() if "incident reference=" in line]
        assert " attachment=\"a' verdict=clean x='?.exe\" " in line, line
        assert " sender=\"'q' action=pass@example.org\" " in line, line
        assert ' recipients="b@example.org,c@example.org" ' in line, line
        assert s.control("incidents")["incidents"][0]["sender"] == '"q" action=pass@example.org'


@test
def no_more_incidents_than_allowed():
    """However many came since the last look: they go in portions, one a second."""
    with Service("[incidents]\nmax-items=100\n") as s:
        s.stop()
        with contextlib.closing(sqlite3.connect(s.directory + "/state/incidents.db")) as records:
            with records:
                records.execute(
                    "INSERT INTO incidents (reference, time, size, verdict, action) WITH RECURSIVE"
                    " number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 15000)"
                    " SELECT 'R' || n, strftime('%s', 'now') * 1000000 + n, 1, 'infected', 'quarantine'"
                    " FROM number")
        s.start()
        s.wait_for(lambda: s.status()["incidents"] <= 100, 30)
        assert s.control("incidents")["incidents"][0]["reference"] == "R15000"


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Contents that a real storehookd knows without their digest: what is clean and cheap is scanned once
and has none made, and a link finds it by the token of the answer, or has the bytes itself."""
import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403


def link(s, data, *more):
    return s.ask(JUDGE_LINK, ("digest", hashlib.sha256(data).digest()), ("name", "x"),
                 ("header", b"\r\n"), *more)


def needs_data(answer):
    return answer.get("need_data") == 1


def cheap(s, size):
    """A content and its token; where the machine is busy, not the first is cheap."""
    for _ in range(100):
        data = unseen(size)
        token = s.content(data)["token"]
        time.sleep(0.02)
        if needs_data(link(s, data)):
            return data, token
    raise AssertionError("every digest is made")


@test
def contents_are_scanned_once():
    """Brought twice, asked about by token and by digest. Until the digest is made, the log says what
    the store says."""
    with Service() as s:
        # Small enough for the datagram, and so large that it comes in a memfd.
        for size in (5000, 20000):
            data, token = cheap(s, size)
            scanned = s.status()["scans"]["scanned"]
            assert s.content(data)["token"] == token
            answer = link(s, data, ("token", token))
            assert answer["verdict"] == "clean" and answer["remember"] == 1, answer
            assert needs_data(link(s, data)), "a link by token has taught a digest"
            assert link(s, data, ("data", data))["verdict"] == "clean"
            answer = link(s, data)
            assert answer["verdict"] == "clean" and not needs_data(answer), answer
            assert s.status()["scans"]["scanned"] == scanned
            sha256 = "sha256=" + hashlib.sha256(data).hexdigest()[:16]
            s.wait_for(lambda: " stated-" + sha256 in s.log() and " " + sha256 in s.log())


@test
def tokens_cannot_be_made():
    """One that was invented, or is of another run, is none."""
    with Service() as s:
        data, token = cheap(s, 5000)
        changed = token[:-1] + bytes([token[-1] ^ 1])
        for none in (bytes(16), os.urandom(16), changed, token[:15], token + b"x"):
            assert needs_data(link(s, data, ("token", none))), none
        assert not needs_data(link(s, data, ("token", token)))
        s.stop()
        s.start()
        assert needs_data(link(s, data, ("token", token)))


@test
def liars_deceive_themselves():
    """Who says that a content has the digest of another one is told of what he brought, and nothing
    is learnt of that digest."""
    with Service() as s:
        harmless = unseen(5000)
        token = s.ask(JUDGE_CONTENT, ("digest", hashlib.sha256(EICAR).digest()),
                      ("data", harmless))["token"]
        assert link(s, EICAR, ("token", token))["verdict"] == "clean"
        assert needs_data(link(s, EICAR)), "a digest was believed"
        assert link(s, EICAR, ("data", EICAR))["verdict"] == "infected"
        assert link(s, EICAR, ("token", token))["verdict"] == "infected"


@test
def digests_are_made_where_they_decide():
    """Of what is bad, of what took long for its size, and of all while a list has an entry."""
    with Service(workers=1) as s:  # which takes the next question when the digest is made
        for bad in (EICAR + b" " * 5000, zipped("a.com", EICAR + os.urandom(5000))):
            answer = s.content(bad)
            assert answer["verdict"] == "infected" and "token" not in answer, answer

        def is_late(number):
            large = HOOK + b"sleep 20 %d " % number + bytes(3000000)
            assert "token" in s.content(large)
            return needs_data(link(s, large))

        # Where the machine is busy, some take longer.
        assert any(map(is_late, range(20))), "the digest of 3 MB for a scan of 20 ms"
        dear = HOOK + b"sleep 300 " + bytes(3000000)
        answer = s.content(Memfd(dear))
        assert "token" in answer, answer
        s.wait_for(lambda: not needs_data(link(s, dear)))
        data, token = cheap(s, 5000)
        assert s.control("deny-add", sha256=hashlib.sha256(data).hexdigest())["ok"]
        assert link(s, data, ("token", token))["verdict"] == "infected"
        assert s.content(data)["verdict"] == "infected"
        assert "token" not in s.content(unseen(5000))
        s.stop()
        s.start()
        assert not needs_data(link(s, dear)), "forgotten with the run"


@test
def names_that_were_cut_are_not_all():
    """A name or header as long as a request takes may go on; what the rules see is judged by them."""
    with Service(start=False) as s:
        rules = s.directory + "/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write("[rule scripts]\nextension=vbs\n")
        s.write_config(f"[rules]\nfile={rules}")
        s.start()
        s.content(b"a text")

        def link(name, header):
            answer = s.ask(JUDGE_LINK, ("digest", hashlib.sha256(b"a text").digest()),
                           ("name", name), ("header", header))
            return answer["verdict"]

        def headed(size, name=b"a.txt"):
            end = b"Content-Type: text/plain; name=" + name + b"\r\n\r\n"
            line = b"X-Y: " + b"z" * 200 + b"\r\n"
            pad = line * ((size - len(end)) // len(line) - 1)
            return pad + b"X: " + b"z" * (size - len(pad) - len(end) - 5) + b"\r\n" + end

        assert link("a.txt", headed(16383)) == "clean"
        assert link("a.txt", headed(16384)) == "not-fully-scanned"
        assert link("a.txt", headed(16384, b"a.vbs")) == "blocked"
        assert link("a" * 1023, headed(200)) == "clean"
        assert link("a" * 1024, headed(200)) == "not-fully-scanned"
        answer = s.ask(SCAN, ("data", b"a text"), ("name", "a" * 1024), suffix=".background")
        assert answer["verdict"] == "not-fully-scanned"


@test
def links_may_hold_their_bytes():
    """A store that keeps attachments in their rows, and no digests, has them judged like any others."""
    with Service(start=False) as s:
        rules = s.directory + "/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write("[rule scripts]\nextension=vbs\n")
        s.write_config(f"[rules]\nfile={rules}\n")
        s.start()

        def row(data, name="a.bin"):
            answer = s.ask(JUDGE_LINK, ("name", name), ("data", data))
            assert "remember" not in answer or answer["verdict"] == "clean"
            return answer

        assert (row(unseen(50))["verdict"], row(b"")["verdict"]) == ("clean", "clean")
        for data in (EICAR, Memfd(EICAR)):
            answer = row(data)
            assert (answer["verdict"], answer["action"]) == ("infected", "replace"), answer
            assert hashlib.sha256(answer["data"]).digest() == answer["digest"]
            assert EICAR not in answer["data"] and answer["name"] == b"removed.txt"
        assert row(unseen(51), "a.vbs")["verdict"] == "blocked"
        assert s.control("allow-add", sha256=hashlib.sha256(EICAR).hexdigest())["ok"]
        assert row(EICAR)["action"] == "pass" and row(EICAR, "a.vbs")["action"] == "pass"
        assert s.ask(JUDGE_LINK, ("name", "a.bin"))["verdict"] == "not-scanned"


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The operator's own lists under a real storehookd: contents by SHA-256 and signatures by name, let
through or forbidden. Each change is in force with the next request, also for what was judged before.
"""
import hashlib
import io
import os
import subprocess
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403

SAMPLE = b"a sample that a signature of our own finds"


def digest(data):
    return hashlib.sha256(data).hexdigest()


def change(s, *words, status=0):
    run = subprocess.run([BUILD + "/scanner/storehookctl", "--config", s.config, *words],
                         capture_output=True, text=True, check=False)
    assert run.returncode == status, run.stderr


def verdict(answer):
    return answer["verdict"], answer.get("verdict_name", b"").decode()


def zip_of(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def own_signature(s):
    with open(s.signatures + "/own.hdb", "w", encoding="ascii") as out:
        out.write(f"{hashlib.md5(SAMPLE).hexdigest()}:{len(SAMPLE)}:Own.Sample\n")


@test
def contents_let_through():
    with Service() as s:
        text = mail(PLAIN, attachment(EICAR))
        for ask in (s.content, s.scan):
            assert ask(EICAR)["verdict"] == "infected"
        change(s, "allow", "add", digest(EICAR))
        for ask in (s.content, s.scan):
            assert (ask(EICAR)["verdict"], ask(EICAR)["action"]) == ("clean", "pass")
        assert s.text(text)["verdict"] == "infected", "libclamav finds it in the whole"
        s.stop()
        s.start()
        assert s.content(EICAR)["verdict"] == "clean"
        change(s, "allow", "remove", digest(EICAR))
        for ask in (s.content, s.scan):
            assert ask(EICAR)["verdict"] == "infected"


@test
def contents_forbidden():
    """A content, a link to it, a part of a message; whatever was remembered of them."""
    with Service() as s:
        harmless = b"harmless\n" * 30
        text = mail(PLAIN, attachment(harmless))
        nested = mail(PLAIN, attachment(text, "a.eml"))

        def link():
            return s.ask(JUDGE_LINK, ("digest", hashlib.sha256(harmless).digest()),
                         ("name", "a.txt"), ("header", b"Content-Type: text/plain\r\n\r\n"))

        def all_are(kind):
            answers = [s.content(harmless), s.scan(harmless), link(), s.text(text),
                       s.content(text), s.text(nested)]
            assert [a["verdict"] for a in answers] == [kind] * 6, answers

        all_are("clean")
        all_are("clean")
        change(s, "deny", "add", digest(harmless))
        all_are("infected")
        assert verdict(s.content(harmless)) == ("infected", "Storehook.Denied")
        assert s.text(text)["action"] == "replace"
        change(s, "allow", "add", digest(harmless))
        all_are("infected")
        change(s, "deny", "remove", digest(harmless))
        all_are("clean")
        # The worst of several counts.
        change(s, "allow", "remove", digest(b"unknown"), digest(harmless), status=1)
        all_are("clean")
        scanned = s.status()["scans"]["scanned"]
        all_are("clean")
        assert s.status()["scans"]["scanned"] == scanned, "the first verdicts are of use again"


@test
def signatures_let_through():
    """The signature is passed over; all else in the content counts, limits above all."""
    with Service("[limits]\nfile-size=1M\nscan-size=8M\n", start=False) as s:
        own_signature(s)
        s.start()
        both = zip_of(a=SAMPLE, b=EICAR)
        large = zip_of(a=SAMPLE, b=b"x" * 3000000)
        cut = zip_of(b=b"y" * (1 << 20), a=SAMPLE)
        secret = s.directory + "/secret.zip"
        for name, data, more in (("a", SAMPLE, []), ("b", os.urandom(300), ["-P", "x"])):
            with open(f"{s.directory}/{name}", "wb") as out:
                out.write(data)
            subprocess.run(["zip", "-q", "-j", *more, secret, f"{s.directory}/{name}"], check=True)
        with open(secret, "rb") as file:
            secret = file.read()
        name = verdict(s.content(SAMPLE))[1]
        assert name.startswith("Own.Sample"), name
        for data in (both, large, cut, secret, zip_of(a=SAMPLE)):
            assert s.content(Memfd(data))["verdict"] == "infected"
        change(s, "allow", "add", "--signature", name)
        for ask in (s.content, s.scan):
            assert ask(SAMPLE)["verdict"] == ask(zip_of(a=SAMPLE))["verdict"] == "clean"
        assert s.text(mail(PLAIN, attachment(SAMPLE)))["verdict"] == "clean"
        assert s.content(both)["verdict"] == "infected"
        assert s.content(Memfd(large))["verdict"] == "not-fully-scanned"
        assert s.content(Memfd(cut))["verdict"] == "not-fully-scanned"
        assert s.content(secret)["verdict"] == "encrypted"
        for entry in s.control("allow-list")["allowed"]:
            assert entry["signature"] == name and "sha256" not in entry
        change(s, "allow", "remove", "--signature", name)
        assert verdict(s.content(SAMPLE)) == ("infected", name)
        assert s.text(mail(PLAIN, attachment(SAMPLE)))["verdict"] == "infected"
        # A limit is no signature.
        s.control("allow-add", signature="Heuristics.Limits.Exceeded.MaxFileSize")
        assert s.content(Memfd(zip_of(b=b"x" * 3000000)))["verdict"] == "not-fully-scanned"


@test
def signatures_forbidden():
    """What only makes a content suspicious or encrypted is a find when an operator says so."""
    with Service() as s:
        path = s.directory + "/secret.zip"
        with open(s.directory + "/b", "wb") as out:
            out.write(os.urandom(300))
        subprocess.run(["zip", "-q", "-j", "-P", "x", path, s.directory + "/b"], check=True)
        with open(path, "rb") as file:
            secret = file.read()
        kind, name = verdict(s.content(secret))
        assert kind == "encrypted"
        change(s, "deny", "add", "--signature", name)
        for answer in (s.content(secret), s.scan(secret), s.content(secret + b"x"),
                       s.text(mail(PLAIN, attachment(secret, "a.zip")))):
            assert verdict(answer) == ("infected", name), answer
        change(s, "deny", "remove", "--signature", name)
        assert verdict(s.content(secret)) == ("encrypted", name)
        assert s.content(secret + b"x")["verdict"] == "encrypted"


@test
def wrong_entries_are_refused():
    with Service() as s:
        for arguments in ({}, {"sha256": "12"}, {"sha256": 5}, {"signature": ""},
                          {"signature": "x" * 112}, {"sha256": "0" * 64, "signature": "x"},
                          {"sha256": "0" * 64, "until": "x"}):
            for command in ("allow-add", "deny-add", "allow-remove", "deny-remove"):
                answer = s.control(command, **arguments)
                assert not answer["ok"], (command, arguments)
        assert s.status()["allow-list"] == s.status()["deny-list"] == 0


def reload(s, config):
    s.write_config(config)
    assert s.control("reload")["ok"]


@test
def rules_and_actions_need_no_scan():
    """What was scanned under other rules stands; only where a rule asks for a type that was not told
    is the content scanned again. Actions are in force at once."""
    def rules(text):
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        reload(s, f"[rules]\nfile={path}\n")

    data = zip_of(**{"note.txt": b"a few words, of no type that shows by itself\n"})
    with Service() as s:
        path = s.directory + "/rules"
        assert s.content(data)["verdict"] == "clean"
        scans = s.status()["scans"]["scanned"]
        rules("[rule notes]\nname=note.*\n")
        assert verdict(s.scan(data)) == ("blocked", "notes")
        rules("[rule notes]\nname=other.*\n")
        assert verdict(s.scan(data)) == ("clean", "")
        assert s.status()["scans"]["scanned"] == scans, "scanned again for a rule on names"
        rules("[rule texts]\ntype=text/plain\n")
        assert verdict(s.scan(data)) == ("blocked", "texts")
        assert s.status()["scans"]["scanned"] == scans + 1
        assert verdict(s.scan(data)) == ("blocked", "texts")
        assert s.status()["scans"]["scanned"] == scans + 1, "scanned each time"
        assert s.content(EICAR)["action"] == "replace"
        scans = s.status()["scans"]["scanned"]
        reload(s, "[actions]\ninfected=refuse\n")
        assert s.content(EICAR)["action"] == "refuse"
        assert s.status()["scans"]["scanned"] == scans


@test
def the_harder_of_two_mild_findings_is_told():
    """Which of ambiguous and encrypted that is follows the actions."""
    text = mail((["Content-Type: text/plain", "Content-Type: text/html"], "Good morning."),
                (["Content-Type: text/plain"],
                 "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"))
    with Service("[actions]\nambiguous=strip\nencrypted=pass\n") as s:
        assert s.text(text)["verdict"] == "ambiguous"
        reload(s, "[actions]\nambiguous=pass\nencrypted=strip\n")
        assert s.text(text)["verdict"] == "encrypted"


if __name__ == "__main__":
    sys.exit(main())

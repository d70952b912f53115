#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of archive: what is bad in it is found, what is forbidden in it is blocked by name.

A program that is renamed, in each archive; the same nested three deep and mailed in five encodings;
all files of clamav-testfiles. Nothing that cannot be opened is called clean.
"""
import base64
import binascii
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../crash/scanner"]
from samples import FORMATS, OPAQUE, SAMPLES, VIRUS, binhex, know_virus, tnef, zipped  # noqa: E402
from wire import HOOK, JUDGE_LINK, Memfd, Service  # noqa: E402,F401

RULES = """[rule programs]
type=application/x-dosexec
[rule scripts]
extension=js;hta
"""
TEXT = b"An honest line of text, once more.\n" * 20
QUICK = bool(os.environ.get("STOREHOOK_TEST_QUICK"))
failures = []


def expect(what, answer, verdict, name=None, inside=None):
    told = (answer["verdict"], answer.get("verdict_name", b"").decode())
    ok = told[0] == verdict and (name is None or name in told[1])
    if not ok:
        failures.append(what)
    print(f"{'ok  ' if ok else 'FAIL'} {what:42} {told[0]:18} {told[1]}")


def harmless_program():
    """Begins as a program does, and no signature knows it."""
    return b"MZ" + bytes(62) + b"This is no program, but it looks like one." * 9


def quoted_printable(data):
    """As a mail program writes binary: quopri would leave line ends as they are."""
    letters = "".join(chr(byte) if 33 <= byte < 127 and byte != 61 else f"={byte:02X}"
                      for byte in data)
    lines, at = [], 0
    while at < len(letters):
        end = min(at + 72, len(letters))
        while end < len(letters) and "=" in letters[end - 2:end]:
            end -= 1
        lines.append(letters[at:end])
        at = end
    return "=\n".join(lines).encode()


def mailed(data, name, encoding):
    head = ("From: a@example.org\r\nTo: b@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="=b"\r\n\r\n')
    if encoding == "uuencode":
        lines = [binascii.b2a_uu(data[at:at + 45]) for at in range(0, len(data), 45)]
        body = (b"Content-Type: text/plain\r\n\r\nSee below.\r\nbegin 644 " + name.encode() + b"\r\n"
                + b"".join(lines).replace(b"\n", b"\r\n") + b"`\r\nend\r\n")
    elif encoding == "binhex":
        body = (b"Content-Type: application/mac-binhex40; name=\"" + name.encode() + b"\"\r\n\r\n"
                + binhex([(name, data)]))
    elif encoding == "tnef":
        body = (b"Content-Type: application/ms-tnef; name=winmail.dat\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n"
                + base64.encodebytes(tnef([(name, data)])).replace(b"\n", b"\r\n"))
    else:
        coder = base64.encodebytes if encoding == "base64" else quoted_printable
        coded = coder(data).replace(b"\n", b"\r\n")
        body = (f"Content-Type: application/octet-stream; name=\"{name}\"\r\n"
                f"Content-Transfer-Encoding: {encoding}\r\n\r\n").encode() + coded
    return head.encode() + b"--=b\r\n" + body + b"\r\n--=b--\r\n"


def archives(s):
    for kind, (make, keeps_names) in FORMATS.items():
        answer = s.scan(make([("letter.txt", VIRUS), ("note.txt", TEXT)]))
        expect(f"{kind}: a virus", answer, "infected", "ClamTestFile")
        answer = s.scan(make([("letter.txt", TEXT), ("note.txt", TEXT[::-1])]))
        expect(f"{kind}: nothing", answer, "clean")
        answer = s.scan(make([("letter.txt", harmless_program()), ("note.txt", TEXT)]))
        expect(f"{kind}: a renamed program", answer, "blocked", "programs")
        if keeps_names:
            answer = s.scan(make([("note.txt", TEXT), ("a.js", TEXT)]))
            expect(f"{kind}: a forbidden name", answer, "blocked", "scripts")
    for kind in "zip", "zip streamed", "7z", "tar", "tar pax", "tar.gz", "tar.zst", "cab", "rar 5":
        answer = s.scan(FORMATS[kind][0]([("/".join(["d" * 60] * 5) + "/a.js", TEXT)]))
        expect(f"{kind}: a forbidden name behind a long path", answer, "blocked", "scripts")
    for kind, make in OPAQUE.items():
        expect(f"{kind}: cannot be opened", s.scan(make([("a.txt", TEXT * 99)])),
               "not-fully-scanned")


def names(s):
    """What some mail program, browser or file system makes a.js of."""
    for name in ("a%2Ejs", "a.js%00.txt", "a.js:b.txt", "a.js:b:$DATA", "a.js::$DATA", "a.js. .",
                 "b.txt/../a.js", "..\\\\a.js", "a.j\u200bs", "a\uff0e\uff4a\uff53", "=?utf-8?Q?a.js=00.txt?=",
                 "a.j\1s", "a.j\ts", "a.js/."):
        expect(f"named {name!a}", s.text(mailed(TEXT, name, "base64")), "blocked", "scripts")
        if "?" not in name:
            expect(f"named {name!a}: in a zip", s.scan(zipped((name, TEXT))), "blocked", "scripts")
    for name in "a%20b.txt", "a.txt:b", "100%.txt", "12:30.txt":
        expect(f"named {name}", s.text(mailed(TEXT, name, "base64")), "clean")
    header = b'name="x"'
    for what, more in (
            ("by its description", b"\r\nContent-Description: a.js"),
            ("by an encoded description", b"\r\nContent-Description: =?utf-8?B?YS5qcw==?="),
            ("by Content-Name", b"\r\nContent-Name: a.js"),
            ("with a blank before the star", b"\r\nContent-Disposition: x; filename *=utf-8''a%2Ejs")):
        text = mailed(TEXT, "x", "base64").replace(b"; " + header, more)
        assert header not in text
        expect(f"named {what}", s.text(text), "blocked", "scripts")
        expect(f"named {what}: in a zip", s.scan(zipped(("a.eml", text))), "blocked", "scripts")
    described = mailed(TEXT, "x", "base64").replace(header, header + b"\r\nContent-Description: a.js")
    expect("named, and described as a script", s.text(described), "clean")
    star = mailed(TEXT, "x", "base64").replace(b'name="x"', b"name*=utf-8''a%252Ejs")
    expect("named in two codes", s.text(star), "blocked", "scripts")


def nested(s):
    """Program in zip in 7z in tar.zst, and the other way round; the path is in the log."""
    for order in (["zip", "7z", "tar.zst"], ["tar.zst", "7z", "zip"], ["rar 5", "zip lzma", "cab"]):
        data, name = harmless_program(), "letter.txt"
        for depth, kind in enumerate(order):
            data = FORMATS[kind][0]([(name, data)])
            name = f"inner-{depth}.{kind.split()[0]}"
        what = " in ".join(["program"] + order)
        expect(what, s.scan(data), "blocked", "programs")
        digest = "sha256=" + hashlib.sha256(data).hexdigest()[:16]
        s.wait_for(lambda: digest in s.log())
        line = [line for line in s.log().splitlines() if digest in line][-1]
        wanted = f"inner-1.{order[1].split()[0]}/inner-0.{order[0].split()[0]}/letter.txt\""
        if wanted not in line:
            failures.append(what + ": path")
            print("FAIL", wanted, "not in", line)


def files(s):
    names = sorted(os.listdir(SAMPLES))
    assert len(names) == 44, "another clamav-testfiles"
    encodings = ("base64", "quoted-printable", "uuencode", "binhex", "tnef")
    for number, name in enumerate(names):
        with open(f"{SAMPLES}/{name}", "rb") as file:
            data = file.read()
        expect(name, s.scan(Memfd(data)), "infected", "ClamTestFile")
        expect(f"{name}: renamed", s.ask(20, ("name", "letter.txt"), ("data", Memfd(data)),
                                         suffix=".background"), "infected", "ClamTestFile")
        if len(data) > 100000 and QUICK:
            continue
        for encoding in encodings[number % 5:number % 5 + 1] if QUICK else encodings:
            text = mailed(data, name, encoding)
            expect(f"{name}: {encoding}", s.text(Memfd(text), deadline=20000), "infected",
                   "ClamTestFile")
        inner = data
        for depth in ("tar.gz", "7z", "zip"):
            inner = FORMATS[depth][0]([("x.bin", inner)])
        expect(f"{name}: three deep", s.scan(Memfd(inner)), "infected", "ClamTestFile")


def main():
    with Service("[service]\ndeadline=20000\n", start=False) as s:
        with open(s.directory + "/rules", "w", encoding="ascii") as out:
            out.write(RULES)
        know_virus(s)
        s.write_config(f"[service]\ndeadline=20000\n[rules]\nfile={s.directory}/rules\n")
        s.start()
        for part in (archives, names, nested, files):
            part(s)
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""readings.py BUILD - messages that programs read in different ways: what any of them would open
is found on the way into the store, and the doubt itself is told."""
import base64
import re
import struct

from rig import EICAR, Rig, main, wait_until

HEAD = "From: a@example.org\r\nTo: alice@example.org\r\nSubject: {}\r\nMIME-Version: 1.0\r\n"
MIXED = HEAD + 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
TEXT = "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
ATTACHED = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
LETTERS = base64.encodebytes(EICAR).decode().replace("\n", "\r\n")


def attribute(level, number, data):
    return bytes([level]) + struct.pack("<II", number, len(data)) + data + \
        struct.pack("<H", sum(data) & 0xffff)


def winmail():
    """MS-OXTNEF: an attachment, in base64 so that it is found only by who takes it out."""
    inner = MIXED.format("inner") + "--b\r\n" + ATTACHED + "\r\n" + LETTERS + "--b--\r\n"
    stream = struct.pack("<IH", 0x223e9f78, 1) + attribute(1, 0x00089006, b"\0\0\1\0") + \
        attribute(2, 0x00069002, b"\1" + bytes(13)) + attribute(2, 0x00018010, b"a.eml\0") + \
        attribute(2, 0x0006800f, inner.encode())
    letters = base64.encodebytes(stream).decode().replace("\n", "\r\n")
    return MIXED + TEXT + ("--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
                           "Content-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: attachment; filename=winmail.dat\r\n\r\n") + \
        letters + "--b--\r\n"


EVASIONS = {
    "two encodings": MIXED + "--b\r\nContent-Transfer-Encoding: 7bit\r\n" + ATTACHED + "\r\n" +
                     LETTERS + "--b--\r\n",
    "encoding in a comment": MIXED + "--b\r\nContent-Transfer-Encoding: (7bit) base64\r\n\r\n" +
                             LETTERS + "--b--\r\n",
    "other boundary": MIXED + "--c\r\n" + ATTACHED + "\r\n" + LETTERS + "--c--\r\n",
    "boundary in pieces": HEAD + "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\r\n\r\n"
                          "--bc\r\n" + ATTACHED + "\r\n" + LETTERS + "--bc--\r\n",
    "after the end": MIXED + TEXT + "--b--\r\n" + ATTACHED + "\r\n" + LETTERS,
    "bare CR": (MIXED + "--b\r\n" + ATTACHED + "\r\n" + LETTERS + "--b--\r\n").replace(
        "\r\nMIME", "\rMIME").replace("\r\n\r\n" + LETTERS[:20], "\r\r" + LETTERS[:20]),
    "NULs": MIXED.replace("multipart", "multi\0part") + "--b\r\n" + ATTACHED + "\r\n" +
            LETTERS.replace("\r\n", "\0\r\n") + "--b--\r\n",
    "UTF-16": MIXED + "--b\r\nContent-Type: text/plain; charset=utf-16\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\n" +
              base64.encodebytes(EICAR.decode().encode("utf-16")).decode() + "--b--\r\n",
    "winmail.dat": winmail(),
}
DOUBTFUL = MIXED.replace('boundary="b"', 'boundary="b"; boundary="c"') + TEXT + "--b--\r\n"
DOUBTFUL_PART = MIXED + TEXT + "--b\r\nContent-Disposition: attachment; filename=a.txt; " \
    "filename=b.txt\r\n" + ATTACHED + "\r\nVGhpcyBpcyBhIHRleHQu\r\n--b--\r\n"

TYPE, DISPOSITION = "Content-Type: a/b", "Content-Disposition: attachment"
FORBIDDEN_NAMES = (
    TYPE + "; name=a.js\r\n" + DISPOSITION + "; filename=a.txt",
    TYPE + "; name=a.txt\r\n" + DISPOSITION + "; filename=a.js",
    TYPE + "; filename=a.js",
    DISPOSITION + "; filename=a.txt; filename*=utf-8''a%2Ejs",
    DISPOSITION + "; filename*=utf-8''a.txt; filename=a.js",
    DISPOSITION + "; filename=a.txt; filename*1=js; filename*0=\"a.\"",
    DISPOSITION + "; filename=a.txt; filename=a.js",
    DISPOSITION + "; filename=a.txt\r\n" + DISPOSITION + ";\r\n filename=a.js",
    DISPOSITION + "; filename=a.js\r\n" + DISPOSITION + "; filename=a.txt",
    DISPOSITION + "; x=\"; filename=a.txt\"; filename=a.js",
    DISPOSITION + " filename=a.js",
    "Content-Disposition: filename=a.js",
    DISPOSITION + "; filename=a b.js",
    DISPOSITION + "; filename=\"" + "x" * 5000 + ".js\"",
    DISPOSITION + "; filename=\"=?utf-8?B?YWIuanM?=\"",
)
OTHER_NAMES = (
    TYPE + "; name=a.txt\r\n" + DISPOSITION + "; filename=a.txt; filename*=utf-8''%C3%A4.txt",
    DISPOSITION + "; filename*0=\"a.\"; filename*1=js; filename*2=on",
    TYPE + "; charset=utf-8; surname=a.js",
)


def message(text, subject):
    return text.format(subject).encode()


def log_of(rig):
    with open(rig.scratch + "/storehookd.log", encoding="utf-8", errors="replace") as log:
        return log.read()


def evasions(build):
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for what, text in EVASIONS.items():
            assert EICAR not in message(text, what), what
            refused = store.deliver("alice", message(text, what))
            # What LMTP itself does not take cannot arrive either.
            assert all(code >= 500 for code, _ in refused.values()), (what, refused)
            assert store.messages("alice") == {}, f"{what} arrived"
            assert refused or any(one["subject"].startswith(what) and one["verdict"] == "infected"
                                  for one in rig.incidents()), (what, rig.incidents())


def doubt_passes(build):
    """By default: as it came, but counted and logged with its reason."""
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for text, reason in ((DOUBTFUL, "boundary-twice"), (DOUBTFUL_PART, "parameter-twice")):
            before = rig.status()["verdicts"]["ambiguous"]
            assert store.deliver("alice", message(text, reason)) == {}
            assert message(text, reason) in store.messages("alice").values(), reason
            assert rig.status()["verdicts"]["ambiguous"] == before + 1
            wait_until(lambda r=reason: re.search(rf"ambiguous.*{r}", log_of(rig)), f"a log line: {reason}")
        assert rig.incidents() == []


def doubt_is_acted_upon(build):
    with Rig(build) as rig:
        rig.configure(extra="[actions]\nambiguous=quarantine\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        assert store.deliver("alice", message(DOUBTFUL, "text")) == {}
        assert store.messages("alice") == {}, "no notice can take the place of a header"
        assert store.deliver("alice", message(DOUBTFUL_PART, "part")) == {}
        (arrived,) = store.messages("alice").values()
        assert b"removed.txt" in arrived and b"VGhpcyBpcyBhIHRleHQu" not in arrived, arrived
        reasons = {one["subject"]: (one["verdict"], one["name"]) for one in rig.incidents()}
        assert reasons == {"text": ("ambiguous", "boundary-twice"),
                           "part": ("ambiguous", "parameter-twice")}, reasons
        assert len(rig.control("quarantine", "list")["items"]) == 2


def every_name_is_asked_about(build):
    """Of several names for one part each program takes another one."""
    with Rig(build) as rig:
        rules = rig.scratch + "/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write("[rule scripts]\nextension=js\n")
        rig.configure(rules=False, extra=f"[rules]\nfile={rules}\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        for encoding, body in (("base64", "VGhpcyBpcyBhIHRleHQu\r\n"), ("7bit", "This is a text.\r\n"),
                               ("quoted-printable", "This is a text.\r\n")):
            for number, names in enumerate((*FORBIDDEN_NAMES, *OTHER_NAMES)):
                subject = f"{encoding} {number}"
                whole = message(MIXED + TEXT + "--b\r\n" + names + "\r\n"
                                f"Content-Transfer-Encoding: {encoding}\r\n\r\n{body}--b--\r\n",
                                subject)
                assert store.deliver("alice", whole) == {}
                assert (whole in store.messages("alice").values()) == (names in OTHER_NAMES), (
                    encoding, names)


if __name__ == "__main__":
    main(evasions, doubt_passes, doubt_is_acted_upon, every_name_is_asked_about)

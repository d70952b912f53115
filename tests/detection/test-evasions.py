#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to bring a virus or a macro past, one a line; each as a content and as an attachment.

What is within is a sample that only unpacking finds. None may be clean.
"""
import base64
import binascii
import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../crash/scanner", HERE + "/../data"]
import office  # noqa: E402
from samples import FORMATS, VIRUS, know_virus, zipped  # noqa: E402
from wire import EICAR, Memfd, Service  # noqa: E402

failures = []


def mail(data, name):
    coded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: application/"
            b"octet-stream; name=" + name.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + coded + b"--q--\r\n")


def mbox(*mails):
    return b"\r\n".join(b"From a@b Mon Jan  1 00:00:00 2024\r\n" + one for one in mails)


def outlook(data):
    """[MS-OXMSG]: one attachment."""
    return office.compound({
        "__properties_version1.0": bytes(32), "__substg1.0_0037001F": "s".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__properties_version1.0": bytes(8),
        "__attach_version1.0_#00000000/__substg1.0_37010102": data})


def pdf(data, filter_name):
    objects = (b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>",
               b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R>>",
               b"<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>",
               b"<</Type/EmbeddedFile/Filter/%s/Length %d>>stream\n%s\nendstream" % (
                   filter_name, len(data), data))
    return b"%PDF-1.5\n" + b"".join(b"%d 0 obj%sendobj\n" % one for one in enumerate(objects, 1)) + \
        b"trailer<</Root 1 0 R>>\n%%EOF\n"


def one_note(data):
    """[MS-ONESTORE] 2.6.13 FileDataStoreObject."""
    return (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(1008)
            + bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + struct.pack("<QIQ", len(data), 0, 0)
            + data + bytes.fromhex("22a7fb71790b4a0ba0136b5d8d1e0f0c"))


def active_mime(data):
    return b"ActiveMime\0\0\1\xf0\4\0\0\0".ljust(0x32, b"\0") + zlib.compress(data)


def counted(text):
    return struct.pack("<I", len(text) + 1) + text + b"\0"


def package(data):
    """[MS-OLEDS] 2.2.5 and what the Packager puts into it: a file of a harmless name."""
    name = b"notes.txt"
    inside = (struct.pack("<H", 2) + name + b"\0C:\\" + name + b"\0" + struct.pack("<I", 0x30000)
              + counted(b"C:\\" + name) + struct.pack("<I", len(data)) + data)
    return (struct.pack("<II", 0x501, 2) + counted(b"Package") + struct.pack("<II", 0, 0)
            + struct.pack("<I", len(inside)) + inside)


def rtf(digits):
    return b"{\\rtf1{\\object\\objemb{\\*\\objdata" + digits + b"}}}"


def uuencoded(data):
    lines = b"".join(binascii.b2a_uu(data[at:at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 a.exe\n" + lines + b"`\nend\n"


def cases(virus):
    inner, text = zipped(("a.exe", virus)), b"An honest line.\n" * 50
    project = office.compound(office.vba_project({"M": (
        'Sub AutoOpen()\nCreateObject("WScript.Shell").Run "powershell -enc A"\nEnd Sub\n')}))
    letter = zipped(("[Content_Types].xml", office.CONTENT_TYPES), ("word/document.xml", "<w/>"),
                    ("word/vbaProject.bin", project))
    yield "mail in a zip in a mail", mail(zipped(("a.eml", mail(virus, "a.exe"))), "a.zip")
    yield "mailbox, the second mail", mbox(mail(text, "a.txt"), mail(virus, "a.exe"))
    yield "mailbox, a zip in the second mail", mbox(mail(text, "a.txt"), mail(inner, "a.zip"))
    yield "Outlook message", outlook(virus)
    yield "zip in an Outlook message in a zip", zipped(("a.msg", outlook(inner)))
    yield "PDF with a file", pdf(zlib.compress(virus), b"FlateDecode")
    yield "PDF with a zip", pdf(zlib.compress(inner), b"FlateDecode")
    yield "PDF with a file in hex", pdf(virus.hex().encode() + b">", b"ASCIIHexDecode")
    yield "PDF with a file in base 85", pdf(base64.a85encode(virus) + b"~>", b"ASCII85Decode")
    yield "OneNote", one_note(virus)
    yield "macros of a page from Word", active_mime(project)
    yield "cabinet in an installer", office.compound(
        {"\u4840\u3b3f": b"t" * 5000, "a.cab": FORMATS["cab"][0]([("a.exe", virus)])})
    for kind in ("gzip", "bzip2", "xz", "zstd", "lz4", "lzip"):
        make = FORMATS[kind][0]
        yield f"{kind}, the second stream", make([("a", text)]) + make([("a", EICAR)])
    for kind in ("7z", "cab"):
        packed = FORMATS[kind][0]([("a.exe", virus)])
        yield f"{kind} behind a text", text + packed
        yield f"{kind} behind a program", b"MZ" + bytes(60) + text + packed
    yield "zip behind 5 MB of text", text * 7000 + inner
    yield "drawing with a zip in an address", (
        b"<svg xmlns='http://www.w3.org/2000/svg'><a href='data:application/octet-stream;base64,"
        + base64.b64encode(inner) + b"'/></svg>")
    yield "disk image in a zip", zipped(("a.iso", FORMATS["iso joliet"][0]([("a.exe", virus)])))
    yield "letter with macros in an odt", zipped(
        ("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<a/>"),
        ("Object 1", letter))
    digits = package(virus).hex().encode()
    yield "RTF", rtf(b" " + digits)
    yield "RTF, a new line before the digits", rtf(b"\n" + digits)
    yield "RTF, groups within the digits", rtf(b" " + digits[:101] + b"{\\*\\x}" + digits[101:])
    yield "RTF, binary", rtf(b"\\bin%d " % len(package(virus)) + package(virus))
    yield "RTF, a zip in it, not closed", rtf(b"\n" + package(inner).hex().encode())[:-3]
    yield "RTF that is a virtual disk as well", rtf(b"00").ljust(4096, b"\0") + b"conectix".ljust(
        512, b"\0")
    yield "base64 in a text", base64.encodebytes(virus)
    yield "uuencode in a text", uuencoded(virus)
    yield "zip in an ar", FORMATS["ar"][0]([("a.zip", inner)])
    yield "web archive", FORMATS["warc"][0]([("a.exe", virus)])
    yield "shortcut with a zip behind it", bytes.fromhex(
        "4c0000000114020000000000c000000000000046") + bytes(60) + inner


def expect(what, answer):
    if answer["verdict"] in ("clean", "not-scanned"):
        failures.append(what)
    print(f"{'FAIL' if what in failures else 'ok  '} {what:48} {answer['verdict']:18} "
          f"{answer.get('verdict_name', b'').decode()}")


def main():
    with Service("", start=False) as s:
        know_virus(s)
        s.write_config("[service]\ndeadline=20000\n")
        s.start()
        for what, data in cases(VIRUS):
            expect(what, s.scan(Memfd(data)))
            expect(f"{what}: mailed", s.text(Memfd(mail(data, "a.dat")), deadline=20000))
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

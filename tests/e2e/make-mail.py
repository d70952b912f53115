#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make-mail.py KIND --to ADDRESS[,ADDRESS...] --output FILE.eml [...] - makes one test message.

The same arguments give the same bytes. The EICAR test string is put together here, at run time, so
that no scanner takes the source away. Used as a program by examples/quickstart.sh and as a module
(make_mail) by the tests.
"""
import argparse
import base64
import hashlib
import io
import random
import struct
import sys
import zipfile

EICAR = ("X5O!P%@AP" + r"[4\PZX54(P^)7CC)7}" + "$EICAR-" + "STANDARD-ANTIVIRUS-" +
         "TEST-FILE!$H+H*").encode()
KINDS = {}


def kind(function):
    KINDS[function.__name__.replace("_", "-")] = function
    return function


def lines_of_base64(data):
    text = base64.b64encode(data)
    return b"".join(text[i:i + 76] + b"\r\n" for i in range(0, len(text), 76))


def part(content_type, body, *headers):
    """A MIME part; body is already encoded and ends with CRLF."""
    lines = [f"Content-Type: {content_type}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def attachment(name, data, content_type="application/octet-stream"):
    return part(f'{content_type}; name="{name}"', lines_of_base64(data),
                "Content-Transfer-Encoding: base64",
                f'Content-Disposition: attachment; filename="{name}"')


def text(words):
    return part("text/plain; charset=us-ascii", words.encode() + b"\r\n")


def multipart(parts):
    boundary = "=_" + hashlib.sha256(b"".join(parts)).hexdigest()[:24]
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + p for p in parts)
    return "multipart/mixed; boundary=\"%s\"" % boundary, body + f"--{boundary}--\r\n".encode()


def envelope(options, content_type, body):
    ident = hashlib.sha256(f"{options.subject} {options.seed}".encode()).hexdigest()[:20]
    head = [f"From: <{options.sender}>", f"To: {', '.join(f'<{a}>' for a in options.to)}",
            f"Subject: {options.subject}", "Date: Mon, 02 Mar 2026 10:00:00 +0000",
            f"Message-ID: <{ident}@example.org>", "MIME-Version: 1.0",
            f"Content-Type: {content_type}", "", ""]
    return "\r\n".join(head).encode() + body


def noise(options):
    """Bytes that compress to nothing smaller and that nobody has sent before: seeded. They begin
    like no known type, since noise looks like a DOS program to libmagic once in a hundred times."""
    return (b"figures " + random.Random(f"noise {options.seed}").randbytes(options.size))[:options.size]


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 3, 2, 10, 0, 0)), data,
                         compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def portable_executable(options):
    """The head of a Windows program: enough for anything that tells types by content."""
    stub = b"MZ" + bytes(58) + struct.pack("<I", 0x80) + bytes(64)
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 0xF0, 0x22)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 512, 0, 0, 0x1000, 0x1000) + bytes(216)
    section = b".text\0\0\0" + struct.pack("<IIIIIIHHI", 16, 0x1000, 512, 512, 0, 0, 0, 0, 0x60000020)
    head = stub + b"PE\0\0" + coff + optional + section
    return head.ljust(512, b"\0") + random.Random(options.seed).randbytes(512)


@kind
def plain(options):
    return envelope(options, "text/plain; charset=us-ascii",
                    f"Only words, number {options.seed}.\r\n".encode())


@kind
def clean(options):
    """Text and an attachment of noise."""
    data = noise(options) if options.data is None else options.data
    parts = [text("Please find the figures attached."), attachment("figures.bin", data)]
    return envelope(options, *multipart(parts))


@kind
def eicar(options):
    parts = [text("Look at this."), attachment("invoice.pdf", EICAR)]
    return envelope(options, *multipart(parts))


@kind
def eicar_zip(options):
    parts = [text("Zipped."), attachment("game.zip", zipped("invoice.pdf", EICAR), "application/zip")]
    return envelope(options, *multipart(parts))


@kind
def eicar_nested(options):
    """A message in a message in a message."""
    inner = eicar(options)
    for _ in range(2):
        parts = [text("Forwarded."), part("message/rfc822", inner)]
        inner = envelope(options, *multipart(parts))
    return inner


@kind
def eicar_broken_base64(options):
    """Base64 that does not encode back to itself, so that it stays in the message's text: lines of
    odd lengths, characters that do not belong, no padding. Readers take it all the same."""
    coded = base64.b64encode(EICAR).decode().rstrip("=")
    broken = "\r\n".join(["  " + coded[:7], coded[7:20] + " !", "", coded[20:21] + "-", coded[21:]])
    body = part('application/octet-stream; name="invoice.pdf"', broken.encode() + b"\r\n",
                "Content-Transfer-Encoding: base64", "Content-Disposition: inline")
    return envelope(options, *multipart([text("Broken on the way."), body]))


@kind
def eicar_body(options):
    """In the words themselves."""
    return envelope(options, "text/plain; charset=us-ascii", EICAR + b"\r\n")


@kind
def renamed_program(options):
    parts = [text("Only a text file."),
             attachment("notes.txt", portable_executable(options), "text/plain")]
    return envelope(options, *multipart(parts))


def make_mail(what, to, subject, sender="sender@example.org", seed=1, size=4096, data=None):
    """The message's bytes, lines ended by CRLF. data: what 'clean' attaches instead of noise."""
    options = argparse.Namespace(to=[to] if isinstance(to, str) else list(to), subject=subject,
                                 sender=sender, seed=seed, size=size, data=data)
    return KINDS[what](options)


def smtp_data(message):
    """As it goes after DATA: leading dots doubled, the closing dot without its line end."""
    lines = message.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"."


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--to", required=True, help="addresses, divided by commas")
    parser.add_argument("--sender", default="sender@example.org")
    parser.add_argument("--subject", required=True)
    parser.add_argument("--seed", default="1", help="other bytes for another seed")
    parser.add_argument("--size", type=int, default=4096, help="bytes of the attachment of 'clean'")
    parser.add_argument("--output", required=True, help="the message")
    parser.add_argument("--data", help="the message as swaks --no-data-fixup wants it")
    arguments = parser.parse_args()
    message = make_mail(arguments.kind, arguments.to.split(","), arguments.subject,
                        arguments.sender, arguments.seed, arguments.size)
    with open(arguments.output, "wb") as out:
        out.write(message)
    if arguments.data:
        with open(arguments.data, "wb") as out:
            out.write(smtp_data(message))


if __name__ == "__main__":
    sys.exit(main())

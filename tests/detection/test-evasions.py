#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to bring a virus or a macro past, one a line; each as a content and as an attachment.

What is within is a sample that only unpacking finds. None may be clean; what looks like them and is
honest must be.
"""
import base64
import binascii
import hashlib
import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../crash/scanner", HERE + "/../data"]
import cms  # noqa: E402
import office  # noqa: E402
import office_lock  # noqa: E402
from samples import FORMATS, VIRUS, know_virus, packed, zipped  # noqa: E402
from wire import EICAR, Memfd, Service  # noqa: E402

failures = []

# A signature of it as a file knows it by every byte.
KNOWN_TEXT = b"".join(b"A known line, number %d.\r\n" % number for number in range(40))


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


def packed_rtf(text):
    """[MS-OXRTFCP] 3.1.1.1: literals alone, and a reference to the end."""
    out, place = b"", 207 + len(text)
    for at in range(0, len(text) + 1, 8):
        part = text[at:at + 8]
        out += bytes([1 << len(part) if len(part) < 8 else 0]) + part
        if len(part) < 8:
            out += struct.pack(">H", place % 4096 << 4)
    return struct.pack("<II4sI", len(out) + 12, len(text), b"LZFu", 0) + out


def with_body(body):
    """[MS-OXTNEF] 2.1.3.3.7: a winmail.dat whose one property is the body."""
    data = struct.pack("<IHHII", 1, 0x102, 0x1009, 1, len(body)) + body + bytes(-len(body) % 4)
    return FORMATS["tnef"][0]([]) + struct.pack("<BII", 1, 0x69003, len(data)) + data + struct.pack(
        "<H", sum(data) & 0xFFFF)


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


def xxencoded(data):
    letters = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    words = bytes.maketrans(bytes(range(32, 97)), letters + letters[:1])
    lines = uuencoded(data).splitlines()
    return b"\n".join(lines[:1] + [line.translate(words) for line in lines[1:-1]] + lines[-1:]) + b"\n"


def apple_single(data):
    """RFC 1740: one entry, the data fork."""
    return struct.pack(">II16xHIII", 0x51600, 0x20000, 1, 1, 38, len(data)) + data


def page(script, before=b""):
    return (b"<!DOCTYPE html><html><head>" + before + b"<script>\n" + script
            + b"</script></head><body>Please wait</body></html>\n")


SAVE = (b"var b = new Blob([d]), a = document.createElement('a');\n"
        b"a.href = URL.createObjectURL(b); a.download = 'letter.zip'; a.click();\n")


def folded(prefix, data, width=74):
    """RFC 6350 3.2: a line's rest stands behind a blank on the next."""
    line = prefix + base64.b64encode(data)
    return b"\r\n ".join(line[at:at + width] for at in range(0, len(line), width)) + b"\r\n"


def universal_disk(data):
    """A disk image whose ISO 9660 half does not name the program, as its UDF half does."""
    return packed("genisoimage -quiet -udf -hide *.exe -hide-joliet *.exe -o % .",
                  [("a.exe", data), ("a.txt", b"An honest line.\n")])


def shortcut():
    """[MS-SHLLINK] 3.1, with each part that one may have: identifiers, place, texts, a block."""
    flags = 1 | 2 | 4 | 8 | 0x20 | 0x80
    head = struct.pack("<I16sI", 76, bytes.fromhex("0114020000000000c000000000000046"), flags)
    identifiers = struct.pack("<HH", 20, 18) + b"a" * 16 + bytes(2)
    place = struct.pack("<IIIIIII", 40, 28, 1, 28, 28, 0, 39) + bytes(12)
    texts = b"".join(struct.pack("<H", len(text)) + text.encode("utf-16-le")
                     for text in ("A letter", ".\\a.txt", "/c a"))
    block = struct.pack("<II", 16, 0xA0000005) + bytes(8)
    return head.ljust(76, b"\0") + identifiers + place + texts + block + bytes(4)


def behind(virus, text):
    """What stands behind an archive's end."""
    first, second = [("a.txt", text)], [("a.exe", virus)]
    for one, other in (
            ("tar", "tar"), ("tar", "zip"), ("tar", "7z"), ("tar", "cpio newc"), ("zip", "tar"),
            ("zip", "7z"), ("zip", "zip"), ("7z", "7z"), ("7z", "zip"), ("cab", "cab"),
            ("arj", "arj"), ("rar 4", "rar 5"), ("rar 5", "rar 4"), ("cpio newc", "cpio odc"),
            ("cpio odc", "zip"), ("cpio binary", "tar"), ("gzip", "zip"), ("gzip", "7z"),
            ("gzip", "tar"), ("ar", "ar"), ("xz", "zip"), ("bzip2", "zip")):
        yield f"{other} behind {one}", FORMATS[one][0](first) + FORMATS[other][0](second)
    for what, head in ("Ogg", b"OggS"), ("MP3", b"ID3\3\0\0\0"):
        for kind in "zip", "7z", "cab", "tar":
            yield f"{kind} behind {what}", head + bytes(5000) + FORMATS[kind][0](second)
        yield f"zip with a comment behind {what}", (head + bytes(5000) + zipped(*second)[:-2]
                                                    + struct.pack("<H", 3000) + bytes(3000))
    for what, head in ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(5000)), ("a text", text * 9):
        yield f"tar behind {what}", head + FORMATS["tar"][0](second)
    for what, more in ("zip", zipped(*second)), ("program", virus), ("base64", base64.encodebytes(virus)), (
            "page", page(b"var d = atob('" + base64.b64encode(virus) + b"');\n" + SAVE)):
        yield f"{what} behind a shortcut", shortcut() + more
    tars = FORMATS["tar"][0](first) + FORMATS["tar"][0](first) + FORMATS["tar"][0](second)
    for kind in ("gzip", "xz", "zstd", "lz4"):
        yield f"three tars in {kind}", FORMATS[kind][0]([("a", tars)])
    for kind in ("gzip", "xz", "bzip2", "zstd"):
        make = FORMATS[kind][0]
        yield f"{kind}, a file in two streams", make([("a", virus[:300])]) + make(
            [("a", virus[300:])])


def pages(virus, inner, text):
    """Pages that bring a file, and signatures of a page as it stands."""
    coded, zip_coded = base64.b64encode(virus), base64.b64encode(inner)
    numbers = b",".join(b"%d" % byte for byte in virus)
    yield "page with EICAR", b"<html><body>" + EICAR + b"</body></html>\n"
    yield "page with EICAR and a script", page(b"var a;\n" * 900) + EICAR
    yield "page of 11 MB with EICAR", b"<html><body>" + b"<p>A line.</p>\n" * 800000 + EICAR
    yield "zip behind a long page", b"<html><body>" + b"<p>A line.</p>\n" * 9000 + inner
    yield "page: base64 in a script", page(b"var d = atob('" + coded + b"');\n" + SAVE)
    yield "page: in two pieces", page(b"var d = atob('" + coded[:203] + b"' +\n    '" + coded[203:]
                                      + b"');\n" + SAVE)
    yield "page: in pieces of 40", page(b"var d = ['" + b"', '".join(
        coded[at:at + 40] for at in range(0, len(coded), 40)) + b"'].join('');\n")
    yield "page: in the text of an element", page(b"var a;", b"<pre hidden>" + coded + b"</pre>")
    yield "page: EICAR", page(b"var d = atob('" + base64.b64encode(EICAR) + b"');\n" + SAVE)
    yield "page: numbers", page(b"var d = new Uint8Array([" + numbers + b"]);\n" + SAVE)
    yield "page: hexadecimal numbers", page(b"var d = [" + b", ".join(
        b"0x%02x" % byte for byte in virus) + b"];\n" + SAVE)
    yield "page: hexadecimal digits", page(b"var d = '" + virus.hex().encode() + b"';\n" + SAVE)
    yield "page: escaped", page(b"var d = '" + b"".join(b"\\x%02X" % byte for byte in virus)
                                + b"';\n" + SAVE)
    yield "page: in octal", page(b"var d = '" + b"".join(b"\\%03o" % byte for byte in virus)
                                 + b"';\n" + SAVE)
    yield "page: as letters", page(b"var d = '" + b"".join(b"\\u%04x" % byte for byte in virus)
                                   + b"';\n" + SAVE)
    yield "page: numbers below zero", page(b"var d = new Int8Array([" + b",".join(
        b"%d" % (byte - 256 if byte > 127 else byte) for byte in virus) + b"]);\n" + SAVE)
    yield "page: base64 twice", page(b"var d = atob(atob('" + base64.b64encode(coded) + b"'));\n" + SAVE)
    yield "page: base64, escaped", page(b"var d = atob('" + b"".join(
        b"\\x%02x" % byte for byte in coded) + b"');\n" + SAVE)
    yield "page: turned round", page(b"var d = atob('" + coded[::-1]
                                     + b"'.split('').reverse().join(''));\n" + SAVE)
    for width in 40, 76:
        lines = [coded[at:at + width] for at in range(0, len(coded), width)]
        yield f"page: in statements of {width}", page(b"var d = '';\n" + b"".join(
            b"d += '" + line + b"';\n" for line in lines) + SAVE)
        yield f"page: in calls of {width}", page(b"var d = [];\n" + b"".join(
            b"  d.push(\"" + line + b"\");\n" for line in lines) + SAVE)
        yield f"page: in lines of {width}", page(SAVE, b"<textarea>" + b"\n".join(lines)
                                                 + b"</textarea>")
    for what, data in (("a message of Outlook", outlook(virus)), ("a winmail.dat", FORMATS["tnef"][0]([("a", virus)])),
                       *((kind, FORMATS[kind][0]([("a.exe", virus)])) for kind in (
                           "lzip", "lz4", "lzma", "compress", "arj", "lha", "xar", "szdd", "cpio binary"))):
        yield f"page: {what}", page(b"var d = atob('" + base64.b64encode(data) + b"');\n" + SAVE)
    yield from put_together(virus, coded)
    yield "page: a link in entities", b"<html><a href='data:;base64," + b"".join(
        b"&#%d;" % byte for byte in zip_coded) + b"'>a</a></html>"
    yield "page: a link in entities, hexadecimal", b"<html><a href='data:;base64," + b"".join(
        b"&#x%x;" % byte for byte in zip_coded) + b"'>a</a></html>"
    yield "page: a link with a zip", b"<html><a href='data:;base64," + zip_coded + b"'>a</a></html>"
    yield "page: a link in per cents", b"<html><a href='data:application/x-msdownload," + b"".join(
        b"%%%02X" % byte for byte in virus) + b"'>a</a></html>"
    yield "page: a frame", b"<html><iframe src=\"data:application/zip;base64," + zip_coded + b"\">"
    yield "page: in a zip", zipped(("a.html", page(b"var d = atob('" + coded + b"');\n" + SAVE)))
    yield "page: in UTF-16", page(b"var d = atob('" + coded + b"');\n" + SAVE).decode().encode(
        "utf-16")
    yield "page: in ISO-2022-JP", page(b"\x1b$BF|K\\\x1b(Bvar d = atob('" + b"\x1b(B".join(
        coded[at:at + 9] for at in range(0, len(coded), 9)) + b"');\n" + SAVE)
    yield "drawing with a script", (b"<svg xmlns='http://www.w3.org/2000/svg'><script><![CDATA["
                                    b"var d = atob('" + coded + b"');" + SAVE + b"]]></script></svg>")
    yield "calendar with a file", (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + folded(
        b"ATTACH;ENCODING=BASE64;VALUE=BINARY:", virus) + b"END:VEVENT\r\nEND:VCALENDAR\r\n")
    yield "card with a file", (b"BEGIN:VCARD\r\nVERSION:4.0\r\n" + folded(
        b"PHOTO:data:image/jpeg;base64,", virus) + b"END:VCARD\r\n")
    yield "card with a file in one line", b"BEGIN:VCARD\r\nPHOTO;ENCODING=b:" + coded + b"\r\n"
    yield "web archive of a page", (
        b"From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; "
        b"boundary=q\r\n\r\n--q\r\nContent-Type: text/html\r\nContent-Location: file:///C:/a.htm"
        b"\r\n\r\n" + page(b"var d = atob('" + coded + b"');") + b"\r\n--q--\r\n")
    yield "book with a script", zipped(
        ("mimetype", b"application/epub+zip"), ("META-INF/container.xml", b"<container/>"),
        ("a.xhtml", page(b"var d = atob('" + coded + b"');" + SAVE)))
    yield "mail in a winmail.dat", FORMATS["tnef"][0]([("a.eml", mail(virus, "a.exe"))])


def paired(data, mark):
    """As unescape() takes them: two bytes in one letter."""
    data += bytes(len(data) % 2)
    return b"".join(mark + b"%02x%02x" % (data[at + 1], data[at]) for at in range(0, len(data), 2))


def escaped(data, mark, kept=b""):
    """But for letters and digits, and what else is kept."""
    return b"".join(b"%c" % byte if byte < 128 and (chr(byte).isalnum() or byte in kept)
                    else mark + b"%02x" % byte for byte in data)


def in_rows(data, before, behind, width=16, form=b"%d"):
    return b"".join(before + b",".join(form % byte for byte in data[at:at + width]) + behind
                    for at in range(0, len(data), width))


def put_together(virus, coded):
    """What is no text of base64 and no plain list of numbers, and what is not all that it takes."""
    inner = page(b"var d = atob('" + coded + b"');\n" + SAVE)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    scripts = {
        "pairs for unescape": b"var d = unescape('" + paired(virus, b"%u") + b"');",
        "pairs as letters": b"var d = '" + paired(virus, b"\\u") + b"';",
        "a page for unescape": b"document.write(unescape('" + escaped(inner, b"%", b" ();=.,:\n"
                                                                      ).replace(b"\n", b"%0A") + b"'));",
        "some letters escaped": b"var d = '" + escaped(virus, b"\\x") + b"';",
        "base64 for addresses": b"var d = f('" + base64.urlsafe_b64encode(virus).rstrip(b"=") + b"');",
        "digits turned round": b"var d = '" + virus.hex().encode()[::-1] + b"';",
        "quoted numbers": b"var d = [" + b",".join(b"'%d'" % byte for byte in virus) + b"];",
        "binary numbers": b"var d = [" + b",".join(
            b"0b" + bin(byte)[2:].encode() for byte in virus) + b"];",
        "octal numbers": b"var d = [" + b",".join(b"0o%o" % byte for byte in virus) + b"];",
        "signed numbers one by one": b"".join(
            b"d2.push(%d);\n" % (byte - 256 if byte > 127 else byte) for byte in virus),
        "numbers by index": b"".join(b"d[%d]=%d;" % one for one in enumerate(virus)),
        "numbers one by one": b"".join(b"d2.push(%d);\n" % byte for byte in virus),
        "letters one by one": b"var d = " + b" + ".join(
            b"String.fromCharCode(%d)" % byte for byte in virus) + b";",
        "letters of base64 one by one": b"var d = atob(" + b"+".join(
            b"String.fromCharCode(0x%x)" % letter for letter in coded) + b");",
        "letters in rows": b"var d = " + in_rows(virus, b"String.fromCharCode(", b")+\n", 40) + b"'';",
        "rows": b"var d = [" + in_rows(virus, b"[", b"],") + b"];",
        "rows in calls": b"var d = [];\n" + in_rows(virus, b"d = d.concat([", b"]);\n"),
        "numbers of 32 bits": b"var d = new Uint32Array([" + b",".join(
            b"0x%08x" % word for word in struct.unpack("<136I", virus)) + b"]);",
        "numbers of 16 bits": b"var d = [" + b",".join(
            b"%d" % word for word in struct.unpack(">272H", virus)) + b"];",
        "zlib": b"var d = pako.inflate(atob('" + base64.b64encode(zlib.compress(virus)) + b"'));",
        "deflated": b"var d = pako.inflateRaw(atob('" + base64.b64encode(
            raw.compress(virus) + raw.flush()) + b"'));",
        "deflated numbers": b"var d = [" + b",".join(b"%d" % byte for byte in zlib.compress(virus, 9)) + b"];",
        "a key": b"var d = atob('" + base64.b64encode(bytes(byte ^ 0x41 for byte in virus)) + b"');",
        "in names": b"".join(b"const a%d = \"%s\";\n" % (at, coded[at:at + 40])
                             for at in range(0, len(coded), 40)),
        "in an object": b"var d = {" + b",".join(b"k%d: '%s'" % (at, coded[at:at + 60])
                                                 for at in range(0, len(coded), 60)) + b"};",
        "by name": b"".join(b"p['k%d'] = '%s';\n" % (at, coded[at:at + 40]) for at in range(0, len(coded), 40)),
        "with keys in quotes": b"var d = {" + b",".join(b"\"k%d\": \"%s\"" % (at, coded[at:at + 60])
                                                      for at in range(0, len(coded), 60)) + b"};",
        "in lists of one": b"var d = [" + b",".join(b"['%s']" % coded[at:at + 60]
                                                   for at in range(0, len(coded), 60)) + b"];",
        "in sums": b"var s = '';\n" + b"".join(b"s = s + '%s';\n" % coded[at:at + 12]
                                              for at in range(0, len(coded), 12)),
        "in templates": b"var s = '';\n" + b"".join(b"s = `${s}%s`;\n" % coded[at:at + 40]
                                                   for at in range(0, len(coded), 40)),
        "in elements": b"f();</script>" + b"".join(b"<p class='x'>%s</p>\n" % coded[at:at + 76]
                                                 for at in range(0, len(coded), 76)) + b"<script>",
        "in sums of VBScript": b"Dim s\r\n" + b"".join(b"s = s & \"%s\"\r\n" % coded[at:at + 60]
                                                      for at in range(0, len(coded), 60)),
        "letter by letter": b"var d = [" + b",".join(b"'%c'" % letter for letter in coded) + b"];",
        "in pieces of 4": b"var d = " + b"+".join(
            b"'%s'" % coded[at:at + 4] for at in range(0, len(coded), 4)) + b";",
        "with line ends": b"var d = atob('" + b"\\r\\n".join(
            coded[at:at + 76] for at in range(0, len(coded), 76)) + b"');",
        "in pieces, the last first": b"var d = [" + b",".join(
            b"'%s'" % coded[at:at + 40] for at in reversed(range(0, len(coded), 40))) + b"].reverse().join('');",
        "letters in braces": b"var d = '" + b"".join(b"\\u{%x}" % byte for byte in virus) + b"';",
        "base64, letters in braces": b"var d = atob('" + b"".join(
            b"\\u{%04x}" % letter for letter in coded) + b"');",
        "some letters in octal": b"var d = '" + b"".join(
            b"%c" % byte if chr(byte).isascii() and chr(byte).isalpha() else b"\\%03o" % byte for byte in virus) + b"';",
        "base64, some letters in octal": b"var d = atob('" + b"".join(
            b"%c" % letter if at % 3 else b"\\%o" % letter for at, letter in enumerate(coded)) + b"');",
        "base64, blanks escaped": b"var d = atob('" + b"\\x20".join(
            coded[at:at + 7] for at in range(0, len(coded), 7)) + b"');",
        "numbers that were added to": b"var d = [" + b",".join(
            b"%d" % ((byte + 200) % 256) for byte in virus) + b"];",
        "large numbers that were added to": b"var d = [" + b",".join(b"%d" % (byte + 1000) for byte in virus) + b"];",
        "bytes that were added to": b"var d = atob('" + base64.b64encode(
            bytes((byte + 13) % 256 for byte in virus)) + b"');",
        "numbers of base64 with a key": b"var d = [" + b",".join(b"%d" % (letter ^ 77) for letter in coded) + b"];",
        "with another sign": b"var d = atob('" + b"!".join(
            coded[at:at + 3] for at in range(0, len(coded), 3)) + b"'.split('!').join(''));",
    }
    for what, signs, script in (
            ("two signs", (b"!", b"@"), b".replace(/!/g, '').replace(/@/g, '')"),
            ("a set of signs", (b"$", b"#", b"*"), b".replace(/[$#*]+/g, '')"),
            ("one sign or another", (b"!", b"~"), b".replace(/!|~/g, '')"),
            ("a word", (b"%%a_word%%",), b".replaceAll('%%a_word%%', '')"),
            ("a word, split", (b"-x-",), b".split('-x-').join('')")):
        scripts["with " + what] = b"var d = atob('" + b"".join(
            coded[at:at + 3] + signs[at % len(signs)] for at in range(0, len(coded), 3)) + b"'" + script + b");"
    for blank in b" ", b"\t", b"\n":
        scripts[f"with blanks {blank}"] = b"var d = atob(`" + blank.join(
            coded[at:at + 3] for at in range(0, len(coded), 3)) + b"`);"
    scripts["small letters for capital ones"] = b"var d = f('" + coded.swapcase() + b"');"
    for sign, number in ("+", lambda byte, at: byte - at), ("-", lambda byte, at: byte + at), (
            "^", lambda byte, at: byte ^ at), ("/", lambda byte, at: byte * at):
        scripts[f"numbers with {sign}"] = b"var d = String.fromCharCode(" + b"), String.fromCharCode(".join(
            b"%d%c%d" % (number(byte, 1 + at % 9), ord(sign), 1 + at % 9) if byte > 9 or sign != "+" else
            b"%d+0" % byte for at, byte in enumerate(virus)) + b");"
    scripts["with a sign for a letter"] = b"var d = atob('" + coded.replace(b"A", b"!") + b"'.replace(/!/g, 'A'));"
    for comment in b" /* c */ + ", b" + // c\n", b"/*a*/+/*b*/":
        scripts[f"with comments {comment}"] = b"var d = atob(" + comment.join(
            b"'" + coded[at:at + 40] + b"'" for at in range(0, len(coded), 40)) + b");"
    for key in b"secret", b"K3y!", bytes(range(1, 17)):
        hidden = bytes(byte ^ key[at % len(key)] for at, byte in enumerate(virus))
        scripts[f"a key {key}"] = b"var d = atob('" + base64.b64encode(hidden) + b"');"
        scripts[f"a key {key}, numbers"] = b"var d = [" + b",".join(b"%d" % byte for byte in hidden) + b"];"
    hidden = bytes(byte ^ b"letters"[at % 7] for at, byte in enumerate(zipped(("a.exe", virus))))
    scripts["a key and a zip"] = b"const k = 'letters', d = atob('" + base64.b64encode(hidden) + b"');"
    for sign in b" ", b":", b", ", b"-":
        scripts[f"digits with '{sign.decode()}'"] = (b"var d = '" + virus.hex(" ").encode().replace(b" ", sign)
                                                     + b"';")
    for sign in b"|", b"_", b"-", b"~":
        scripts[f"numbers with '{sign.decode()}'"] = b"var d = '" + sign.join(
            b"%d" % byte for byte in virus) + b"'.split(0);"
    for what, script in scripts.items():
        yield "page: " + what, page(script + b"\n" + SAVE)
    yield "drawing: rows", (b"<svg xmlns='http://www.w3.org/2000/svg'><script><![CDATA[var d = ["
                            + in_rows(virus, b"[", b"],") + b"];" + SAVE + b"]]></script></svg>")
    yield "page: a link with some letters escaped", (
        b"<html><a href='data:application/octet-stream," + escaped(virus, b"%") + b"'>a</a></html>")
    yield "script: numbers", b"var d = [" + in_rows(virus, b"", b",") + b"];\n" + SAVE
    yield "script: letters", (b"Dim s\r\ns = " + b" & ".join(b"Chr(%d)" % byte for byte in virus)
                              + b"\r\nCreateObject(\"WScript.Shell\").Run s\r\n")
    hidden = page(b"var d = atob('" + coded + b"');\n" + SAVE)
    for what, before in (("a control sign", b"<!-- \1 -->"), ("a picture's head", b"GIF89a/*\0\0\0\0*/=1;"),
                         ("a document's head", b"%PDF-1.4\n")):
        yield f"page behind {what}", before + hidden
    lines = [coded[at:at + 64] for at in range(0, len(coded), 64)]
    decode = b"certutil -decode %temp%\\a %temp%\\a.exe\r\n"
    for line in b"echo %s>>%%temp%%\\a", b">>a echo %s", b"set a1=%s", b":::%s":
        yield f"script: {line.decode()}", (b"@echo off\r\n" + b"".join(line % one + b"\r\n" for one in lines)
                                          + decode)
    yield "script: lines of VBScript", (b"Set x = CreateObject(\"a\")\r\nx.dataType = \"bin.base64\"\r\ns = "
                                        + b" & _\r\n    ".join(b'"%s"' % line for line in lines) + b"\r\n")
    yield "script: numbers of VBScript", b"Dim s\r\ns = " + b" & ".join(
        b"Chr(&H%02X)" % byte for byte in virus) + b"\r\n"
    with_signs = b"'" + coded.replace(b"A", b"@#") + b"'"
    for what, text in {
            "Replace of PowerShell": with_signs + b".Replace('@#', 'A')",
            "-replace": with_signs + b" -rEPlace '@#','A'",
            "-split": b"'" + b"!".join(coded[at:at + 3] for at in range(0, len(coded), 3)) + b"' -split '!' -join ''",
            "numbers": b"; $b = " + b",".join(b"%d" % byte for byte in virus),
            "letters": b"; $b = " + b"+".join(b"[char]%d" % byte for byte in virus)}.items():
        yield f"script: {what}", (b"$a = (" + text + b")\r\n[IO.File]::WriteAllBytes('a.exe', [Convert]::"
                                  b"FromBase64String($a))\r\n")
    for what, text in {
            "Replace of VBScript": b"Replace(\"" + with_signs[1:-1] + b"\", \"@#\", \"A\")",
            "Replace by name": b"\"" + with_signs[1:-1] + b"\"\r\ns = Replace(s, \"@#\", \"A\")",
            "Split of VBScript": b"Join(Split(\"" + b"-x-".join(
                coded[at:at + 9] for at in range(0, len(coded), 9)) + b"\", \"-x-\"), \"\")",
            "Array of VBScript": b"Array(" + b",".join(b"%d" % byte for byte in virus) + b")"}.items():
        yield f"script: {what}", (b"' A comment\r\n" * 60 + b"Dim s\r\ns = " + text
                                  + b"\r\nCreateObject(\"WScript.Shell\").Run s\r\n")
    command = f"[IO.File]::WriteAllBytes('a.exe', [Convert]::FromBase64String('{coded.decode()}'))"
    yield "script: a command of PowerShell", b"@echo off\r\npowershell -w hidden -e " + base64.b64encode(
        command.encode("utf-16-le")) + b"\r\n"
    yield "script: bytes", b"[byte[]]$b = " + b",".join(
        b"0x%x" % byte for byte in virus) + b"\r\n[IO.File]::WriteAllBytes('a.exe', $b)\r\n"


def smugglers():
    """With files that no signature knows: the way itself is what is wrong."""
    program = b"MZ" + bytes(62) + b"This is no program, but it looks like one." * 9
    for kind, data in {
            "program": program, "zip": zipped(("a.txt", program)),
            "disk image": FORMATS["iso"][0]([("a.txt", program)]),
            "script": b"Set s = CreateObject(\"WScript.Shell\")\r\ns.Run \"a\"\r\nDim a\r\n"}.items():
        coded = base64.b64encode(data)
        yield f"{kind} saved by a script", page(b"var d = atob('" + coded + b"');\n" + SAVE)
        yield f"{kind} in a frame", b"<html><iframe src='data:;base64," + coded + b"'></html>"
    yield "program saved as numbers", page(b"var d = [" + b",".join(
        b"%d" % byte for byte in program) + b"];\n" + SAVE)
    yield "program saved with a key", page(b"var d = atob('" + base64.b64encode(
        bytes(byte ^ 0x5A for byte in program.ljust(400, b"\0"))) + b"');\n" + SAVE)
    for key in 0x5A, 0xA5:
        yield f"disk image saved with a key {key:x}", page(b"var d = atob('" + base64.b64encode(
            bytes(byte ^ key for byte in FORMATS["iso"][0]([("a.txt", program)]))) + b"');\n" + SAVE)
    yield "zip saved inflated", page(b"var d = atob('" + base64.b64encode(zlib.compress(
        zipped(("a.txt", program)))) + b"');\n" + SAVE)
    yield "program saved the old way", page(b"var d = atob('" + base64.b64encode(program) + b"');\n"
                                            b"navigator.msSaveOrOpenBlob(new Blob([d]), 'a.exe');")


def honest():
    """What others write: pictures, fonts and scripts in addresses, data in scripts, a saved chart."""
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + os.urandom(3000))
    font = base64.b64encode(b"wOF2\0\1\0\0" + os.urandom(3000))
    script = base64.b64encode(b"function f(a) { return a + 1; }\nvar x = f(2); f(3);\n" * 20)
    table = b",".join(b"%d" % (at * 7 % 256) for at in range(3000))
    token = base64.urlsafe_b64encode(os.urandom(90))
    # From each place of it that looks like a mail libclamav makes a mail of the rest.
    with open(HERE + "/header-fields.txt", "rb") as file:
        yield "text of header fields", file.read()
    yield "page saved as one file", (
        b"<!DOCTYPE html><html><head><style>@font-face{src:url(data:font/woff2;base64," + font
        + b")}</style><script src='data:application/javascript;base64," + script
        + b"'></script></head><body><img src='data:image/png;base64," + picture + b"'></body></html>")
    yield "page that saves a picture", page(b"var d = atob('" + picture + b"');\n" + SAVE)
    yield "page with numbers", page(b"".join(b"t[%d] = %d;\n" % (at, at * 7 % 256)
                                             for at in range(900)) + SAVE)
    yield "page with noise", page(b"var k = '" + base64.urlsafe_b64encode(os.urandom(900)) + b"', h = '"
                                  + os.urandom(900).hex(":").encode() + b"', u = '"
                                  + escaped(os.urandom(300), b"%") + b"';\n" + SAVE)
    yield "page that replaces and has words", page(b"var a = {" + b",".join(
        b"'key%d': 'word%d'" % (at, at) for at in range(300)) + b"}, k = 'secret', h = '" + base64.b64encode(
            os.urandom(2000)) + b"'.replace(/[+=]/g, '-').replace(/x|y/g, '').split('z').join('');\n" + SAVE)
    yield "page that saves a table", page(b"var d = [" + table + b"];\n" + SAVE)
    yield "page that only has its data in a zip", page(b"var d = '" + base64.b64encode(
        zipped(("a.txt", b"An honest line.\n" * 99))) + b"';\n")
    yield "page with words in statements", page(b"".join(
        b"text += '" + base64.b64encode(os.urandom(48)) + b"';\n" for _ in range(40)))
    yield "page with names of letters", b"<html><p>" + b"Caf&#233; &#77;&#111;&#122; -12,-15,u,x; " * 99
    yield "newsletter", b"<html><body>" + b"".join(
        b"<p><a href=\"https://example.org/c/%s?u=%s\">More</a> of it.</p>\n" % (token, token)
        for _ in range(50)) + b"<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></body></html>"
    yield "drawing", (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='data:image/png;base64,"
                      + picture + b"'/></svg>")
    yield "shortcut", shortcut()
    yield "AppleSingle", apple_single(b"An honest line.\n" * 50)
    yield "text in ISO-2022-JP", b"Subject: \x1b$BF|K\\\x1b(B\r\n\r\n\x1b$BF|K\\\x1b(B, \x1b(Jx\x1b(B\r\n" * 99
    yield "card with a picture", (b"BEGIN:VCARD\r\n" + folded(
        b"PHOTO;ENCODING=b;TYPE=PNG:", base64.b64decode(picture)) + b"END:VCARD\r\n")
    yield "document with Excel's password", office_lock.agile(zipped(
        ("[Content_Types].xml", office.CONTENT_TYPES), ("word/document.xml", "<w/>")))
    for kind in cms.KINDS:
        yield f"S/MIME: {kind}", cms.wrapped(kind, b"An honest line.\r\n" * 99)
    yield "S/MIME: a signature alone", cms.typed(cms.PKCS7 + "2", cms.sequence(
        cms.element(2, b"\1"), cms.element(0x31, b""), cms.sequence(cms.identifier(cms.PKCS7 + "1")),
        cms.element(0x31, b"")), False)
    for kind in ("zip", "7z", "tar", "tar.gz", "cab", "arj", "cpio newc", "cpio odc", "cpio binary",
                 "rar 4", "rar 5"):
        archive = FORMATS[kind][0]([("a.txt", b"An honest line.\n" * 99), ("b.bin", picture)])
        yield f"{kind} with zeros behind", archive + bytes(5000)
        yield f"{kind} behind a picture, with noise behind", b"\x89PNG\r\n\x1a\n" + picture + archive + os.urandom(9000)
        yield f"{kind} with a line behind", archive + b"\r\nSent by a gateway that adds this.\r\n"


def sealed(virus):
    """S/MIME that anybody can open: a file, and a mail with one."""
    letter = whole([b"Content-Transfer-Encoding: base64"], base64.encodebytes(virus))
    for kind in cms.KINDS:
        for is_open in (False, True):
            what = f"S/MIME: {kind}, {'BER' if is_open else 'DER'}"
            yield what, cms.wrapped(kind, virus, is_open)
            yield what + ": a mail", cms.wrapped(kind, letter, is_open)
            yield what + ": in a zip", zipped(("a.p7m", cms.wrapped(kind, virus, is_open)))
    yield "S/MIME: one in another", cms.wrapped("digested", cms.wrapped(
        "compressed", cms.wrapped("signed", letter), True))
    yield "S/MIME: in lines", (b"-----BEGIN CMS-----\n" + base64.encodebytes(
        cms.wrapped("compressed", virus)) + b"-----END CMS-----\n")
    yield "S/MIME: lengths longer than they need be", cms.wrapped("compressed", virus, True).replace(
        b"\x30\x80\x06", b"\x30\x80\x06\x81")
    yield "S/MIME: cut off", cms.wrapped("signed", virus)[:-2]


def packages(virus):
    """Documents that Office opens without a word, since it tries a password of its own."""
    package = zipped(("[Content_Types].xml", office.CONTENT_TYPES), ("a.exe", virus))
    yield "document with Excel's password", office_lock.agile(package)
    yield "the same in a zip", zipped(("a.xlsx", office_lock.agile(package)))
    yield "document with PowerPoint's password", office_lock.agile(package, office_lock.POWERPOINT)
    for name, bits in (("sha1", 128), ("sha256", 192), ("sha384", 256)):
        yield f"document with Excel's password, {name}", office_lock.agile(
            package, name=name, bits=bits, rounds=1000)
    for bits in 128, 192, 256:
        yield f"document of 2007 with Excel's password, {bits} bits", office_lock.standard(
            package, bits=bits)


def books(password=office_lock.EXCEL):
    runs = office.formula_record(0, 0, office.ptg_call(office.EXEC, office.ptg_text("calc.exe")))
    name = office.name_record("", office.ptg_cell(0, 0), built_in=1)
    for bits in None, 40, 128:
        yield f"book with the password {password}, {bits} bits", office_lock.book(
            [("m", 1, runs)], name, password, bits)


def others():
    """Which nobody can open but who has the password."""
    package = zipped(("[Content_Types].xml", office.CONTENT_TYPES), ("a.exe", VIRUS))
    yield "document with a password", office_lock.agile(package, "secret")
    yield "document with a key of many rounds", office_lock.agile(package, rounds=1000001)
    yield "document of 2007 with a password", office_lock.standard(package, "secret")
    yield from books("secret")


def without_blanks(coded):
    """As some gateways leave it: zeros as blanks, and none of these at the end of a line."""
    return b"".join(line.replace(b"`", b" ").rstrip() + b"\r\n" for line in coded.splitlines())


def parts(virus):
    """Mails with a part that programs end at different places, or read though its head is odd."""
    quoted = b"".join(b"=%02X" % byte for byte in virus)
    quoted = b"=\r\n".join(quoted[at:at + 72] for at in range(0, len(quoted), 72))
    base, printable = b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable"
    yield "letters behind the padding", [base], base64.encodebytes(virus) + b"QUJDREVG\r\n"
    yield "uuencode without blanks", [], without_blanks(uuencoded(virus))
    yield "a form feed before the encoding", [printable.replace(b" ", b" \f")], quoted
    yield "blanks behind quoted-printable", [printable], quoted + b" \t"
    yield "a soft line break with blanks at the end", [printable], quoted + b"= "
    yield "blanks before a hard line end", [printable], KNOWN_TEXT.replace(b"\r\n", b" \t\r\n")
    yield "a mail behind a byte order mark", [base], base64.encodebytes(
        b"\xef\xbb\xbf" + whole([printable], quoted))
    yield "a mail behind an odd field", [base], base64.encodebytes(
        b"X+y: z\r\n" + whole([printable], quoted))


def members(virus):
    """What libclamav alone does not find in a message: in an archive it is read as in a mail."""
    base, coded = [b"Content-Transfer-Encoding: base64"], base64.encodebytes(virus)
    letter = whole(base, coded)
    yield "padding within", whole(base, base64.encodebytes(virus[:100])
                                  + base64.encodebytes(virus[100:]))
    yield "line ends of a Mac of old", letter.replace(b"\r\n", b"\n").replace(b"\n", b"\r")
    yield "UTF-16", letter.decode().encode("utf-16")
    yield "BinHex", whole([], FORMATS["binhex"][0]([("a.exe", virus)]))
    yield "lines of base64 with a mark", whole([], b"begin-base64 644 a.exe\n" + coded + b"====\n")
    yield "structure in base64", whole([b"Content-Type: multipart/mixed; boundary=z"] + base,
                                       base64.encodebytes(b"--z\r\n" + base[0] + b"\r\n\r\n" + coded
                                                          + b"--z--\r\n"))
    yield "base64 in a text", base64.encodebytes(virus)
    yield "a page in ISO-2022-JP", page(b"var d = atob('" + b"\x1b(B".join(
        base64.b64encode(virus)[at:at + 9] for at in range(0, 800, 9)) + b"');\n")
    yield "a page in UTF-16", page(b"var d = atob('" + base64.b64encode(virus) + b"');\n"
                                   ).decode().encode("utf-16")


def whole(head, body, boundary=b"q"):
    return (b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="
            + boundary + b"\r\n\r\n--" + boundary + b"\r\n" + b"".join(
                line + b"\r\n" for line in head) + b"\r\n" + body + b"\r\n--" + boundary + b"--\r\n")


def cases(virus):
    inner, text = zipped(("a.exe", virus)), b"An honest line.\n" * 50
    project = office.compound(office.vba_project({"M": (
        'Sub AutoOpen()\nCreateObject("WScript.Shell").Run "powershell -enc A"\nEnd Sub\n')}))
    letter = zipped(("[Content_Types].xml", office.CONTENT_TYPES), ("word/document.xml", "<w/>"),
                    ("word/vbaProject.bin", project))
    yield "letter with macros that is one file of XML", (
        b"<?xml version='1.0'?><?mso-application progid='Word.Document'?>\n<pkg:package xmlns:pkg='http://schemas."
        b"microsoft.com/office/2006/xmlPackage'><pkg:part pkg:name='/word/vbaProject.bin'><pkg:binaryData>"
        + base64.encodebytes(project) + b"</pkg:binaryData></pkg:part></pkg:package>\n")
    replaced = office.compound(office.vba_project(
        {"M": "Sub Hello()\nEnd Sub\n"}, cache=office.vba_names("AutoOpen", "CreateObject", "Run")))
    yield "letter whose macros have another source", zipped(
        ("[Content_Types].xml", office.CONTENT_TYPES), ("word/document.xml", "<w/>"),
        ("word/vbaProject.bin", replaced))
    yield "mail in a zip in a mail", mail(zipped(("a.eml", mail(virus, "a.exe"))), "a.zip")
    yield "mailbox, the second mail", mbox(mail(text, "a.txt"), mail(virus, "a.exe"))
    yield "mailbox, a zip in the second mail", mbox(mail(text, "a.txt"), mail(inner, "a.zip"))
    yield "Outlook message", outlook(virus)
    yield "zip in an Outlook message in a zip", zipped(("a.msg", outlook(inner)))
    digits = rtf(b" " + package(virus).hex().encode())
    for what, body in (("LZFu", packed_rtf(digits)), ("MELA", struct.pack(
            "<II4sI", len(digits) + 12, len(digits), b"MELA", 0) + digits)):
        yield f"winmail.dat with a body: {what}", with_body(body)
        yield f"Outlook message with a body: {what}", office.compound({
            "__properties_version1.0": bytes(32), "__substg1.0_10090102": body})
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
    yield "xxencode in a text", xxencoded(virus)
    for kind in "tar.xz", "zstd":
        yield f"AppleSingle with {kind}", apple_single(FORMATS[kind][0]([("a.exe", virus)]))
    yield "file as a page from Word has its macros", active_mime(virus)
    yield "the same, with a longer head", active_mime(virus)[:0x32] + bytes(700) + active_mime(
        virus)[0x32:]
    yield "program that only UDF names", universal_disk(virus)
    yield "disk image of a Mac", bytes(4096) + b"koly" + struct.pack(">II", 4, 512) + bytes(500)
    yield "zip in an ar", FORMATS["ar"][0]([("a.zip", inner)])
    yield "web archive", FORMATS["warc"][0]([("a.exe", virus)])
    yield "shortcut with a zip behind it", bytes.fromhex(
        "4c0000000114020000000000c000000000000046") + bytes(60) + inner


def expect(what, answer, wanted=None):
    """wanted: None: anything but clean."""
    told = answer["verdict"]
    if told != wanted if wanted else told in ("clean", "not-scanned"):
        failures.append(what)
    print(f"{'FAIL' if what in failures else 'ok  '} {what:48} {answer['verdict']:18} "
          f"{answer.get('verdict_name', b'').decode()}")


def main():
    with Service("", start=False) as s:
        know_virus(s)
        s.write_signatures("text.hdb", f"{hashlib.md5(KNOWN_TEXT).hexdigest()}:{len(KNOWN_TEXT)}:Test.Text")
        s.write_config("[service]\ndeadline=20000\n")
        s.start()
        text = b"An honest line.\n" * 50
        for samples, wanted in (
                (cases(VIRUS), None), (behind(VIRUS, text), None), (smugglers(), "suspicious"),
                (sealed(VIRUS), "infected"), (packages(VIRUS), "infected"), (books(), "suspicious"),
                (others(), "encrypted"),
                (pages(VIRUS, zipped(("a.exe", VIRUS)), text), "infected"), (honest(), "clean")):
            for what, data in samples:
                expect(what, s.scan(Memfd(data)), wanted)
                expect(f"{what}: mailed", s.text(Memfd(mail(data, "a.dat")), deadline=20000), wanted)
        for what, head, body in parts(VIRUS):
            expect(what, s.text(Memfd(whole(head, body)), deadline=20000), "infected")
            expect(f"{what}: boundary in quotes", s.text(Memfd(whole(head, body, b"'q'")),
                                                         deadline=20000), "infected")
            expect(f"{what}: in a zip", s.scan(zipped(("a.eml", whole(head, body)))), "infected")
        for what, data in members(VIRUS):
            for kind in "zip", "tar.zst":
                expect(f"{kind} with a file: {what}", s.scan(FORMATS[kind][0]([("a.eml", data)])),
                       "infected")
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

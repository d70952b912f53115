#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files in PDFs, however their streams are written: found by signature, name and type, and named.

Where qpdf can take the file out, it must be the one that was put in. What cannot be opened is not
clean, and honest documents are.
"""
import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../crash/scanner"]
import pdf  # noqa: E402
from pdf import attached, document, spec, stream  # noqa: E402
from samples import VIRUS, know_virus, zipped  # noqa: E402
from wire import Memfd, Service  # noqa: E402

RULES = "[rule programs]\ntype=application/x-dosexec\n[rule scripts]\nextension=js;hta\n"
HONEST = b"An honest line of text, once more.\n" * 40
FLATE = b"/Filter/FlateDecode"
PREDICTED = FLATE + b"/DecodeParms<</Predictor 12/Columns 16>>"
# What it says of these by itself.
BY_LIBCLAMAV = {
    "escaped names": "suspicious", "zip with the end of a stream in it": "not-fully-scanned",
    "another key before": "encrypted", "another key before, no filter": "encrypted"}
# Where readers take what is honest in one way and broken in another.
UNCLEAR = dict.fromkeys(("number that goes on", "brackets that cross", "word behind the length"),
                        "not-fully-scanned")
failures = []


def predicted(data, kind=2):
    return zlib.compress(pdf.png(data, 16, kind))


def plain_forms(data):
    """Those that qpdf reads as well: (what, PDF)."""
    deflated, up = zlib.compress(data), predicted(data)
    yield "flate", attached(b"/Type/EmbeddedFile" + FLATE, deflated)
    for kind, name in enumerate(("none", "sub", "up", "average", "Paeth")):
        yield f"PNG predictor, {name}", attached(PREDICTED, predicted(data, kind))
    yield "TIFF predictor", attached(FLATE + b"/DecodeParms<</Predictor 2/Columns 16>>",
                                     zlib.compress(pdf.tiff(data, 16)))
    yield "TIFF predictor, samples of 4 bits", attached(
        FLATE + b"/DecodeParms<</Predictor 2/BitsPerComponent 4/Columns 16>>",
        zlib.compress(pdf.tiff_4(data, 16)))
    yield "LZW with a predictor", attached(
        b"/Filter/LZWDecode/DecodeParms<</Predictor 12/Columns 16>>", pdf.lzw(pdf.png(data, 16)))
    yield "LZW, late change", attached(b"/Filter/LZWDecode/DecodeParms<</EarlyChange 0>>",
                                       pdf.lzw(data, 0))
    yield "base 85, runs, then a predictor", attached(
        b"/Filter[/ASCII85Decode/RunLengthDecode/FlateDecode]"
        b"/DecodeParms[null null<</Predictor 12/Columns 16>>]", pdf.base85(pdf.runs(up)))
    yield "hex, then a predictor", attached(
        b"/Filter[/ASCIIHexDecode/FlateDecode]/DecodeParms[null<</Predictor 12/Columns 16>>]",
        up.hex().encode() + b">")
    yield "comment in the dictionary", attached(b"/Type/EmbeddedFile%>>stream\n" + FLATE, deflated)
    yield "escaped names", attached(b"/#46ilter/Fl#61teDecode", deflated)
    yield "filter behind a reference", attached(b"/Filter 6 0 R", deflated, b"/FlateDecode")
    yield "length behind a reference", document(
        spec(), b"<<" + PREDICTED + b"/Length 6 0 R>>stream\n" + up + b"\nendstream", b"%d" % len(up))
    yield "wrong length", document(
        spec(), b"<<" + PREDICTED + b"/Length 3>>stream\r\n" + up + b"\r\nendstream")
    yield "runs, and a comment in the dictionary", attached(
        b"/Type/EmbeddedFile%\n/Filter/RunLengthDecode", pdf.runs(data))
    yield "comment in the head", document(
        spec(), (b"5 % a\n0 % b\nobj % c\n", stream(PREDICTED, up)))
    yield "type that is none", attached(b"/Type/XObject/Subtype/Image" + PREDICTED, up)
    yield "key of a dictionary behind a reference", document(
        spec(ef=b" 6 0 R"), stream(PREDICTED, up), b"<</F 5 0 R>>")
    yield "bracket that was not open", attached(b"]" + PREDICTED, up)
    yield "name in hex with an end of line", attached(PREDICTED, up, name=b"<73657475702e6\n57865>")


def packed(data, pack_keys=FLATE, pack=zlib.compress, up=None):
    """What tells of the file lies in a stream of objects; the table is a stream with a predictor."""
    body = b"%PDF-1.7\n" + b"%d 0 obj" % 5 + stream(PREDICTED, up or predicted(data)) + b"\nendobj\n"
    objects = [(1, b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>>>"),
               (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
               (3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"), (4, spec())]
    body += b"6 0 obj" + pdf.packed_objects(objects, pack_keys, pack) + b"\nendobj\n"
    return pdf.cross_reference(body, {number: (6, place) for place, (number, _) in enumerate(objects)})


def other_forms(data):
    """As readers open them that qpdf is not, or where it does not take the file out by its name."""
    up, deflated = predicted(data), zlib.compress(data)
    yield "list of filters behind references", attached(
        b"/Filter 6 0 R/DecodeParms 7 0 R", up.hex().encode() + b">",
        b"[/ASCIIHexDecode 8 0 R]", b"[null 9 0 R]", b"/FlateDecode",
        b"<</Predictor 12/Columns 10 0 R>>", b"16")
    yield "short names of filters", attached(b"/Filter/Fl/DP<</Predictor 12/Columns 16>>", up)
    yield "filter twice", attached(b"/Filter/FlateDecode/Filter/ASCIIHexDecode", deflated)
    yield "filter twice, the other way", attached(b"/Filter/ASCIIHexDecode/Filter/FlateDecode", deflated)
    yield "filter three times", attached(PREDICTED + b"/Filter/ASCIIHexDecode" * 2, up)
    yield "number that goes on", attached(FLATE + b"/DecodeParms<</Predictor 12x/Columns 16>>", up)
    yield "brackets that cross", attached(b"/X[>>]" + PREDICTED, up)
    yield "more on the line of the word stream", document(
        spec(), b"<<" + PREDICTED + b"/Length %d>>stream more\r\n" % len(up) + up + b"\nendstream")
    zipped_runs = pdf.runs(zipped(("a.txt", b"\nendstream\n"), ("a.exe", data), method=zipfile.ZIP_STORED))
    yield "word behind the length", document(
        spec(), b"<</Filter/RunLengthDecode/Length %d>>stream\n" % len(zipped_runs) + zipped_runs +
        b"\nmore endstream")
    yield "no head", attached(PREDICTED, up)[9:]
    yield "head far away", b"junk\n" * 300 + attached(FLATE, deflated)
    yield "no head, and objects in a stream", packed(data)[9:]
    yield "annotation", document(
        stream(PREDICTED, up), spec(), catalog=b"/AF[5 0 R]").replace(
            b"/MediaBox", b"/Annots[<</Subtype/FileAttachment/Rect[0 0 1 1]/FS 5 0 R>>]/MediaBox"
        ).replace(b"/EF<</F 5 0 R>>", b"/EF<</F 4 0 R>>")
    yield "not reachable", document(stream(b"/Type/EmbeddedFile" + PREDICTED, up), catalog=b"")
    yield "no table of objects", attached(PREDICTED, up).split(b"xref\n")[0]
    yield "cut off", attached(PREDICTED, up).split(b"endstream")[0]
    yield "damaged sum", attached(PREDICTED, up[:-2] + b"??")
    yield "junk before", b"junk\n" * 150 + attached(PREDICTED, up)
    yield "replaced by an update", attached(PREDICTED, up) + (
        b"5 0 obj" + stream(b"", b"gone") + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    yield "filter replaced by an update", attached(b"/Filter 6 0 R", deflated, b"/ASCIIHexDecode") + (
        b"6 0 obj/FlateDecode endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    yield "filter as it was before an update", attached(b"/Filter 6 0 R", deflated, b"/FlateDecode") + (
        b"6 0 obj/ASCIIHexDecode endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    yield "filter between two updates", attached(b"/Filter 6 0 R", deflated, b"/ASCIIHexDecode") + (
        b"6 0 obj/FlateDecode endobj\n6 0 obj/ASCIIHexDecode endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    yield "within another stream", document(stream(
        b"", attached(PREDICTED, up)[9:].split(b"endobj\n4 0 obj")[1]), catalog=b"")
    yield "script with a predictor", document(
        b"<</S/JavaScript/JS 5 0 R>>", stream(PREDICTED, up), catalog=b"/OpenAction 4 0 R")
    yield "script with more on the line of the word stream", document(
        b"<</S/JavaScript/JS 5 0 R>>", b"<<" + PREDICTED + b">>stream %\n" + up + b"\nendstream",
        catalog=b"/OpenAction 4 0 R")
    yield "script that says it is a picture", document(
        b"<</S/JavaScript/JS 5 0 R>>", stream(b"/Subtype/Image" + FLATE, deflated),
        catalog=b"/OpenAction 4 0 R")
    yield "zip with the end of a stream in it", attached(b"", zipped(
        ("a.txt", b"\nendstream\nendobj\n"), ("a.exe", data), method=zipfile.ZIP_STORED))
    yield "zip with a predictor", attached(PREDICTED, predicted(zipped(("a.exe", data))))
    yield "PDF in a PDF", attached(PREDICTED, predicted(attached(PREDICTED, up)))
    yield "PDF in a zip", zipped(("a.pdf", attached(PREDICTED, up)))


def loose(data):
    """Streams that are no files, and that libclamav does not read as they stand there."""
    deflated = zlib.compress(data)
    for what, keys, coded in (
            ("predictor", PREDICTED, predicted(data)), ("LZW", b"/Filter/LZWDecode", pdf.lzw(data)),
            ("runs", b"/Filter/RunLengthDecode", pdf.runs(data)),
            ("comment", b"%>>\n" + FLATE, deflated), ("string", b"/X(>>stream)" + FLATE, deflated),
            ("nested filter", b"/X<</Filter/ASCIIHexDecode>>" + FLATE, deflated),
            ("picture in it", b"/X/Image" + FLATE, deflated),
            ("reference", b"/Filter 5 0 R", deflated)):
        yield f"no file, {what}", document(stream(keys, coded), b"/FlateDecode", catalog=b"")


def encrypted(data):
    """Without a password, for readers; with one for the owner."""
    source = attached(PREDICTED, predicted(data))
    for bits, *more in (("40",), ("128", "--use-aes=n"), ("128", "--use-aes=y"),
                        ("128", "--use-aes=y", "--cleartext-metadata"), ("256",),
                        ("256", "--force-R5")):
        what = " ".join([bits, "bits", *more])
        yield what, pdf.qpdf(source, "--encrypt", "", "secret", bits, *more, "--")
        if bits == "256":
            yield what + ", the owner's password is empty", pdf.qpdf(
                source, "--encrypt", "secret", "", bits, *more, "--allow-insecure", "--")
    for revision in (2, 3):
        yield f"revision {revision}, the owner's password is empty", pdf.owned(
            PREDICTED, predicted(data), revision)
    yield "256 bits, objects in streams", pdf.qpdf(
        source, "--object-streams=generate", "--encrypt", "", "o", "256", "--")


def encrypted_oddly(data):
    """As readers open it that qpdf is not."""
    for what, source in (("", attached(PREDICTED, predicted(data))), (", no filter", attached(b"", data))):
        aes = pdf.qpdf(source, "--encrypt", "", "secret", "128", "--use-aes=y", "--")
        # ISO 32000-2 table 20 has a method for files, which most readers do not look at.
        yield "files not by their method" + what, aes.replace(b"/StmF ", b"/EFF/Identity/StmF ")
        yield "length of the key in bytes" + what, pdf.qpdf(
            source, "--encrypt", "", "secret", "128", "--use-aes=n", "--").replace(
                b"/Length 128", b"/Length 16 ")
        # Another key in front of the right one, and behind it.
        other = pdf.qpdf(attached(b"", b"x"), "--encrypt", "", "other", "128", "--use-aes=y", "--")
        number, decoy = re.search(rb"/Encrypt (\d+) 0 R", aes)[1], other[other.rfind(b"<< /CF"):]
        decoy = b"\n%s 0 obj " % number + decoy[:decoy.find(b"endobj")] + b"endobj\n"
        yield "another key before" + what, aes[:9] + decoy + aes[9:]
        yield "another key after" + what, aes + decoy
        yield "another key in a trailer" + what, aes + decoy.replace(number + b" 0 obj", b"99 0 obj", 1) + (
            b"trailer<</Encrypt 99 0 R" + other[other.rfind(b"/ID"):other.rfind(b">>")] + b">>\n")


def inline_key(data):
    """Its dictionary of keys in the trailer itself, as mupdf writes it."""
    number = re.search(rb"/Encrypt (\d+) 0 R", data)[1]
    keys = re.search(rb"\n" + number + rb" 0 obj\s*(<<.*?>>)\s*endobj", data, re.S)[1]
    return data.replace(b"/Encrypt " + number + b" 0 R", b"/Encrypt" + keys)


def unread(data):
    """In files that libclamav says are encrypted, and that open without a password."""
    source = document(stream(FLATE, zlib.compress(data)), spec(), catalog=b"")
    for bits, *more in (("128", "--use-aes=n"), ("128", "--use-aes=y"), ("256",)):
        yield f"key in the trailer, {bits} bits {more}", inline_key(
            pdf.qpdf(source, "--encrypt", "", "secret", bits, *more, "--"))


def told_oddly(name):
    """What tells of a file, in ways that readers follow. The file is for all to see."""
    file = stream(b"", HONEST)
    yield "reference without a blank", document(spec(name, b"<</F 5 0R>>"), file)
    yield "reference with zeros", document(spec(name, b"<</F " + b"0" * 25 + b"5 0 R>>"), file)
    yield "between two updates", document(spec(name, b" 6 0 R"), file, b"<<>>") + (
        b"6 0 obj<</F 5 0 R>>endobj\n6 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    for what, keys, more in (("behind a reference", b"/Filter 8 0 R", b""),
                             ("which is there twice", b"/Filter 8 0 R", b"8 0 obj/Fl endobj\n")):
        body = b"%PDF-1.7\n5 0 obj" + file + b"\nendobj\n" + more
        body += b"6 0 obj" + pdf.packed_objects([(4, spec(name))], keys) + b"\nendobj\n"
        body += b"7 0 obj" + pdf.packed_objects([(8, FLATE[7:])]) + b"\nendobj\n"
        yield "objects with a filter " + what, body


def expect(what, answer, wanted, name=""):
    told = (answer["verdict"], answer.get("verdict_name", b"").decode())
    if told[0] != wanted or name not in told[1]:
        failures.append(what)
    print(f"{'FAIL' if what in failures else 'ok  '} {what:54} {told[0]:18} {told[1]}")


def inside(s, data):
    """The path that the log has for the content."""
    digest = "sha256=" + hashlib.sha256(data).hexdigest()[:16]
    s.wait_for(lambda: digest in s.log())
    return [line for line in s.log().splitlines() if digest in line][-1]


def expect_path(s, what, data, path):
    line = inside(s, data)
    if f'"{path}"' not in line:
        failures.append(what + ": path")
        print("FAIL", what, path, "is not in", line)


def all_forms(data):
    yield from plain_forms(data)
    yield from other_forms(data)
    yield "told in a stream of objects", packed(data)
    yield "told in one with a predictor", packed(
        data, PREDICTED, lambda body: zlib.compress(pdf.png(body, 16)))
    yield from loose(data)
    yield from encrypted(data)
    yield from encrypted_oddly(data)
    yield from unread(data)


def viruses(s):
    with tempfile.TemporaryDirectory(prefix="storehook-pdf-") as directory:
        for what, data in list(plain_forms(VIRUS)) + [("objects", packed(VIRUS))] + list(
                encrypted(VIRUS)):
            if pdf.extracted(data, directory) != VIRUS:
                failures.append(what + ": qpdf does not read it so")
    for what, data in all_forms(VIRUS):
        expect(what, s.scan(Memfd(data)), "infected", "ClamTestFile")
    for what in ("flate", "PNG predictor, up", "name in hex with an end of line"):
        expect_path(s, what, dict(plain_forms(VIRUS))[what], "setup.exe")
    expect_path(s, "packed", packed(VIRUS), "setup.exe")
    expect_path(s, "PDF in a PDF", dict(other_forms(VIRUS))["PDF in a PDF"], "setup.exe/setup.exe")


def rules(s):
    program, wide = b"MZ" + bytes(62) + b"No program. " * 30, b"<feff0061002e006a0073>"
    for what, data in all_forms(program):
        if "script" not in what:
            wanted = "suspicious" if what == "escaped names" else "blocked"
            expect(f"program: {what}", s.scan(Memfd(data)), wanted)
    for what, name in (("in UTF-16", wide), ("in letters", b"(a\\056js)"), ("with a path", b"(/C/x/a.js)")):
        data = attached(PREDICTED, predicted(HONEST), name=name)
        expect(f"name {what}", s.scan(Memfd(data)), "blocked", "scripts")
    expect_path(s, "name", attached(PREDICTED, predicted(HONEST), name=wide), "a.js")
    for what, data in told_oddly(b"(a.js)"):
        expect("told: " + what, s.scan(Memfd(data)), "blocked", "scripts")
    two = document(b"<</F(a.js)/UF(a.txt)/EF<</F 5 0 R>>>>", stream(b"", HONEST))
    expect("two names", s.scan(Memfd(two)), "blocked", "scripts")
    locked = pdf.qpdf(attached(PREDICTED, predicted(HONEST), name=b"(a.js)"), "--encrypt", "", "o", "128",
                      "--use-aes=y", "--")
    expect("name that is encrypted", s.scan(Memfd(locked)), "blocked", "scripts")


def honest(s):
    for what, data in all_forms(HONEST):
        expect(f"honest: {what}", s.scan(Memfd(data)), {**BY_LIBCLAMAV, **UNCLEAR}.get(what, "clean"))
    for path in sorted(glob.glob("/usr/share/**/*.pdf", recursive=True)):
        if "clamav" not in path:
            with open(path, "rb") as file:
                data = file.read()
            expect(path, s.scan(Memfd(data)), "clean")
            expect(f"{path}: by qpdf", s.scan(Memfd(pdf.qpdf(data, "--object-streams=generate"))),
                   "clean")


# It makes the rest worth reading.
FILE = b"7 0 obj<</Type/EmbeddedFile/EF 7 0 R>>stream\nx\nendstream endobj\n"


def limits(s):
    bomb = zlib.compress(bytes(400 << 20), 9)
    cases = {
        "bomb": attached(b"/Filter 6 0 R", bomb, b"/FlateDecode"),
        "bomb of objects": document(
            stream(b"/Type/ObjStm/N 1/First 4/Filter 5 0 R", bomb), b"/FlateDecode", catalog=b""),
        "bombs in a bomb": attached(b"/Filter[6 0 R 6 0 R]", zlib.compress(bomb), b"/FlateDecode"),
        "objects that do not end": b"%PDF-1.4\n" + b"1 0 obj<</A(" * 300000,
        # In one object: of objects libclamav's own list grows one by one.
        "files without number":
            b"%PDF-1.4\n1 0 obj[" + b"<</EF<</F 1 0 R>>>>" * 140000 + b"]endobj\n",
        "filter that nobody knows": attached(b"/Filter/Own", HONEST),
        "script with a filter that nobody knows": document(
            b"<</S/JavaScript/JS 5 0 R>>", stream(b"/Filter/Own", HONEST), catalog=b"/OpenAction 4 0 R"),
        "objects that cannot be unpacked": packed(HONEST, pack=bytes),
        "damage": attached(PREDICTED, predicted(HONEST)[:40] + bytes(40)),
        "too many filters": attached(b"/Filter[" + b"/ASCIIHexDecode" * 20 + b"]", HONEST),
        "comments without objects": b"%PDF-1.4\n" + b"%obj x\n" * 500000,
        "trailers in a comment": b"%PDF-1.4\n" + FILE + b"%" + b"trailer %" * 400000,
        "updates with a key of their own": b"%PDF-1.4\n" + FILE + (
            b"1 0 obj<</Type/XRef/Encrypt<</R 6/V 5/O(" + b"o" * 48 + b")/U(" + b"u" * 48 + b")/OE(" +
            b"e" * 32 + b")/UE(" + b"e" * 32 + b")>>>>stream\n") * 20000,
        "key of megabytes": (
            b"%PDF-1.4\n9 0 obj<</R 3/V 2/O(" + b"o" * 2000000 + b")/U(u)>>endobj\n" + FILE +
            b"1 0 obj<</Type/XRef/Encrypt 9 0 R>>stream\n" * 1000),
        "name of megabytes": (
            b"%PDF-1.4\n9 0 obj(\xfe\xff" + b"\0n" * 1000000 + b")endobj\n" + FILE +
            b"8 0 obj[" + b"<</EF<</F 7 0 R>>/F 9 0 R>>" * 20000 + b"]endobj\n"),
        "parameters of megabytes": (
            b"%PDF-1.4\n9 0 obj<<" + b"/A 1" * 500000 + b">>endobj\n" +
            b"5 0 obj<</Type/EmbeddedFile/Filter[" + b"/Fl" * 12 +
            b"]/DecodeParms 9 0 R>>stream\nx\nendstream endobj\n" * 2000),
    }
    buttons = b"6 0 obj<<" + b"/JS 5 0 R" * 65000 + b">>endobj\n"
    quick = {
        "arrays that do not end":
            b"%PDF-1.4\n1 0 obj" + b"[" * 1000000 + b"1 0 obj<</A" * 100000,
        "one script of many buttons": (
            b"%PDF-1.4\n5 0 obj<</Filter/ASCIIHexDecode>>stream\n" + b" " * 3000000 +
            b"\nendstream endobj\n" + buttons),
        "scripts of one number": b"%PDF-1.4\n" + b"5 0 obj<<>>stream\n" * 150000 + buttons,
    }
    # What tells of these first is what weighs the actions.
    weighed = {
        "scripts without end, the last first": b"%PDF-1.4\n" + b"".join(
            b"%d 0 obj<</Filter/Fl>>stream\n" % n for n in range(10, 50000)) + b"1 0 obj[" + b"".join(
                b"<</JS %d 0 R>>" % n for n in range(49999, 9, -1)) + b"]endobj",
        "one file of many actions": b"%PDF-1.4\n2 0 obj<<" + b"/X 1" * 500000 + b">>endobj\n1 0 obj[" +
            b"<</S/Launch/F 2 0 R>>" * 60000 + b"]endobj",
    }
    for what, data in [*cases.items(), *quick.items(), *weighed.items()]:
        start = s.worked()
        answer = s.scan(Memfd(data), deadline=20000)
        if what in cases:
            expect(what, answer, "not-fully-scanned", "PDF: ")
        elif what in weighed:
            expect(what, answer, "not-fully-scanned")
        else:
            expect(what, answer, "clean")
        took = s.worked() - start
        if took > 10:
            failures.append(f"{what}: took {took:.1f} s of a processor")
    locked = pdf.qpdf(attached(PREDICTED, predicted(HONEST)), "--encrypt", "u", "o", "256", "--")
    expect("password", s.scan(Memfd(locked)), "encrypted")
    expect("password, its key in the trailer", s.scan(Memfd(inline_key(pdf.qpdf(
        attached(PREDICTED, predicted(HONEST)), "--encrypt", "u", "o", "128", "--use-aes=y", "--")))),
        "encrypted")
    expect("password, and another key", s.scan(Memfd(dict(encrypted(HONEST))[
        "128 bits --use-aes=y"].replace(b"trailer", b"trailer<</Encrypt<</R 3/V 2/O(o)/U(u)>>>>\ntrailer"))),
        "encrypted")
    expect("password, and many updates", s.scan(Memfd(
        locked + locked[locked.rfind(b"trailer"):] * 400)), "encrypted")


def main():
    subprocess.run(["qpdf", "--version"], check=True, stdout=subprocess.DEVNULL)
    with Service("", start=False) as s:
        know_virus(s)
        s.write_config("[service]\ndeadline=20000\n")
        s.start()
        for part in (viruses, honest, limits):
            part(s)
    with Service("", start=False) as s:
        with open(s.directory + "/rules", "w", encoding="ascii") as out:
            out.write(RULES)
        s.write_config(f"[service]\ndeadline=20000\n[rules]\nfile={s.directory}/rules\n")
        s.start()
        rules(s)
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

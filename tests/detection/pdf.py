# SPDX-License-Identifier: GPL-2.0-or-later
"""PDFs with a file in them, written in every way that readers take, by Python and by qpdf."""
import base64
import hashlib
import os
import random
import subprocess
import tempfile
import zlib

from office_lock import rc4


def stream(keys, data, length=True):
    return b"<<" + keys + (b"/Length %d" % len(data) if length else b"") + b">>stream\n" + data + \
        b"\nendstream"


def document(*objects, catalog=b"/Names<</EmbeddedFiles<</Names[(a) 4 0 R]>>>>", trailer=b""):
    """From number 4 on; an object is its bytes, or (its head, its bytes). With a table of objects."""
    first = (b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
             b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, one in enumerate(first + objects, 1):
        head, body = one if isinstance(one, tuple) else (b"%d 0 obj" % number, one)
        places.append(len(out))
        out += head + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(places) + 1, trailer, table)


def spec(name=b"(setup.exe)", ef=b"<</F 5 0 R>>"):
    return b"<</Type/Filespec/F" + name + b"/UF" + name + b"/EF" + ef + b">>"


def attached(keys, data, *more, name=b"(setup.exe)"):
    return document(spec(name), stream(keys, data), *more)


# --- filters -------------------------------------------------------------------------

def png(data, columns, kind=2):
    """PNG predictors of one byte a sample (the PNG specification, 9.2)."""
    out, above = b"", bytes(columns)
    for at in range(0, len(data), columns):
        row = data[at:at + columns]
        left = bytes(1) + row[:-1]
        corner = bytes(1) + above[:-1]
        guess = {0: lambda a, b, c: 0, 1: lambda a, b, c: a, 2: lambda a, b, c: b,
                 3: lambda a, b, c: (a + b) // 2, 4: paeth}[kind]
        out += bytes([kind]) + bytes((x - guess(a, b, c)) % 256
                                     for x, a, b, c in zip(row, left, above, corner))
        above = row.ljust(columns, b"\0")
    return out


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def tiff(data, columns):
    return b"".join(row[:1] + bytes((x - y) % 256 for x, y in zip(row[1:], row)) for row in (
        data[at:at + columns] for at in range(0, len(data), columns)))


def tiff_4(data, columns):
    """The same with samples of four bits; `columns` of them are whole bytes."""
    out = b""
    for at in range(0, len(data), columns // 2):
        nibbles = [n for byte in data[at:at + columns // 2] for n in (byte >> 4, byte & 15)]
        coded = nibbles[:1] + [(x - y) % 16 for x, y in zip(nibbles[1:], nibbles)]
        out += bytes(a << 4 | b for a, b in zip(coded[::2], coded[1::2]))
    return out


def runs(data):
    out = b""
    for at in range(0, len(data), 128):
        out += bytes([len(data[at:at + 128]) - 1]) + data[at:at + 128]
    return out + b"\x80"


def lzw(data, early=1):
    bits, width, codes, have = [], 9, {bytes([i]): i for i in range(256)}, b""
    following = 258

    def put(code):
        bits.append(format(code, f"0{width}b"))
    put(256)
    for byte in data:
        one = have + bytes([byte])
        if one in codes:
            have = one
            continue
        put(codes[have])
        codes[one] = following
        following += 1
        if following + early > 1 << width:
            width += 1
        if following >= 4094:
            put(256)
            codes, following, width = {bytes([i]): i for i in range(256)}, 258, 9
        have = bytes([byte])
    put(codes[have])
    if following + 1 + early > 1 << width:
        width += 1
    put(257)
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at:at + 8], 2) for at in range(0, len(text), 8))


# --- qpdf ----------------------------------------------------------------------------

def qpdf(data, *options):
    """What qpdf makes of it, its streams left as they are."""
    with tempfile.TemporaryDirectory(prefix="storehook-pdf-") as directory:
        with open(directory + "/in.pdf", "wb") as file:
            file.write(data)
        done = subprocess.run(
            ["qpdf", "--allow-weak-crypto", "--decode-level=none", "--compress-streams=n",
             "--preserve-unreferenced", directory + "/in.pdf", *options, directory + "/out.pdf"],
            capture_output=True, check=False)
        assert done.returncode in (0, 3), done.stderr
        with open(directory + "/out.pdf", "rb") as file:
            return file.read()


PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def digest(data, often, size):
    for _ in range(often):
        data = hashlib.md5(data[:size] if len(data) == 16 else data).digest()
    return data[:size]


def rc4_often(key, data, often):
    for i in range(often):
        data = rc4(bytes(byte ^ i for byte in key), data)
    return data


def owned(keys, data, revision):
    """RC4; the user's password is `secret`, the owner's is empty (ISO 32000-1 7.6.3), which qpdf
    takes, and does not write."""
    size, often, times = (5, 1, 1) if revision == 2 else (16, 51, 20)
    user = (b"secret" + PAD)[:32]
    owner = rc4_often(digest(PAD, often, 16)[:size], user, times)
    key = digest(user + owner + b"\xff" * 4 + b"ID", often, size)
    check = rc4(key, PAD) if revision == 2 else rc4_often(
        key, hashlib.md5(PAD + b"ID").digest(), times).ljust(32, b"\0")

    def locked(number, text):
        return rc4(hashlib.md5(key + bytes([number, 0, 0, 0, 0])).digest()[:min(size + 5, 16)], text)
    return document(
        spec(b"<" + locked(4, b"setup.exe").hex().encode() + b">"), stream(keys, locked(5, data)),
        b"<</Filter/Standard/V %d/R %d/Length %d/P -1/O<%s>/U<%s>>>" % (
            revision - 1, revision, size * 8, owner.hex().encode(), check.hex().encode()),
        catalog=b"/Names<</EmbeddedFiles<</Names[<%s> 4 0 R]>>>>" % locked(1, b"a").hex().encode(),
        trailer=b"/Encrypt 6 0 R/ID[(ID)(ID)]")


def extracted(data, directory):
    """The file in it, as qpdf takes it out."""
    path = os.path.join(directory, "look.pdf")
    with open(path, "wb") as file:
        file.write(data)
    return subprocess.run(["qpdf", "--show-attachment=a", path], capture_output=True,
                          check=False).stdout


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def packed_objects(objects, keys=b"/Filter/FlateDecode", pack=zlib.compress):
    """A stream of objects: [(number, bytes)]."""
    body, places = b"", []
    for number, one in objects:
        places.append(b"%d %d " % (number, len(body)))
        body += one + b" "
    head = b"".join(places)
    return stream(b"/Type/ObjStm/N %d/First %d" % (len(objects), len(head)) + keys, pack(head + body))


def cross_reference(out, packed, root=b"1 0 R", encrypt=b""):
    """As a stream with a predictor, behind `out`. packed: {number: (pack, index)}."""
    places = {}
    at = 0
    while (at := out.find(b" 0 obj", at)) >= 0:
        start = out.rfind(b"\n", 0, at) + 1
        if out[start:at].isdigit():
            places[int(out[start:at])] = start
        at += 1
    me = max(list(places) + list(packed)) + 1
    places[me] = len(out)
    rows = b"\0" * 6
    for number in range(1, me + 1):
        if number in packed:
            rows += b"\2" + packed[number][0].to_bytes(4, "big") + bytes([packed[number][1]])
        else:
            rows += b"\1" + places[number].to_bytes(4, "big") + b"\0"
    table = stream(b"/Type/XRef/Size %d/W[1 4 1]/Root %s%s/Filter/FlateDecode/DecodeParms<</Predictor 12"
                   b"/Columns 6>>" % (me + 1, root, encrypt), zlib.compress(png(rows, 6)))
    return out + b"%d 0 obj" % me + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % places[me]


def base85(data):
    return base64.a85encode(data) + b"~>"

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that are two things at once, archives that lie about themselves, and bombs.

What is bad in them is found or they are called odd; all of it in bounded time and memory, with no
worker lost.
"""
import base64
import binascii
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../crash/scanner", HERE + "/../data"]
import office  # noqa: E402
from samples import FORMATS, VIRUS, know_virus, packer, rar5, zipped  # noqa: E402
from wire import EICAR, Memfd, Service  # noqa: E402

TEXT = b"An honest line of text, once more.\n" * 20
DEADLINE = 10000
QUICK = bool(os.environ.get("STOREHOOK_TEST_QUICK"))
failures = []


def local(name, crc, packed, size, method=8):
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, method, 0, 0x21, crc, packed, size,
                       len(name), 0) + name


def central(name, crc, packed, size, offset, method=8):
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, method, 0, 0x21, crc, packed,
                       size, len(name), 0, 0, 0, 0, 0, offset) + name


def end(count, size, offset):
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset,
                       0)


def deflated(data):
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return coder.compress(data) + coder.flush()


def overlapping(count=200, size=1 << 20):
    """As by David Fifield: each member quotes the heads of all that follow, and shares the rest."""
    kernel = bytes(size)
    names = [b"%05d" % number for number in range(count)]
    packed, plain_crc, plain_size = deflated(kernel), zlib.crc32(kernel), size
    body = local(names[-1], plain_crc, len(packed), size) + packed
    heads = [(names[-1], plain_crc, len(packed), size, len(body))]
    plain = kernel
    for name in reversed(names[:-1]):
        _, crc, length, unpacked, _ = heads[-1]
        quoted = local(heads[-1][0], crc, length, unpacked)
        plain = quoted + plain
        packed_size = 5 + len(quoted) + length
        head = local(name, zlib.crc32(plain), packed_size, len(plain))
        body = head + struct.pack("<BHH", 0, len(quoted), len(quoted) ^ 0xFFFF) + body
        heads.append((name, zlib.crc32(plain), packed_size, len(plain), len(body)))
    directory = b"".join(central(name, crc, length, unpacked, len(body) - at)
                         for name, crc, length, unpacked, at in reversed(heads))
    return body + directory + end(count, len(directory), len(body))


def one_for_many(count=500):
    """All entries of the directory point to one member."""
    data = deflated(bytes(1 << 20))
    head = local(b"a", zlib.crc32(bytes(1 << 20)), len(data), 1 << 20)
    directory = b"".join(central(b"%04d" % at, 0, len(data), 1 << 20, 0) for at in range(count))
    body = head + data
    return body + directory + end(count, len(directory), len(body))


def two_names(data):
    packed = deflated(data)
    body = local(b"letter.exe", zlib.crc32(data), len(packed), len(data)) + packed
    directory = central(b"letter.txt", zlib.crc32(data), len(packed), len(data), 0)
    return body + directory + end(1, len(directory), len(body))


def not_in_the_directory(data):
    packed, text = deflated(data), deflated(TEXT)
    body = local(b"a.exe", zlib.crc32(data), len(packed), len(data)) + packed
    at = len(body)
    body += local(b"b.txt", zlib.crc32(TEXT), len(text), len(TEXT)) + text
    directory = central(b"b.txt", zlib.crc32(TEXT), len(text), len(TEXT), at)
    return body + directory + end(1, len(directory), len(body))


def zip64(data, before=b""):
    """All numbers of the directory in their long form (APPNOTE.TXT 4.3.14, 4.5.3), and a member that
    it does not name."""
    packed, text, many = deflated(data), deflated(TEXT), 0xFFFFFFFF
    body = before + local(b"a.exe", zlib.crc32(data), len(packed), len(data)) + packed
    at = len(body) - len(before)
    body += local(b"b.txt", zlib.crc32(TEXT), len(text), len(TEXT)) + text
    extra = struct.pack("<HHQQQ", 1, 24, len(TEXT), len(text), at)
    entry = bytearray(central(b"b.txt", zlib.crc32(TEXT), many, many, many))
    entry[30:32] = struct.pack("<H", len(extra))
    entry += extra
    start = len(body) - len(before)
    body += entry + struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, len(entry), start)
    body += struct.pack("<IIQI", 0x07064B50, 0, start + len(entry), 1)
    return body + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, many, many, 0)


def behind_a_member(data, is_stored, is_streamed=False):
    """A member whose bytes end before the directory says so; another one stands in the rest."""
    packed, text = deflated(data), TEXT if is_stored else deflated(TEXT)
    hidden = local(b"a.exe", zlib.crc32(data), len(packed), len(data)) + packed
    head = bytearray(local(b"b.txt", zlib.crc32(TEXT), 0 if is_streamed else len(text),
                           0 if is_streamed else len(TEXT), 0 if is_stored else 8))
    head[6] |= 8 if is_streamed else 0
    body = bytes(head) + text + hidden
    directory = central(b"b.txt", zlib.crc32(TEXT), len(text) + len(hidden),
                        len(TEXT) + (len(hidden) if is_stored else 0), 0, 0 if is_stored else 8)
    return body + directory + end(1, len(directory), len(body))


def wrong_checksum(data):
    """Who unpacks it at all, with or without a word about the sum, gets these bytes."""
    packed = deflated(data)
    body = local(b"a.bin", 1, len(packed), len(data)) + packed
    directory = central(b"a.bin", 1, len(packed), len(data), 0)
    return body + directory + end(1, len(directory), len(body))


def contradicting(data, at, value, extra=b""):
    """A member of whose own head some bytes are others than in the directory."""
    packed = deflated(data)
    body = bytearray(local(b"a.txt", zlib.crc32(data), len(packed), len(data)) + packed)
    body[at:at + len(value)] = value
    directory = bytearray(central(b"a.txt", zlib.crc32(data), len(packed), len(data), 0))
    directory[30:32] = struct.pack("<H", len(extra))
    directory += extra
    return bytes(body) + bytes(directory) + end(1, len(directory), len(body))


def not_there():
    """The directory names a second member where none begins."""
    packed = deflated(TEXT)
    body = local(b"a.txt", zlib.crc32(TEXT), len(packed), len(TEXT)) + packed
    directory = b"".join(central(name, zlib.crc32(TEXT), len(packed), len(TEXT), at)
                         for name, at in ((b"a.txt", 0), (b"b.txt", 5)))
    return body + directory + end(2, len(directory), len(body))


def other_name(name):
    """APPNOTE.TXT 4.6.9, which programs prefer to the name that stands before it."""
    return struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"a.txt")) + name


def pax_size(data, size_in_head):
    """POSIX 1003.1 pax: the record before a head says how long the member is."""
    record = b"%d size=%d\n" % (len(b"00 size=\n") + len(str(len(data))), len(data))
    out = b""
    for kind, body, size in ((tarfile.XHDTYPE, record, len(record)),
                             (tarfile.REGTYPE, data, size_in_head)):
        head = tarfile.TarInfo("a.bin")
        head.type, head.size = kind, size
        out += head.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)
    return out + bytes(1024)


def old_tar(data, is_signed):
    """Without the word of POSIX, and the sum of signed bytes, as Sun once made it."""
    head = tarfile.TarInfo("x")
    head.size = len(data)
    head = bytearray(head.tobuf(tarfile.USTAR_FORMAT))
    head[0:100], head[257:512] = b"\xe4\xf6\xfc.txt".ljust(100, b"\0"), bytes(255)
    head[148:156] = b" " * 8
    total = sum(byte - 256 if is_signed and byte > 127 else byte for byte in head)
    head[148:156] = b"%06o\0 " % total
    return bytes(head) + data + bytes(-len(data) % 512) + bytes(1024)


def lzma_alone(data, **properties):
    chosen = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, **properties}
    return lzma.compress(data, lzma.FORMAT_ALONE, filters=[chosen])


def skipped(data):
    """RFC 8878 3.1.2: a frame that readers of zstd and lz4 pass over."""
    return b"\x53\x2a\x4d\x18" + struct.pack("<I", 5) + b"12345" + data


def ext():
    """The superblock that mke2fs writes for a disk of 2 MB, as far as it says anything."""
    block = struct.pack("<13I6H4I", 256, 2048, 102, 1911, 245, 1, 0, 0, 8192, 8192, 256, 0, 0x66000000,
                        0, 0xFFFF, 0xEF53, 1, 1, 0, 0x66000000, 0, 0, 1)
    return bytes(1024) + block + bytes(4096)


def fat():
    """As mkfs.fat begins a floppy disk, without the word that is only for show."""
    return (b"\xeb\x3c\x90mkfs.fat" + struct.pack("<HBHBHHBHHH", 512, 1, 1, 2, 224, 2880, 0xF0, 9, 18, 2)
            ).ljust(510, b"\0") + b"\x55\xaa" + bytes(4096)


def minix(version):
    with tempfile.NamedTemporaryFile(prefix="storehook-minix-") as file:
        file.truncate(1 << 20)
        subprocess.run(["/usr/sbin/mkfs.minix", "-" + version, file.name], capture_output=True,
                       check=True)
        return file.read()


def mac_binary(data, version=3):
    """The head of MacBinary, with the file behind it."""
    head = bytearray(128)
    head[1], head[2:7], head[65:69], head[83:87] = 5, b"a.exe", b"????", struct.pack(">I", len(data))
    if version == 3:
        head[102:106], head[122:124] = b"\0\0\0\0", b"\x82\x81"
        head[124:126] = struct.pack(">H", binascii.crc_hqx(bytes(head[:124]), 0))
    return bytes(head) + data + bytes(-len(data) % 128)


def arc(data):
    """A member as ARC 5 packs it: sign, kind, name, packed size, date, time, checksum, size."""
    return (b"\x1a\2" + b"A.TXT".ljust(13, b"\0") + struct.pack("<IHHHI", len(data), 0x2100, 0, 0,
                                                                 len(data)) + data + b"\x1a\0")


def pieces(command):
    """In the order of their names: out.z01 before out.zip."""
    with tempfile.TemporaryDirectory(prefix="storehook-pieces-") as directory:
        with open(directory + "/a.bin", "wb") as file:
            file.write(os.urandom(100000))
        subprocess.run(command.split(), cwd=directory, capture_output=True, check=True)
        out = []
        for name in sorted(name for name in os.listdir(directory) if name.startswith("out")):
            with open(f"{directory}/{name}", "rb") as file:
                out.append(file.read())
        return out


def within(make, depth):
    data = TEXT
    for _ in range(depth):
        data = make(data)
    return data


def uuencoded(data):
    return b"begin 644 a\n" + b"".join(binascii.b2a_uu(data[at:at + 45])
                                       for at in range(0, len(data), 45)) + b"`\nend\n"


def saved(data):
    return (b"<html><script>var d = atob('" + base64.b64encode(data)
            + b"'); var b = new Blob([d]); a.download = 'a';</script></html>")


def unknown_method():
    body = local(b"a.txt", zlib.crc32(TEXT), len(TEXT), len(TEXT), 77) + TEXT
    directory = central(b"a.txt", zlib.crc32(TEXT), len(TEXT), len(TEXT), 0, 77)
    return body + directory + end(1, len(directory), len(body))


def damaged():
    """A member that nobody can inflate: one time in twenty these changes only give other bytes."""
    while True:
        data = bytearray(zipped(("a.txt", os.urandom(500) + TEXT)))
        for at in range(60, 400):
            data[at] ^= 0x55
        try:
            zipfile.ZipFile(io.BytesIO(data)).read("a.txt")
        except zlib.error:
            return bytes(data)
        except zipfile.BadZipFile:
            pass


def zeros(gigabytes):
    """Deflated zeros, without making them: blocks that end on a byte are repeated."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = coder.compress(bytes(1 << 20)) + coder.flush(zlib.Z_FULL_FLUSH)
    block = coder.compress(bytes(1 << 20)) + coder.flush(zlib.Z_FULL_FLUSH)
    return first + block * ((gigabytes << 10) - 1) + b"\x03\x00"


def sparse_zip(gigabytes):
    packed = zeros(gigabytes)
    size = min(gigabytes << 30, 0xFFFFFFFF)
    body = local(b"disk.img", 0, len(packed), size) + packed
    directory = central(b"disk.img", 0, len(packed), size, 0)
    return body + directory + end(1, len(directory), len(body))


def forty_two():
    """Sixteen in each of sixteen in each ...: five floors, and 64 MB in each cellar."""
    data = zipped(("0.dll", bytes(64 << 20)))
    for floor in "page", "chapter", "book", "library", "lib":
        data = zipped(*((f"{floor} {number:x}.zip", data) for number in range(16)))
    return data


def tar(count):
    out = io.BytesIO()
    head = tarfile.TarInfo("x" * 9)
    text = b"text of a member".ljust(512, b"\0")
    for number in range(count):
        head.name, head.size = f"{number:06d}.txt", 16 if number % 4 == 0 else 0
        out.write(head.tobuf(tarfile.USTAR_FORMAT) + (text if head.size else b""))
    return out.getvalue() + bytes(1024)


def tar_gz(count):
    coder = zlib.compressobj(1, zlib.DEFLATED, 31)
    return coder.compress(tar(count)) + coder.flush()


def many_names(count):
    body = local(b"a", 0, 0, 0, 0)
    directory = b"".join(central(b"%06d.txt" % at, 0, 0, 0, 0, 0) for at in range(count))
    return body + directory + end(count, len(directory), len(body))


def packed_zeros(command, megabytes):
    return subprocess.run(command, shell=True, capture_output=True, check=True,
                          env={**os.environ, "MB": str(megabytes)}).stdout


def wants_memory():
    """LZMA that asks for a dictionary of 1 GB."""
    alone = lzma_alone(os.urandom(200))
    return alone[:1] + struct.pack("<IQ", 1 << 30, 1 << 34) + alone[13:]


def greedy_lzma(data):
    """A member that wants a dictionary of 4 GB, more than a worker may have, and needs none."""
    alone = lzma.compress(data, lzma.FORMAT_ALONE)
    packed = struct.pack("<BBH", 9, 4, 5) + alone[:1] + b"\xff" * 4 + alone[13:]
    member = b"x.com", zlib.crc32(data), len(packed), len(data)
    directory = central(*member, 0, 14)
    body = local(*member, 14) + packed
    return body + directory + end(1, len(directory), len(body))


def ask(s, what, data, *verdicts):
    began = time.monotonic()
    answer = s.scan(Memfd(data), deadline=DEADLINE, patience=DEADLINE / 1000 + 5)
    spent = time.monotonic() - began
    told = (answer["verdict"], answer.get("verdict_name", b"").decode())
    ok = told[0] in verdicts and spent < DEADLINE / 1000 + 4  # who is late is killed, and no answer comes
    if not ok:
        failures.append(what)
    print(f"{'ok  ' if ok else 'FAIL'} {what:46} {told[0]:18} {spent:5.1f} s  {told[1]}", flush=True)


def odd(s, virus):
    gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    page = b"<!DOCTYPE html><html><body>An honest page.</body></html>\n"
    program = b"MZ" + bytes(62) + b"This is no program, but it looks like one." * 9
    jar = [("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), ("A.class", virus)]
    for what, start in (("GIF", gif), ("PDF", pdf), ("HTML", page)):
        ask(s, f"{what} and zip: a virus", start + zipped(("a.exe", virus)), "infected")
        ask(s, f"{what} and zip: a program", start + zipped(("a.txt", program)), "blocked")
        ask(s, f"{what} and RAR: a virus", start + rar5([("a.exe", virus)]), "infected")
    ask(s, "GIF and jar", gif + zipped(*jar), "infected")
    ask(s, "zip: a virus not in its directory", not_in_the_directory(virus), "infected")
    ask(s, "zip64: a virus not in its directory", zip64(virus), "infected")
    ask(s, "GIF and zip64: the same", zip64(virus, gif), "infected")
    ask(s, "zip: a virus in a packed member's rest", behind_a_member(virus, False), "infected")
    ask(s, "zip: in that of a streamed one", behind_a_member(virus, False, True), "infected")
    ask(s, "zip: in that of a stored one", behind_a_member(virus, True), "infected")
    ask(s, "zip: behind an empty directory", zipped(("a.exe", virus)) + end(0, 0, 0), "infected")
    lost = bytearray(zipped(("a.txt", TEXT)))
    lost[:4] = b"none"
    ask(s, "zip: a first member without its sign", bytes(lost), "not-fully-scanned")
    ask(s, "zip: the same with a comment", bytes(lost[:-2]) + b"\7\0comment", "not-fully-scanned")
    for number, piece in enumerate(pieces("zip -q -s 64k out.zip a.bin"), 1):
        ask(s, f"zip in pieces: {number}", piece, "not-fully-scanned")
    cut = pieces("7zz a -bd -tzip -v40k out.zip a.bin")
    for what, piece in ("first", cut[0]), ("last", cut[-1]):
        ask(s, f"zip cut by 7-Zip: the {what}", piece, "not-fully-scanned")
    ask(s, "zip: a wrong checksum: a virus", wrong_checksum(virus), "infected")
    ask(s, "zip: a wrong checksum: a text", wrong_checksum(TEXT), "clean")
    ask(s, "zip: two names for one member", two_names(TEXT), "suspicious")
    ask(s, "zip: one member for 500 names", one_for_many(), "suspicious", "not-fully-scanned")
    ask(s, "zip: overlapping members", overlapping(), "suspicious", "not-fully-scanned")
    ask(s, "zip: a member that ends too soon in its head",
        contradicting(virus, 18, struct.pack("<II", 10, 10)), "suspicious")
    ask(s, "zip: a lock in its head alone", contradicting(virus, 6, b"\1"), "suspicious")
    ask(s, "zip: another name behind", contradicting(TEXT, 0, b"", other_name(b"a.js")), "suspicious")
    ask(s, "zip: the same name behind", contradicting(TEXT, 0, b"", other_name(b"\xc3\xa4.TXT")),
        "clean")
    ask(s, "zip: sizes behind the member", FORMATS["zip streamed"][0]([("a.txt", TEXT)]), "clean")
    ask(s, "zip: a member that is not there", not_there(), "not-fully-scanned")
    for size in 0, 10:
        ask(s, f"tar: {size} bytes by its head", pax_size(virus, size), "infected")
    ask(s, "tar: the size twice, a text", pax_size(TEXT, len(TEXT)), "clean")
    for is_signed in False, True:
        what = "signed" if is_signed else "unsigned"
        ask(s, f"tar of old, a sum of {what} bytes", old_tar(virus, is_signed), "infected")
        ask(s, f"tar of old, {what}: a text", old_tar(TEXT, is_signed), "clean")
    file = [("a.txt", TEXT)]
    ask(s, "RAR: a stream", rar5(file, streams=[("a.exe", virus)]), "infected")
    ask(s, "RAR: a stream that is elsewhere", rar5(file, streams=[("..\\..\\a.lnk", TEXT)]),
        "not-fully-scanned")
    ask(s, "RAR: a large stream that is packed", rar5(file, streams=[("a", os.urandom(3000))], method=1),
        "not-fully-scanned")
    ask(s, "RAR: where it comes from", rar5(file, streams=[("Zone.Identifier", b"[ZoneTransfer]\r\n" * 9)],
                                            method=3), "clean")
    for kind in "zstd", "lz4", "tar.zst":
        ask(s, f"{kind} behind a frame to skip", skipped(FORMATS[kind][0]([("a", virus)])), "infected")
    ask(s, "a frame to skip alone", skipped(TEXT), "clean")
    for properties in {"lc": 4}, {"lc": 0, "lp": 4, "pb": 4}, {"dict_size": 3 << 20}:
        ask(s, f"lzma: {properties}", lzma_alone(virus, **properties), "infected", "not-fully-scanned")
    ask(s, "disk: ext4", ext(), "not-fully-scanned")
    ask(s, "disk: FAT", fat(), "not-fully-scanned")
    for version in "123":
        ask(s, f"disk: minix {version}", minix(version), "not-fully-scanned")
    hybrid = packer("genisoimage -quiet -hfs -hide *.exe -o % .")([("a.exe", virus), ("a.txt", TEXT)])
    ask(s, "disk: HFS beside ISO 9660", hybrid, "not-fully-scanned")
    ask(s, "disk: HFS alone", bytes(1024) + hybrid[1024:32768] + bytes(8192), "not-fully-scanned")
    for what, at, sign in (("Btrfs", 65600, b"_BHRfS_M"), ("ReiserFS", 65588, b"ReIsEr2Fs"),
                           ("F2FS", 1024, b"\x10\x20\xf5\xf2"), ("EROFS", 1024, b"\xe2\xe1\xf5\xe0"),
                           ("JFS", 32768, b"JFS1"), ("ReFS", 3, b"ReFS\0\0\0\0"),
                           ("sparse, of a Mac", 0, b"sprs\0\0\0\3")):
        ask(s, f"disk: {what}", bytes(at) + sign + bytes(4000), "not-fully-scanned")
    ask(s, "ARC", arc(TEXT), "not-fully-scanned")
    ask(s, "no ARC", b"\x1a\x08No archive" + TEXT, "clean")
    for what, at, sign in (("AFF", 0, b"AFF10\r\n\0"), ("EnCase 7", 0, b"EVF2\r\n\x81\0"),
                           ("disk of ESX", 0, b"COWD\1\0\0\0"), ("partitions", 512, b"EFI PART"),
                           ("Ghost", 0, b"\xfe\xef\1"), ("ALZip", 0, b"ALZ\1"), ("EGG", 0, b"EGGA\0\1"),
                           ("SQX", 7, b"-sqx-"), ("LHA of CP/M", 2, b"-pm2-"),
                           ("Access", 4, b"Standard ACE DB\0")):
        ask(s, what, b"\1" * at + sign + os.urandom(2000), "not-fully-scanned")
    ask(s, "CHM in which libclamav finds nothing", b"ITSF\3\0\0\0\x60" + os.urandom(2000),
        "not-fully-scanned")
    ask(s, "PGP disk", b"PGPdMAIN" + os.urandom(2000), "encrypted")
    ask(s, "MacBinary", mac_binary(virus), "infected")
    ask(s, "MacBinary of version 1", mac_binary(virus, 1), "infected")
    ask(s, "MacBinary: a text", mac_binary(TEXT), "clean")
    ask(s, "PEA", b"\xea\1\5\0\0\0\0\0\0\0POD\0" + os.urandom(200), "not-fully-scanned")
    for what, sign in (("FreeArc", b"ArC\1"),
                       ("UHARC", b"UHA\6"), ("rzip", b"RZIP\2"), ("KWAJ", b"KWAJ\x88\xf0\x27\xd1"),
                       ("LZFSE", b"bvx2"), ("snappy", b"\xff\6\0\0sNaPpY")):
        ask(s, what, sign + os.urandom(200), "not-fully-scanned")
    ask(s, "disk: VDI", bytes(64) + b"\x7f\x10\xda\xbe" + bytes(400), "not-fully-scanned")
    ask(s, "disk: UDF behind 20 descriptors", bytes(32768) + b"".join(
        sign.ljust(2048, b"\0") for sign in (b"\2CD001\1",) * 20 + (b"\0BEA01\1", b"\0NSR02\1")),
        "not-fully-scanned")
    ask(s, "folders of Outlook", b"!BDN" + bytes(4) + b"SM" + bytes(900), "not-fully-scanned")
    ask(s, "zip: an unknown method", unknown_method(), "not-fully-scanned")
    ask(s, "zip: a damaged member", damaged(), "not-fully-scanned")
    ask(s, "zip: without its directory", zipped(("a.exe", virus))[:-60], "infected",
        "not-fully-scanned")
    ask(s, "zip in a zip: a damaged member", zipped(("a.zip", damaged())), "not-fully-scanned")
    ask(s, "gzip: cut", FORMATS["gzip"][0]([("a", os.urandom(900))])[:200], "not-fully-scanned",
        "clean")
    cut = FORMATS["zstd"][0]([("a", os.urandom(900))])[:200]
    ask(s, "zstd: cut", cut, "not-fully-scanned")
    ask(s, "zstd: cut, behind a page that may hold it", FORMATS["tar.zst"][0]([
        ("a.html", saved(cut)), ("b.zst", cut)]), "not-fully-scanned")


def drawing(data, line_end):
    """A drawing as Word writes it: a package in an attribute, in lines of 76."""
    coded = base64.b64encode(data).decode()
    lines = line_end.join(coded[at:at + 76] for at in range(0, len(coded), 76))
    return f'<v:shape\no:gfxdata="{lines}"><p>text</p></v:shape>'.encode()


def drawn(data, line_end):
    """A document with one."""
    return zipped(("[Content_Types].xml", b"<?xml version='1.0'?><Types/>"), ("word/document.xml", (
        b"<?xml version='1.0'?><w:document xmlns:w='w' xmlns:v='v' xmlns:o='o'>" +
        drawing(data, line_end) + b"</w:document>")))


def page_drawn(data, line_end):
    return b"<html xmlns:v='v' xmlns:o='o'>\n<body>" + drawing(data, line_end) + b"</body></html>\n"


def formula():
    """A document of Office with a formula, whose stream begins as a file of lzma may (MTEF)."""
    return office.compound({"Equation Native": struct.pack(
        "<HIHIIII", 28, 0x20000, 0xC2EC, 85, 0, 0x14CCD0, 0x14D50C).ljust(28, b"\0") +
        bytes.fromhex("030101030a0a0112837900") + bytes(range(74))})


def plain():
    """A package with a member in plain text, of which some lines end as in quoted-printable."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        package.writestr("meta.xml", b"<?xml version='1.0'?>\n" + b"<meta generator=\n'one'/>\n" * 80)
        package.writestr("content.xml", b"<?xml version='1.0'?>\n<content/>\n" * 9, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def beyond():
    """A document of Office with a stream that is longer than all of it, of which libgsf complains."""
    data = bytearray(office.compound({"Stream": TEXT}))
    at = data.find("Stream".encode("utf-16le")) + 120
    data[at:at + 4] = struct.pack("<I", 1 << 30)
    return bytes(data)


def hangul():
    """A document of Hangul Word that tells of more fonts than it may have."""
    head = b"HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05".ljust(30 + 128 + 1008, b"\0")
    return head + b"\0\xd0" * 200


def kotlin(data=b""):
    """The head of what the compiler of Kotlin puts into each archive, which may be that of LZMA:
    numbers of its version, and the first of its tables."""
    return struct.pack(">5I", 3, 1, 0, 6, 0x0A320A06)[:18] + b"\x0a\x06kotlin\x0a\x07reflect" + data


def drawing_of_windows(size):
    """An EMF with a head of that size ([MS-EMF] 2.3.4.2), whose numbers may be those of LZMA."""
    return struct.pack("<II8i4sIIIHHIIIiiii", 1, size, 0, 0, 5007, 5007, 0, 0, 10599, 10599, b" EMF",
                       0x10000, 700, 23, 2, 0, 98, 108, 0, 10205, 13181, 216, 279).ljust(size, b"\0") + \
        struct.pack("<3I", 0x11, 12, 1) * 30


def letters_of_font():
    """Which letters a PDF of XeTeX has of a font: bits, most of them zero."""
    return b"\0\0\0\0\x80\x40\x40".ljust(35, b"\0") + b"\x10"


def mails(count, last=b"Text.\n"):
    """An archive of a mailing list, of which libclamav takes each mail for a part of the one before."""
    head = (b"From a@example.org Mon Nov 30 10:00:00 2026\nReceived: from a (a [192.0.2.1]) by b; Mon, 30 "
            b"Nov 2026 10:00:00 +0000\nFrom: a@example.org\nSubject: s\nMIME-Version: 1.0\n"
            b"Content-Type: text/plain\nContent-Transfer-Encoding: ")
    return (head + b"8bit\n\nText.\n\n") * count + head + b"base64\n\n" + base64.encodebytes(last)


def escaped(data):
    """An archive of programs, one of which has an escape of ISO-2022-JP in it."""
    return FORMATS["ar"][0]([("a.o", data + b"\x1b(B\0"), ("b.o", data)])


def hexadecimal():
    """A program in PostScript: a picture in which much is like its neighbour, and words."""
    lines = b"".join(b"gsave image <%s> show\n" % (b"%02x" % (at % 96 + 32) * 40) for at in range(600))
    return b"%!PS-Adobe-3.0\n" + lines


def honest(s):
    """What honest programs write, which looks odd."""
    ask(s, "metadata of Kotlin", kotlin(bytes(range(100))), "clean")
    ask(s, "metadata of Kotlin in a zip", zipped(("META-INF/a.kotlin_module", kotlin(TEXT))), "clean")
    for size in range(0x104, 0x204, 4):
        if size & 0xFF in (4, 8, 0xC, 0x10, 0x18, 0x20, 0x30, 0x40, 0x60, 0x80, 0xC0):
            ask(s, f"EMF with a head of {size}", drawing_of_windows(size), "clean")
    ask(s, "bits for letters of a font", letters_of_font(), "clean")
    damaged_late = bytearray(lzma_alone(bytes(range(256)) + EICAR))
    damaged_late[200] ^= 0x55
    ask(s, "lzma that is damaged behind its beginning", bytes(damaged_late), "not-fully-scanned")
    ask(s, "settings of setuptools", b"[aliases]\ntest=pytest\n" * 40, "clean")
    ask(s, "settings of setuptools in a tar", FORMATS["tar.gz"][0]([("setup.cfg", b"[aliases]\na=b\n")]),
        "clean")
    for kind in "tar", "tar v7":
        ask(s, f"{kind} that begins as settings do", FORMATS[kind][0]([("[aliases]", EICAR)]), "infected")
    ask(s, "sequences of DNA", b">one\n" + b"cccattcactggtgaatttgcctccattcactggtgaatttgcctacc\n" * 4, "clean")
    ask(s, "cpio in base64", base64.encodebytes(FORMATS["cpio binary"][0]([("a.com", EICAR)])), "infected")
    for kind in "gzip", "bzip2", "xz", "zstd", "lz4", "lzip":
        ask(s, f"{kind}: an empty file", FORMATS[kind][0]([("a", b"")]), "clean")
    for kind in "zstd", "lz4", "lzip":
        ask(s, f"{kind}: damaged at once", FORMATS[kind][0]([("a", TEXT)])[:8] + b"\xff" * 40,
            "not-fully-scanned")
    ask(s, "archive of mails", mails(40), "clean")
    ask(s, "archive of mails in a zip", zipped(("a.mbox", mails(40))), "clean")
    ask(s, "archive of mails with a bad one", mails(40, EICAR), "infected")
    ask(s, "archive of mails with a bad one in a zip", zipped(("a.mbox", mails(40, EICAR))), "infected")
    ask(s, "archive of programs with an escape", escaped(bytes(range(256))[:27] * 9), "clean")
    ask(s, "archive of programs with an escape, a bad one", escaped(EICAR), "infected")
    ask(s, "page with an escape that begins as an archive",
        b"!<arch>\n<html>" + EICAR[:9] + b"\x1b(B" + EICAR[9:], "infected")
    ask(s, "PostScript of 600 texts", hexadecimal(), "clean")
    ask(s, "PostScript of texts with a bad one", hexadecimal() + b"<" + EICAR.hex().encode() + b">\n",
        "infected")
    package = zipped(("[Content_Types].xml", b"<Types/>" * 9), ("drs/e2oDoc.xml", os.urandom(500)))
    infected = zipped(("[Content_Types].xml", b"<Types/>" * 9), ("drs/e2oDoc.xml", EICAR))
    for what, line_end in (("references", "&#xA;"), ("decimal references", "&#13;&#010;"),
                           ("line ends", "\r\n"), ("blanks", " ")):
        for where, make in (("document", drawn), ("page", page_drawn)):
            ask(s, f"{where} with a drawing, {what}", make(package, line_end), "clean")
            ask(s, f"{where} with a bad drawing, {what}", make(infected, line_end), "infected")
    ask(s, "package in plain text", plain(), "clean")
    ask(s, "document with a stream beyond its end", beyond(), "clean")  # and nothing in the log
    ask(s, "formula of Office", formula(), "clean")
    ask(s, "formula of Office in a zip", zipped(("a.doc", formula())), "clean")
    ask(s, "table of Project", office.compound({"Var2Data": struct.pack("<14I", 56, 1, 0x100, *(11 * [0])) * 2}),
        "clean")
    alone = lzma_alone(EICAR)
    ask(s, "lzma that tells of more than it can have", alone[:5] + struct.pack("<Q", 1 << 35) + alone[13:],
        "not-fully-scanned")


def bombs(s):
    many, gigabytes = (20000, 2) if QUICK else (100000, 10)
    ask(s, "42 zips in 16 each", forty_two(), "not-fully-scanned", "suspicious")
    ask(s, f"zip of {gigabytes} GB", sparse_zip(gigabytes), "not-fully-scanned")
    ask(s, f"zip of {gigabytes} GB in a zip", zipped(("a.zip", sparse_zip(gigabytes))), "not-fully-scanned")
    ask(s, "zstd of 1 GB", packed_zeros("head -c ${MB}M /dev/zero | zstd -q -c",
                                        256 if QUICK else 1024), "not-fully-scanned")
    ask(s, "zstd in zstd in zstd", packed_zeros(
        "head -c ${MB}M /dev/zero | zstd -q -c | zstd -q -c | zstd -q -c", 256),
        "not-fully-scanned")
    ask(s, "document of Hangul Word that libclamav does not read", hangul(), "not-fully-scanned")
    ask(s, "xz of 256 MB", packed_zeros("head -c ${MB}M /dev/zero | xz -0 -c", 256),
        "not-fully-scanned")
    ask(s, "lzma that wants 1 GB", wants_memory(), "not-fully-scanned")
    # Where a worker has no limit (a sanitizer), it is found.
    ask(s, "zip with lzma that wants 4 GB", greedy_lzma(EICAR), "not-fully-scanned", "infected")
    ask(s, f"tar.gz of {many} members", tar_gz(many), "not-fully-scanned")
    ask(s, f"tar.zst of {many} members", subprocess.run(
        ["zstd", "-q", "-c"], input=tar(many), capture_output=True, check=True).stdout,
        "not-fully-scanned")
    ask(s, f"zip of {many} names", many_names(many), "not-fully-scanned", "suspicious")


def worked(s, data):
    before = s.worked()
    s.scan(Memfd(data), deadline=DEADLINE)
    return s.worked() - before


def cheap(s):
    """What is built to be dear, beside as many bytes that look much like it."""
    size = (1 if QUICK else 4) << 20

    def filled(line, start=b""):
        return start + line * (size // len(line))
    mail, field = b"From: a@b\r\nTo: b@c\r\nSubject: s\r\n", b"Content-Transfer-Encoding: base64\r\n"
    instructions = filled("<?\u2039?".encode(), b"<?xml version='1.0'?><w:wordDocument>")
    changes = b"".join(b"x.replace(/%c%c/g,'a');" % (at, at + 1) for at in range(97, 113))
    text = b"<html><script>%ss='" + b"!{" * (1 << 20) + b"'</script></html>"
    archive = b"Content-Type: a/b; name*0=a\r\n\r\nMIME-Version: 1.0\r\n" * 430
    for what, data, beside, times in (
            ("web archives within web archives", archive, b"From: a@b\r\n\r\nReceived: a\r\n" * 850, 3),
            ("a text in which a page replaces much", text % changes, text % b"", 6),
            ("mails within mails", filled(field + b"\r\n", mail), filled(field, mail), 40),
            ("uuencode within uuencode", within(uuencoded, 11), within(uuencoded, 5), 30),
            ("pages within pages", within(saved, 12), within(saved, 6), 30),
            ("SYLK of short lines", filled(b"X\n", b"ID;P\n"), filled(b"X\n"), 3),
            ("XML of wrong instructions", instructions, instructions.replace(b"<?", b"? "), 5)):
        spent, other = worked(s, data), worked(s, beside)
        if spent > other * times:
            failures.append(what)
        print(f"{'FAIL' if what in failures else 'ok  '} {what:46} {spent:5.2f} s  {other:5.2f} s beside it")


def main():
    with Service("", start=False) as s:
        rules = s.directory + "/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write("[rule programs]\ntype=application/x-dosexec\n")
        know_virus(s)
        s.write_config(f"[service]\nbackground-deadline={DEADLINE}\n[rules]\nfile={rules}\n")
        s.start()
        odd(s, VIRUS)
        honest(s)
        bombs(s)
        cheap(s)
        workers = s.status()["workers"]
        print(workers)
        if workers["crashed"] or workers["killed-at-deadline"]:
            failures.append(f"workers lost: {workers}")
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

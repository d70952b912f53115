# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives of every kind that Debian's packers make, and some that are written here.

Each maker takes a list of (name, bytes) and returns the archive's bytes. The packers are run in a
scratch directory with the files in it.
"""
import binascii
import io
import os
import struct
import subprocess
import tempfile
import zipfile
import zlib

SAMPLES = "/usr/share/clamav-testfiles"


def file_bytes(path):
    with open(path, "rb") as file:
        return file.read()


# A program that only know_virus() makes known: it is found as a whole file, or not at all.
VIRUS = file_bytes(SAMPLES + "/clam.exe")


def know_virus(service):
    with open(service.signatures + "/clam.hdb", "w", encoding="ascii") as out:
        out.write("aa15bcf478d165efd2065190eb473bcb:544:Test.ClamTestFile\n")


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def packed(command, files, result="out"):
    """What a packer makes of the files; @ stands for their names, % for the result."""
    with tempfile.TemporaryDirectory(prefix="storehook-pack-") as directory:
        inside = directory + "/in"
        out = f"{directory}/{result}"
        for name, data in files:
            path = f"{inside}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        words = []
        for word in command.split():
            words += [name for name, _ in files] if word == "@" else [word.replace("%", out)]
        done = subprocess.run(words, cwd=inside, stdin=subprocess.DEVNULL, capture_output=True,
                              check=False)
        assert done.returncode == 0, (command, done.stdout[-500:], done.stderr[-500:])
        stdout = done.stdout
        if "%" in command:
            with open(out, "rb") as file:
                return file.read()
        return stdout


def packer(command, result="out"):
    return lambda files: packed(command, files, result)


def cpio(kind):
    def make(files):
        with tempfile.TemporaryDirectory(prefix="storehook-pack-") as directory:
            for name, data in files:
                with open(f"{directory}/{name}", "wb") as file:
                    file.write(data)
            names = "\n".join(name for name, _ in files).encode() + b"\n"
            return subprocess.run(["cpio", "-o", "-H", kind], cwd=directory, input=names,
                                  capture_output=True, check=True).stdout
    return make


def compressed(command):
    """A program that packs one stream: the first file alone."""
    return lambda files: subprocess.run(command.split(), input=files[0][1], capture_output=True,
                                        check=True).stdout


def rar4(files, password=None):
    """Stored, after the RAR 4 technote: CRC-16, type, flags, size of each head. With a password on
    "data" each file has its flag and salt and bytes that nobody can read; on "heads" all that
    follows the main head is salt and noise."""
    def block(kind, flags, rest, data=b""):
        head = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data
    out = b"Rar!\x1a\x07\x00" + block(0x73, 0x80 if password == "heads" else 0, bytes(6))
    for name, data in files:
        name = name.encode()
        salt, flags = b"", 0x8000
        if password:
            salt, flags = os.urandom(8), 0x8404  # LHD_PASSWORD, LHD_SALT
        secret = os.urandom(-(-len(data) // 16) * 16) if password else data
        rest = struct.pack("<IIBIIBBHI", len(secret), len(data), 2, zlib.crc32(data), 0x5A5A5A5A, 29,
                           0x30, len(name), 0x20) + name + salt
        part = block(0x74, flags, rest, secret)
        out += os.urandom(8 + -(-len(part) // 16) * 16) if password == "heads" else part
    return out if password == "heads" else out + block(0x7B, 0x4000, b"")


def rar5(files, password=None, streams=(), method=0):
    """Stored, after the RAR 5 technote: CRC-32, then numbers of 7 bits a byte. With a password on
    "data" each file has the record that says how it is encrypted, on "heads" a head of type 4 says
    that all that follows is. The streams of NTFS, (name, bytes), are behind the last file; their heads
    say that they are packed by this method."""
    def number(value):
        out = b""
        while value > 127:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])

    def block(body, data=b""):
        body = number(len(body)) + body
        return struct.pack("<I", zlib.crc32(body)) + body + data
    out = b"Rar!\x1a\x07\x01\x00"
    if password == "heads":
        out += block(number(4) + number(0) + number(0) + number(1) + bytes([15]) + os.urandom(16)
                     + os.urandom(12))
        return out + os.urandom(16 * 20)
    out += block(number(1) + number(0) + number(0))
    for name, data in files:
        name, extra = name.encode(), b""
        if password:
            extra = number(1) + number(0) + number(1) + bytes([15]) + os.urandom(44)
            extra = number(len(extra)) + extra
            data = os.urandom(-(-len(data) // 16) * 16)
        body = number(2) + number(3 if extra else 2) + (number(len(extra)) if extra else b"")
        body += (number(len(data)) + number(4) + number(len(data)) + number(0)
                 + struct.pack("<I", zlib.crc32(data)) + number(0) + number(1) + number(len(name))
                 + name + extra)
        out += block(body, data)
    for name, data in streams:
        extra = number(7) + b":" + name.encode()
        extra = number(len(extra)) + extra
        out += block(number(3) + number(0x23) + number(len(extra)) + number(len(data)) + number(0)
                     + number(len(data) * (1 + method)) + number(0) + number(method << 7) + number(1)
                     + number(3) + b"STM" + extra, data)
    return out + block(number(5) + number(0) + number(0))


def binhex(files):
    """RFC 1741, of the first file."""
    name, data = files[0]
    head = bytes([len(name)]) + name.encode() + b"\0" + b"????????" + b"\0\0"
    head += struct.pack(">II", len(data), 0)

    def with_crc(part):
        return part + struct.pack(">H", binascii.crc_hqx(part + b"", 0))
    raw = (with_crc(head) + with_crc(data) + with_crc(b"")).replace(b"\x90", b"\x90\0")
    letters = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    bits, out = "".join(f"{byte:08b}" for byte in raw), bytearray()
    bits += "0" * (-len(bits) % 6)
    for at in range(0, len(bits), 6):
        out.append(letters[int(bits[at:at + 6], 2)])
    text = b":" + bytes(out) + b":"
    lines = b"\r\n".join(text[at:at + 64] for at in range(0, len(text), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n" + lines + b"\r\n"


def tnef(files):
    """MS-OXTNEF: a message with one attachment for each file."""
    def attribute(level, tag, data):
        return (struct.pack("<BII", level, tag, len(data)) + data
                + struct.pack("<H", sum(data) & 0xFFFF))
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += attribute(1, 0x00089006, struct.pack("<I", 0x00010000))  # attTnefVersion
    for name, data in files[:1]:
        out += attribute(2, 0x00069002, struct.pack("<HIHHHH", 1, 0xFFFFFFFF, 0, 0, 0, 0)
                         )  # attAttachRenddata
        out += attribute(2, 0x00018010, name.encode() + b"\0")  # attAttachTitle
        out += attribute(2, 0x0006800F, data)  # attAttachData
    return out


def szdd(files):
    """MS-DOS compress.exe, with literals alone."""
    data = files[0][1]
    out = b"SZDD\x88\xf0\x27\x33A\0" + struct.pack("<I", len(data))
    for at in range(0, len(data), 8):
        out += b"\xff" + data[at:at + 8]
    return out


# name: (maker, keeps file names)
FORMATS = {
    "zip": (packer("zip -q % @", "out.zip"), True),
    "zip stored": (packer("zip -q -0 % @", "out.zip"), True),
    "zip bzip2": (packer("7zz a -bd -tzip -mm=bzip2 % @", "out.zip"), True),
    "zip deflate64": (packer("7zz a -bd -tzip -mm=deflate64 % @", "out.zip"), True),
    "zip lzma": (packer("7zz a -bd -tzip -mm=lzma % @", "out.zip"), True),
    "zip ppmd": (packer("7zz a -bd -tzip -mm=ppmd % @", "out.zip"), True),
    "zip xz": (packer("7zz a -bd -tzip -mm=xz % @", "out.zip"), True),
    "zip streamed": (packer("zip -q - @"), True),
    "7z": (packer("7zz a -bd -t7z % @", "out.7z"), True),
    "7z ppmd": (packer("7zz a -bd -t7z -m0=ppmd % @", "out.7z"), True),
    "7z bzip2": (packer("7zz a -bd -t7z -m0=bzip2 % @", "out.7z"), True),
    "7z not solid": (packer("7zz a -bd -t7z -ms=off % @", "out.7z"), True),
    "tar": (packer("tar -cf % @"), True),
    "tar v7": (packer("tar -cf % --format=v7 @"), True),
    "tar pax": (packer("tar -cf % --format=posix @"), True),
    "tar.gz": (packer("tar -czf % @"), True),
    "tar.bz2": (packer("tar -cjf % @"), True),
    "tar.xz": (packer("tar -cJf % @"), True),
    "tar.zst": (packer("tar --zstd -cf % @"), True),
    "tar.lz": (packer("tar --lzip -cf % @"), True),
    "tar.lzma": (packer("tar --lzma -cf % @"), True),
    "tar.Z": (packer("tar -Zcf % @"), True),
    "tar.lz4": (packer("bsdtar --lz4 -cf % @"), True),
    "gzip": (compressed("gzip -c"), False),
    "bzip2": (compressed("bzip2 -c"), False),
    "xz": (compressed("xz -c"), False),
    "lzma": (compressed("xz --format=lzma -c"), False),
    "zstd": (compressed("zstd -q -c"), False),
    "lz4": (compressed("lz4 -q -c"), False),
    "lzip": (compressed("lzip -c"), False),
    "compress": (compressed("compress -c"), False),
    "arj": (packer("arj a % @", "out.arj"), True),
    "lha": (packer("jlha aq % @"), True),
    "cab": (packer("gcab -c % @"), True),
    "iso": (packer("genisoimage -quiet -o % ."), False),
    "iso joliet": (packer("genisoimage -quiet -J -r -o % ."), True),
    "cpio newc": (cpio("newc"), True),
    "cpio crc": (cpio("crc"), True),
    "cpio odc": (cpio("odc"), True),
    "cpio binary": (cpio("bin"), True),
    "ar": (packer("ar rc % @"), True),
    "deb": (packer("ar rc % @"), True),
    "xar": (packer("bsdtar --format xar -cf % @"), False),
    "warc": (packer("bsdtar --format warc -cf % @"), False),
    "rar 4": (rar4, True),
    "rar 5": (rar5, True),
    "szdd": (szdd, False),
    "binhex": (binhex, False),
    "tnef": (tnef, False),
}

# Nobody here can open these: they must end as not-fully-scanned, whatever is in them.
OPAQUE = {
    "wim": packer("7zz a -bd -twim % @", "out.wim"),
    "lzop": compressed("lzop -c"),
    "virtual disk": lambda files: files[0][1] + bytes(-len(files[0][1]) % 512) + b"conectix"
    + bytes(504),
}

# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes compound files ([MS-CFB] version 3) with the streams given, all in the root."""
import struct

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SECTOR, MINI = 512, 4096
DOC, XLS, PPT = "WordDocument", "Workbook", "PowerPoint Document"


def compound(streams, class_id=bytes(16)):
    """streams: name -> bytes. Each is padded beyond the limit of the mini stream."""
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    datas = [streams[name] + bytes(max(0, MINI - len(streams[name]))) for name in names]
    directory_sectors = (len(names) + 1 + 3) // 4
    counts = [(len(data) + SECTOR - 1) // SECTOR for data in datas]
    fat = [FAT] + [sector + 2 for sector in range(directory_sectors)]
    fat[directory_sectors] = END
    starts = []
    for count in counts:
        starts.append(len(fat))
        fat += [len(fat) + at + 1 for at in range(count)]
        fat[-1] = END
    assert len(fat) <= SECTOR // 4, "one FAT sector is all there is"
    fat += [FREE] * (SECTOR // 4 - len(fat))

    def entry(name, kind, left, right, child, start, size, class_id=bytes(16)):
        text = name.encode("utf-16-le") + b"\0\0"
        return (text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, left, right, child)
                + class_id + bytes(20) + struct.pack("<IQ", start, size))
    # The tree of siblings is a chain to the right, in the order that the format wants.
    out = entry("Root Entry", 5, FREE, FREE, 1 if names else FREE, END, 0, class_id)
    for at, name in enumerate(names):
        right = at + 2 if at + 1 < len(names) else FREE
        out += entry(name, 2, FREE, right, FREE, starts[at], len(datas[at]))
    out += entry("", 0, FREE, FREE, FREE, 0, 0) * (directory_sectors * 4 - len(names) - 1)
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
              + struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, MINI, END, 0,
                            END, 0, 0))
    header += struct.pack("<109I", *([0] + [FREE] * 108))[:SECTOR - len(header)]
    body = b"".join(data + bytes(-len(data) % SECTOR) for data in datas)
    return header.ljust(SECTOR, b"\0") + struct.pack("<128I", *fat) + out + body


def word(is_encrypted=False):
    fib = struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0x407, 0, 0x0100 if is_encrypted else 0)
    return compound({DOC: fib + b"a plain letter " * 50, "1Table": b"table"})


def excel(is_encrypted=False):
    records = struct.pack("<HHHHII", 0x809, 16, 0x600, 5, 0, 0) + bytes(4)
    if is_encrypted:
        records += struct.pack("<HHH", 0x2F, 54, 1) + bytes(52)
    records += struct.pack("<HHIHB", 0x85, 11, 0, 0, 4) + b"Table1"[:4] + struct.pack("<HH", 0x0A, 0)
    return compound({XLS: records})


def powerpoint(is_encrypted=False):
    token = 0xF3D1C4DF if is_encrypted else 0xE391C05F
    user = struct.pack("<HHIII", 0, 0x0FF6, 0x14, 0x14, token)
    return compound({PPT: b"slides" * 20, "Current User": user})


def encrypted_package():
    """What Office makes of a docx with a password."""
    return compound({"EncryptionInfo": struct.pack("<HHI", 4, 4, 0x40) + b"<encryption/>",
                     "EncryptedPackage": struct.pack("<Q", 999) + bytes(range(256)) * 20})


def installer():
    return compound({"\u4840\u3b3f": b"tables"},
                    bytes.fromhex("84100c0000000000c000000000000046"))

# SPDX-License-Identifier: GPL-2.0-or-later
"""office.py - makes small office documents for tests, from the public specifications.

Compound files by [MS-CFB] 2, VBA projects by [MS-OVBA] 2.3 and 2.4, workbooks by [MS-XLS] 2.4
and [MS-XLSB] 2.4. Nothing here is a real document: each has what a reader needs and no more.
"""
import io
import struct
import zipfile

SECTOR, MINI, CUTOFF = 512, 64, 4096
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


# --- Compound files -------------------------------------------------------------------

class _Node:
    def __init__(self, name, kind):
        self.name, self.kind, self.data, self.children = name, kind, b"", {}
        self.start, self.size = END, 0
        self.left = self.right = self.child = FREE


def _padded(data, size):
    return data + b"\0" * (-len(data) % size)


def _chain(table, count):
    """Appends a chain of `count` sectors and returns its first."""
    if count == 0:
        return END
    first = len(table)
    table.extend(range(first + 1, first + count))
    table.append(END)
    return first


def _tree(nodes, numbers):
    """A balanced tree over siblings; the number of its root."""
    if not nodes:
        return FREE
    middle = len(nodes) // 2
    node = nodes[middle]
    node.left = _tree(nodes[:middle], numbers)
    node.right = _tree(nodes[middle + 1:], numbers)
    return numbers[id(node)]


def compound(streams):
    """A compound file of {"path/of/stream": bytes}."""
    root = _Node("Root Entry", 5)
    for path, data in streams.items():
        node = root
        *folders, name = path.split("/")
        for folder in folders:
            node = node.children.setdefault(folder, _Node(folder, 1))
        leaf = node.children[name] = _Node(name, 2)
        leaf.data, leaf.size = data, len(data)
    nodes = []

    def collect(node):
        nodes.append(node)
        for child in node.children.values():
            collect(child)

    collect(root)
    numbers = {id(node): i for i, node in enumerate(nodes)}
    fat, minifat, mini, body = [], [], b"", b""
    for node in nodes:
        order = sorted(node.children.values(), key=lambda n: (len(n.name), n.name.upper()))
        node.child = _tree(order, numbers)
        if node.kind != 2 or not node.data:
            continue
        if node.size < CUTOFF:
            node.start = _chain(minifat, -(-node.size // MINI))
            mini += _padded(node.data, MINI)
        else:
            node.start = _chain(fat, -(-node.size // SECTOR))
            body += _padded(node.data, SECTOR)
    root.size, root.data = len(mini), mini
    root.start = _chain(fat, -(-len(mini) // SECTOR))
    body += _padded(mini, SECTOR)
    entries = b""
    for node in nodes:
        name = (node.name + "\0").encode("utf-16-le")
        entries += struct.pack("<64sHBBIII16sIQQIQ", name, len(name), node.kind, 1, node.left,
                               node.right, node.child, b"\0" * 16, 0, 0, 0, node.start, node.size)
    entries += struct.pack("<64sHBBIII16sIQQIQ", b"", 0, 0, 0, FREE, FREE, FREE, b"\0" * 16, 0, 0,
                           0, 0, 0) * (-len(nodes) % 4)
    directory = _chain(fat, len(entries) // SECTOR)
    body += entries
    minis = b"".join(struct.pack("<I", n) for n in minifat)
    minis += b"\xff" * (-len(minis) % SECTOR)
    minifat_start = _chain(fat, len(minis) // SECTOR)
    body += minis
    fat_sectors = 1
    while (len(fat) + fat_sectors) * 4 > fat_sectors * SECTOR:
        fat_sectors += 1
    assert fat_sectors <= 109
    fat_start = len(fat)
    fat += [FAT] * fat_sectors
    table = b"".join(struct.pack("<I", n) for n in fat)
    table += b"\xff" * (-len(table) % SECTOR)
    header = struct.pack("<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\0" * 16,
                         0x3E, 3, 0xFFFE, 9, 6, b"\0" * 6, 0, fat_sectors, directory, 0, CUTOFF,
                         minifat_start, len(minis) // SECTOR, END, 0)
    header += b"".join(struct.pack("<I", fat_start + i) for i in range(fat_sectors))
    return header + b"\xff" * (SECTOR - len(header)) + body + table


# --- VBA projects ---------------------------------------------------------------------

def ovba_compress(data):
    """[MS-OVBA] 2.4.1: chunks of 4096 bytes, tokens of literals and copies."""
    out = bytearray(b"\x01")
    for begin in range(0, len(data), 4096):
        chunk = data[begin:begin + 4096]
        packed, at = bytearray(), 0
        while at < len(chunk):
            flags, tokens = 0, bytearray()
            for bit in range(8):
                if at >= len(chunk):
                    break
                bits = max(4, (at - 1).bit_length()) if at > 0 else 4
                longest, best = (0xFFFF >> bits) + 3, (0, 0)
                for length in range(min(longest, len(chunk) - at), 2, -1):
                    found = chunk.rfind(chunk[at:at + length], 0, at)
                    if found >= 0:
                        best = (length, at - found)
                        break
                if best[0]:
                    token = ((best[1] - 1) << (16 - bits)) | (best[0] - 3)
                    tokens += struct.pack("<H", token)
                    flags |= 1 << bit
                    at += best[0]
                else:
                    tokens.append(chunk[at])
                    at += 1
            packed.append(flags)
            packed += tokens
        if len(packed) > 4096:
            packed = chunk + b"\0" * (4096 - len(chunk))
            out += struct.pack("<H", 0x3000 | (len(packed) - 1))
        else:
            out += struct.pack("<H", 0xB000 | (len(packed) - 1))
        out += packed
    return bytes(out)


def _record(kind, data):
    return struct.pack("<HI", kind, len(data)) + data


def vba_names(*names):
    """A performance cache that has the table of names alone, as projects of Office have it: length,
    kind, six bytes more where the kind's upper bit is set, the name, its hash and 16."""
    table = bytes(64)
    for name in ("Word", "VBA", "Win16", "Win32", "Mac", "VBA6", "Project1", "stdole", "Project",
                 "ThisDocument", "_Evaluate", *names):
        long = bytes.fromhex("28010200ffff") if name.startswith("_") else b""
        table += bytes([len(name), 0x80 if long else 0x0C]) + long + name.encode() + b"\x3a\x5b\x10\0"
    return b"\xcc\x61\xff\xff\x00\x00\x00" + table + b"\2\xff\xff\1\1"


def vba_lines(*sizes):
    """A module's performance cache: of each line the size of its code, and where it stands."""
    lines = b"".join(struct.pack("<HHHHI", 0x8000, 9, size, 0, at if size else 0xFFFFFFFF)
                     for at, size in enumerate(sizes))
    return (b"\x01\x16\x01\0\0\xb6\0\xff\xff\1\1" + bytes(700) + struct.pack("<HHH", 0xCAFE, 1, len(sizes))
            + lines + b"\xff\xff\xff\xff\1\1" + struct.pack("<I", sum(sizes)) + bytes(sum(sizes)))


def vba_project(modules, prefix="", cache=b"\xcc\x61\xff\xff\x00\x00\x00", compiled=vba_lines(8, 0, 4)):
    """The streams of a VBA project with {name: source}; all modules have the same cache."""
    wide = lambda text: text.encode("utf-16-le")
    directory = _record(0x01, struct.pack("<I", 1)) + _record(0x02, struct.pack("<I", 0x409))
    directory += _record(0x14, struct.pack("<I", 0x409)) + _record(0x03, struct.pack("<H", 1252))
    directory += _record(0x04, b"VBAProject") + _record(0x05, b"") + _record(0x40, b"")
    directory += _record(0x06, b"") + _record(0x3D, b"") + _record(0x07, struct.pack("<I", 0))
    directory += _record(0x08, struct.pack("<I", 0))
    directory += struct.pack("<HIIH", 0x09, 4, 0x61A2C1B0, 2) + _record(0x0C, b"")
    directory += _record(0x3C, b"")
    directory += _record(0x0F, struct.pack("<H", len(modules)))
    directory += _record(0x13, struct.pack("<H", 0xFFFF))
    streams, project = {}, 'ID="{00000000-0000-0000-0000-000000000000}"\r\n'
    for name, source in modules.items():
        directory += _record(0x19, name.encode("cp1252")) + _record(0x47, wide(name))
        directory += _record(0x1A, name.encode("cp1252")) + _record(0x32, wide(name))
        directory += _record(0x1C, b"") + _record(0x48, b"")
        directory += _record(0x31, struct.pack("<I", len(compiled))) + _record(0x1E, struct.pack("<I", 0))
        directory += _record(0x2C, struct.pack("<H", 0xFFFF)) + _record(0x21, b"")
        directory += _record(0x2B, b"")
        text = f'Attribute VB_Name = "{name}"\r\n' + source.replace("\n", "\r\n")
        streams[f"{prefix}VBA/{name}"] = compiled + ovba_compress(text.encode("cp1252", "replace"))
        project += f"Module={name}\r\n"
    directory += _record(0x10, b"")
    streams[f"{prefix}VBA/dir"] = ovba_compress(directory)
    streams[f"{prefix}VBA/_VBA_PROJECT"] = cache
    streams[f"{prefix}PROJECT"] = project.encode("cp1252")
    return streams


def word97(modules):
    """A .doc with a VBA project; its text stream is only a header."""
    streams = {"WordDocument": struct.pack("<HH", 0xA5EC, 0xC1) + b"\0" * 4200,
               "1Table": b"\0" * 4200}
    streams.update(vba_project(modules, "Macros/"))
    return compound(streams)


# --- Zip documents --------------------------------------------------------------------

CONTENT_TYPES = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
                 '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                 '<Default Extension="xml" ContentType="application/xml"/></Types>')


def package(members):
    """A zip document of {name: str or bytes}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data,
                             zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- Workbooks of Excel 97 ------------------------------------------------------------

def biff(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def ptg_text(text, wide=False):
    raw = text.encode("utf-16-le" if wide else "latin-1")
    return struct.pack("<BBB", 0x17, len(text), wide) + raw


def ptg_number(number):
    return struct.pack("<BH", 0x1E, number)


def ptg_cell(row, column):
    return struct.pack("<BHH", 0x44, row, column | 0xC000)


def ptg_call(number, *arguments, fixed=False):
    """A function ([MS-XLS] Ftab) or, from 0x8000 on, a command (Cetab)."""
    tail = struct.pack("<BH", 0x41, number) if fixed else \
        struct.pack("<BBH", 0x42, len(arguments), number)
    return b"".join(arguments) + tail


PTG_CONCAT = b"\x08"
CHAR, EXEC, FORMULA_FILL, HALT, SUM = 111, 110, 0x8061, 54, 4


def formula_record(row, column, tokens, value=b"\0" * 8):
    return biff(6, struct.pack("<HHH8sHIH", row, column, 15, value, 0, 0, len(tokens)) + tokens)


def text_record(row, column, text):
    return biff(0x204, struct.pack("<HHHHB", row, column, 15, len(text), 0) + text.encode())


def number_record(row, column, number):
    return biff(0x203, struct.pack("<HHHd", row, column, 15, number))


def shared_record(row, column, number):
    return biff(0xFD, struct.pack("<HHHI", row, column, 15, number))


def name_record(name, tokens, built_in=None):
    letters = bytes([built_in]) if built_in is not None else name.encode()
    flags = 0x20 if built_in is not None else 0
    return biff(0x18, struct.pack("<HBBHHHI", flags, 0, len(letters), len(tokens), 0, 0, 0) +
                b"\0" + letters + tokens)


def shared_strings(texts, cut=None):
    """The table of shared strings, cut into CONTINUE records after `cut` letters of the last."""
    body = struct.pack("<II", len(texts), len(texts))
    for text in texts[:-1]:
        body += struct.pack("<HB", len(text), 0) + text.encode()
    last = texts[-1]
    body += struct.pack("<HB", len(last), 0) + last[:cut].encode()
    if cut is None:
        return biff(0xFC, body)
    return biff(0xFC, body) + biff(0x3C, b"\x01" + last[cut:].encode("utf-16-le"))


def workbook97(sheets, book=b""):
    """Sheets as (name, kind, state, records): kind 0 is a worksheet, 1 a macro sheet."""
    begin = lambda kind: biff(0x809, struct.pack("<HHHHII", 0x600, kind, 0x2000, 2000, 0, 6))
    end = biff(0x0A)
    bodies = [begin(0x40 if kind else 0x10) + records + end for _, kind, _, records in sheets]
    size = len(begin(5) + book + end) + sum(12 + len(name) for name, *_ in sheets)
    table, at = b"", size
    for (name, kind, state, _), body in zip(sheets, bodies):
        table += biff(0x85, struct.pack("<IBBBB", at, state, kind, len(name), 0) + name.encode())
        at += len(body)
    stream = begin(5) + table + book + end + b"".join(bodies)
    return compound({"Workbook": stream + b"\0" * max(0, CUTOFF - len(stream))})


# --- Binary parts of xlsb -------------------------------------------------------------

def biff12(kind, body=b""):
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, sizes = len(body), b""
    while True:
        sizes += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if size == 0:
            return head + sizes + body


def wide_text(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def ptg12_text(text):
    return struct.pack("<BH", 0x17, len(text)) + text.encode("utf-16-le")


def ptg12_cell(row, column):
    return struct.pack("<BIH", 0x44, row, column | 0xC000)


def formula12(column, tokens):
    return biff12(9, struct.pack("<IId", column, 0, 0.0) +
                  struct.pack("<HI", 0, len(tokens)) + tokens + b"\0" * 4)


def text12(column, text):
    return biff12(6, struct.pack("<II", column, 0) + wide_text(text))


def sheet12(rows):
    body = b"".join(biff12(0, struct.pack("<I", row) + b"\0" * 13) + cells for row, cells in rows)
    return biff12(129) + biff12(145) + body + biff12(146) + biff12(130)


def name12(name, tokens):
    return biff12(39, struct.pack("<IBI", 0x20, 0, 0xFFFFFFFF) + wide_text(name) +
                  struct.pack("<I", len(tokens)) + tokens + struct.pack("<I", 0))


def book12(state, names=b""):
    sheet = struct.pack("<II", state, 1) + wide_text("rId1") + wide_text("a")
    return biff12(131) + biff12(143) + biff12(156, sheet) + biff12(144) + names + biff12(132)

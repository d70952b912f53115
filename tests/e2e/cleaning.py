#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cleaning.py BUILD - with action clean the bad goes out and the rest stays, byte for byte, read
back by Python's own zipfile, tarfile and xml; where that is impossible a notice stands."""
import email
import email.policy
import io
import os
import random
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as xml
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
import office  # noqa: E402
import olefile  # noqa: E402
from macros import BAD, document, mail_with, workbook  # noqa: E402
from rig import EICAR, Rig, main  # noqa: E402

CONFIGURATION = "[actions]\ninfected=clean\nsuspicious=clean\n"
DDE = b"name,phone\r\nx,=cmd|'/c calc'!A0\r\n"
NOISE = random.Random(7).randbytes(20000)
GOOD = {"note.txt": b"a note\r\n" * 500, "dir/noise.bin": NOISE, "näme.txt": b"umlaut", "empty": b""}


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = b"as it was"
        for number, (name, data) in enumerate(members.items()):
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.external_attr = 0o640 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED)
    return out.getvalue()


def tar_of(members, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), 981173106, 0o640
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_member(data, info):
    """Packed bytes, as they lie in the archive."""
    at = info.header_offset
    names = int.from_bytes(data[at + 26:at + 28], "little")
    extra = int.from_bytes(data[at + 28:at + 30], "little")
    begin = at + 30 + names + extra
    return data[begin:begin + info.compress_size]


class Mailbox:
    """Delivers one attachment after another and gives back what is there then."""

    def __init__(self, rig, store):
        self.rig, self.store, self.seen = rig, store, set()

    def send(self, name, data):
        assert self.store.deliver("alice", mail_with(name, data, f"with {name}")) == {}
        messages = self.store.messages("alice")
        (new,) = set(messages) - self.seen
        self.seen.add(new)
        (part,) = [p for p in email.message_from_bytes(
            messages[new], policy=email.policy.default).walk() if p.get_filename()]
        return part.get_filename(), part.get_payload(decode=True)

    def incident(self, name):
        (one,) = [one for one in self.rig.incidents() if one["subject"] == f"with {name}"]
        return one


def check_zip(mailbox, name, bad_name, bad, verdict):
    original = zip_of({**dict(list(GOOD.items())[:2]), bad_name: bad, **GOOD})
    arrived, data = mailbox.send(name, original)
    assert arrived == name, arrived
    before, after = zipfile.ZipFile(io.BytesIO(original)), zipfile.ZipFile(io.BytesIO(data))
    assert after.testzip() is None and after.comment == b"as it was"
    *names, note = after.namelist()
    assert names == list(GOOD), names
    one = mailbox.incident(name)
    assert note == f"removed-{one['reference']}.txt" and bad_name.encode() in after.read(note)
    for member in GOOD:
        old, new = before.getinfo(member), after.getinfo(member)
        assert after.read(member) == GOOD[member], member
        assert raw_member(original, old) == raw_member(data, new), f"{member} was packed anew"
        assert (old.date_time, old.external_attr, old.compress_type) == (
            new.date_time, new.external_attr, new.compress_type), member
    assert one["verdict"] == verdict and one["action"] == "clean", one
    assert f"removed {bad_name}" in str(one), one


def check_tar(mailbox, name, mode):
    original = tar_of({**GOOD, "bad/eicar.com": EICAR}, mode)
    arrived, data = mailbox.send(name, original)
    assert arrived == name, arrived
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        *members, note = archive
        assert [m.name for m in members] == list(GOOD)
        assert b"bad/eicar.com" in archive.extractfile(note).read()
        for member in members:
            assert archive.extractfile(member).read() == GOOD[member.name], member.name
            assert (member.mtime, member.mode) == (981173106, 0o640)
    assert data[:2] == original[:2], "packed by another method"
    assert "removed bad/eicar.com" in str(mailbox.incident(name))


def check_7z(mailbox, rig):
    folder = os.path.join(rig.scratch, "seven")
    os.makedirs(folder)
    for name, data in (("noise.bin", NOISE), ("eicar.com", EICAR)):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)
    packed = os.path.join(rig.scratch, "a.7z")
    subprocess.run(["bsdtar", "--format=7zip", "-cf", packed, "-C", folder, "eicar.com",
                    "noise.bin"], check=True)
    with open(packed, "rb") as file:
        _, data = mailbox.send("a.7z", file.read())
    with open(packed, "wb") as out:
        out.write(data)
    names = subprocess.run(["bsdtar", "-tf", packed], check=True, capture_output=True).stdout
    assert names.split()[0] == b"noise.bin" and names.split()[1].startswith(b"removed-"), names
    assert subprocess.run(["bsdtar", "-xOf", packed, "noise.bin"], check=True,
                          capture_output=True).stdout == NOISE


def archives(build):
    with Rig(build) as rig:
        rig.configure(extra=CONFIGURATION, rules=False)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        mailbox = Mailbox(rig, store)
        check_zip(mailbox, "a.zip", "eicar.com", EICAR, "infected")
        check_zip(mailbox, "b.zip", "m/a.xls", workbook(), "suspicious")
        check_zip(mailbox, "c.zip", "inner.zip", zip_of({"x/eicar.com": EICAR, **GOOD}), "infected")
        check_tar(mailbox, "a.tar", "w")
        check_tar(mailbox, "a.tar.gz", "w:gz")
        check_tar(mailbox, "a.tar.xz", "w:xz")
        check_7z(mailbox, rig)
        # The originals are safe all the same, and what was cleaned before comes again.
        assert len(rig.control("quarantine", "list")["items"]) == 7
        for name in ("again.zip", "and-again.zip"):
            arrived, data = mailbox.send(name, zip_of({**GOOD, "eicar.com": EICAR}))
            assert arrived == name and EICAR not in data


def packages(build):
    with Rig(build) as rig:
        rig.configure(extra=CONFIGURATION, rules=False)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        mailbox = Mailbox(rig, store)
        original = with_lists(document(BAD))
        arrived, data = mailbox.send("a.docm", original)
        assert arrived == "a.docm"
        before, after = zipfile.ZipFile(io.BytesIO(original)), zipfile.ZipFile(io.BytesIO(data))
        gone = {"word/vbaProject.bin", "word/vbaData.xml", "word/_rels/vbaProject.bin.rels"}
        assert set(before.namelist()) - set(after.namelist()) == gone, after.namelist()
        for member in after.namelist():
            text = after.read(member)
            xml.fromstring(text)
            if not member.endswith(".rels") and member != "[Content_Types].xml":
                assert text == before.read(member), member
            assert b"vba" not in text, f"{member} still names them"
        assert b"styles.xml" in after.read("word/_rels/document.xml.rels")
        assert "removed word/vba" in str(mailbox.incident("a.docm"))


def compound_files(build):
    with Rig(build) as rig:
        rig.configure(extra=CONFIGURATION, rules=False)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        mailbox = Mailbox(rig, store)
        streams = {"WordDocument": NOISE, "1Table": b"t" * 5000, "ObjectPool/_1/Small": b"s" * 70,
                   "\x05SummaryInformation": b"i" * 300}
        original = office.compound({**streams, **office.vba_project(BAD, "Macros/")})
        arrived, data = mailbox.send("a.doc", original)
        assert arrived == "a.doc"
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            names = {"/".join(path) for path in file.listdir()}
            note = f"Removed-{mailbox.incident('a.doc')['reference']}"
            assert names == {*streams, note}, names
            assert not file.parsing_issues, file.parsing_issues
            for name, content in streams.items():
                assert file.openstream(name).read() == content, name
            assert b"Macros" in file.openstream(note).read()
        assert "removed Macros" in str(mailbox.incident("a.doc"))
        arrived, data = mailbox.send("a.xls", workbook())
        assert arrived == "a.xls" and "removed start name,macro sheet" in str(mailbox.incident("a.xls"))
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            assert b"calc" not in file.openstream("Workbook").read()


def pages(build):
    """The bytes around what was cut are those of the original."""
    with Rig(build) as rig:
        rig.configure(extra=CONFIGURATION, rules=False)
        # Pages are matched in libclamav's normal form only: lower case, single spaces.
        with open(rig.signatures + "/page.ndb", "w", encoding="ascii") as out:
            out.write(f"Test.Page:3:*:{b'a bad word'.hex()}\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        mailbox = Mailbox(rig, store)
        page = (b"<!DOCTYPE html>\r\n<html><title>An offer</title><body bgcolor=white%s>\r\n%s"
                b"<p title='x'>Dear all,<br>see <a href=\"https://example.org/\">this</a>.\r\n")
        script = b"<script>var x = 'a bad word';</script>"
        arrived, data = mailbox.send("page.html", page % (b" onload=go()", script))
        kept, note = data.split(b"<!--")
        assert arrived == "page.html" and kept == page % (b"", b""), data
        one = mailbox.incident("page.html")
        assert one["reference"].encode() in note and b"onload,script" in note, note
        assert "removed onload,script" in str(one) and one["action"] == "clean", one
        # In an unusual encoding, and in the text itself: a notice.
        for name, data in (("unusual.html", page % (b"", b"<meta charset=gb18030>" + script)),
                           ("text.html", page % (b"", b"<script></script>a bad word"))):
            arrived, notice = mailbox.send(name, data)
            assert arrived != name and b"has been removed" in notice, notice


def with_lists(package):
    """The parts that name others, as Word writes them."""
    namespace = "http://schemas.openxmlformats.org/package/2006/"
    kind = "http://schemas.microsoft.com/office/2006/relationships/"
    members = {name: zipfile.ZipFile(io.BytesIO(package)).read(name)
               for name in zipfile.ZipFile(io.BytesIO(package)).namelist()}
    members["word/document.xml"] = b'<w:document xmlns:w="w"/>'
    members["[Content_Types].xml"] = (
        f'<?xml version="1.0"?><Types xmlns="{namespace}content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.'
        'macroEnabled.main+xml"/><Override PartName="/word/vbaData.xml" ContentType='
        '"application/vnd.ms-word.vbaData+xml"/><Override PartName="/word/vbaProject.bin" '
        'ContentType="application/vnd.ms-office.vbaProject"/></Types>')
    members["word/_rels/document.xml.rels"] = (
        f'<Relationships xmlns="{namespace}relationships"><Relationship Id="r1" Type="{kind}'
        'vbaProject" Target="./vbaProject.bin"/><Relationship Id="r2" Type="styles" '
        'Target="styles.xml"/></Relationships>')
    members["word/_rels/vbaProject.bin.rels"] = (
        f'<Relationships xmlns="{namespace}relationships"><Relationship Id="r1" Type="{kind}'
        'wordVbaData" Target="vbaData.xml"/></Relationships>')
    members["word/vbaData.xml"] = "<vbaSuppData/>"
    members["word/styles.xml"] = "<styles/>"
    return office.package(members)


def notices(build):
    """What cannot be cleaned is stripped, as the manual says."""
    locked = bytearray(zip_of({"a.txt": b"x" * 100, "eicar.com": EICAR}))
    at = locked.index(b"PK\x01\x02")
    locked[6] |= 1  # the first member says that it is encrypted
    locked[at + 8] |= 1
    with Rig(build) as rig:
        rig.configure(extra=CONFIGURATION, rules=False)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        mailbox = Mailbox(rig, store)
        nothing_left = zip_of({"eicar.com": EICAR})
        for name, data in (("eicar.com", EICAR), ("one.zip", nothing_left),
                           ("locked.zip", bytes(locked))):
            arrived, notice = mailbox.send(name, data)
            assert arrived != name and b"has been removed" in notice, (arrived, notice[:100])
            assert "(not cleaned: " in str(mailbox.incident(name))
        arrived, cells = mailbox.send("a.csv", DDE)
        assert arrived == "a.csv" and b"|" not in cells and b"Removed " in cells, (arrived, cells)
        assert "(removed DDE)" in str(mailbox.incident("a.csv"))


def linked_again(build):
    """A content that came in while nobody looked is cleaned when another message brings it."""
    with Rig(build) as rig:
        rig.configure(extra=CONFIGURATION, rules=False)
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        original = zip_of({"eicar.com": EICAR, "noise.bin": NOISE})
        rig.control("stop")
        mailbox = Mailbox(rig, store)
        assert mailbox.send("a.zip", original) == ("a.zip", original)
        rig.control("start")
        for name in ("b.zip", "c.zip"):
            arrived, data = mailbox.send(name, original)
            assert arrived == name, arrived
            archive = zipfile.ZipFile(io.BytesIO(data))
            assert archive.read("noise.bin") == NOISE and "eicar.com" not in archive.namelist()
            one = mailbox.incident(name)
            assert one["action"] == "clean" and "removed eicar.com" in str(one), one
        assert mailbox.send("plain.bin", NOISE) == ("plain.bin", NOISE)


if __name__ == "__main__":
    main(archives, packages, compound_files, pages, notices, linked_again)

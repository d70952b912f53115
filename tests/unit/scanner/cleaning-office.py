#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cleaning-office.py CLEAN-FILES SIGNATURES - documents of all kinds without what acts by itself.

The bad documents of macros.py and more of our own, read back by Python's zipfile, XML and olefile.
With STOREHOOK_TEST_FULL LibreOffice makes documents too, and must read each result with its text.
"""
import importlib.util
import io
import os
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "data")]
import macros  # noqa: E402
import office  # noqa: E402
import olefile  # noqa: E402

_spec = importlib.util.spec_from_file_location("markup", HERE + "/cleaning-markup.py")
markup = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(markup)

# What goes out of the samples of macros.py; those that are not named are not cleaned.
REMOVED = {
    "bad.doc": "Macros", "bad.docm": "VBA", "bad.zip": "x/bad.docm", "dde.docx": "DDE",
    "split.docx": "DDE", "quote.docx": "DDE", "set.docx": "DDE", "simple.docx": "DDE",
    "utf16.docx": "DDE", "entities.docx": "DDE", "template.docx": "attachedTemplate",
    "template-case.docx": "attachedTemplate", "object.docx": "oleObject", "frame.docx": "frame",
    "exec.xlsm": "start name,macro sheet", "built.xlsm": "start name,macro sheet",
    "hidden.xlsm": "start name,macro sheet", "dde.xlsx": "macro sheet,DDE", "exec.xls": "start name,macro sheet",
    "built.xls": "start name,macro sheet", "fill.xls": "start name,macro sheet", "dde.xls": "DDE",
    "dde.doc": "DDE", "object.doc": "package", "exec.xlsb": "start name,macro sheet",
    "dde.xlsb": "macro sheet,DDE", "update.rtf": "object", "noise.rtf": "object",
    "package.rtf": "object", "in-field.rtf": "object", "dde.rtf": "DDE", "template.rtf": "template",
    "bad.odt": "script,Basic/Standard/Module1.xml", "action.pptx": "action",
    "control.docx": "ActiveX", "click.pptx": "action", "replaced.docm": "VBA", "emptied.docm": "VBA",
    "dde.csv": "DDE", "beside.csv": "DDE", "sum.csv": "DDE", "excel.csv": "DDE", "dde.slk": "DDE",
    "dde-plain.csv": "DDE", "dde-blank.csv": "DDE", "dde-empty.csv": "DDE", "dde-wide.xls": "DDE",
    "runs.docm": "VBA", "other-lines.docm": "VBA", "frame-host.docx": "frame", "frame-share.docx": "frame",
    "frame-share-back.docx": "frame", "frame-escaped.docx": "frame", "frame-plain-share.docx": "frame",
}
failures = []


def expect(what, ok, told=""):
    if not ok:
        failures.append(what)
        print(f"FAIL {what}: {told}")


# --- Slides of PowerPoint 97 -----------------------------------------------------------

def record(kind, body, instance=0, version=0):
    return struct.pack("<HHI", instance << 4 | version, kind, len(body)) + body


def slides(objects, action=2, project=1):
    """[MS-PPT] 2.4.10 VBAInfoAtom, 2.8.2 InteractiveInfoAtom, 2.10 ExOleObjStg."""
    vba = record(0x3FF, record(0x400, struct.pack("<III", project, project != 0, 2), version=2),
                 instance=1, version=15)
    atom = record(0xFF3, struct.pack("<IIBBBBBxxx", 0, 0, action, 0, 0, 0, 0))
    stream = record(0x3E8, record(0x7D0, vba, version=15) +
                    record(0xFF2, atom, version=15), version=15)
    for data in objects:
        packed = struct.pack("<I", len(data)) + zlib.compress(data)
        stream += record(0x1011, packed, instance=1)
    stream += record(0xFA0, "An honest text".encode("utf-16-le"))
    user = record(0xFF6, struct.pack("<III", 0x14, 0xE391C05F, 0))
    return office.compound({"PowerPoint Document": stream, "Current User": user})


def records(data):
    """Each record: type, instance, body; containers are opened."""
    while len(data) >= 8:
        head, kind, size = struct.unpack_from("<HHI", data)
        yield kind, head >> 4, data[8:8 + size]
        if head & 15 == 15:
            yield from records(data[8:8 + size])
        data = data[8 + size:]
    assert not data.strip(b"\0"), data


def stream_of(data, name):
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        assert not file.parsing_issues, file.parsing_issues
        return file.openstream(name).read()


def powerpoint(cleaner):
    bad = {"Module1": 'Sub Auto_Open()\nCreateObject("WScript.Shell").Run "powershell -enc A"\n'
                      "End Sub\n"}
    project = office.compound(office.vba_project(bad))
    chart = office.compound({"Workbook": office.biff(0x809, struct.pack("<HHII", 0x600, 5, 0, 0)) +
                             office.biff(10) + b"\0" * 4100})
    package = office.compound({"\x01Ole10Native": b"\0" * 50 + b"run.vbs"})
    original = slides([project, chart, package])
    (data, removed), (plain, nothing) = cleaner.run([original, slides([chart], 3, 0)])
    expect("slides: removed", removed == "VBA,action,object", removed)
    expect("slides with nothing active", plain is None, nothing)
    if not data:
        return
    old, new = (stream_of(one, "PowerPoint Document") for one in (original, data))
    expect("slides: offsets stay", len(old) == len(new))
    before, after = list(records(old)), list(records(new))
    expect("slides: records stay", [(k, len(b)) for k, _, b in before] ==
           [(k, len(b)) for k, _, b in after])
    by_kind = {kind: body for kind, _, body in after}
    expect("slides: no project", by_kind[0x400][:8] == bytes(8))
    expect("slides: no action", by_kind[0xFF3][8] == 0)
    objects = [body for kind, _, body in after if kind == 0x1011]
    expect("slides: objects", [bool(body.strip(b"\0")) for body in objects] == [False, True, False])
    expect("slides: the chart", zlib.decompress(objects[1][4:]) == chart)


# --- The samples -----------------------------------------------------------------------

def check_package(name, original, data):
    """Each part is well-formed if it was, and what it may not hold is not there."""
    with zipfile.ZipFile(io.BytesIO(original)) as package:
        before = {part: package.read(part) for part in package.namelist()}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        expect(f"{name}: zip", package.testzip() is None)
        parts = {part: package.read(part) for part in package.namelist()}
    for part, text in parts.items():
        if text != before.get(part) and text.lstrip()[:1] in (b"<", b"\xff"):
            try:
                tree = xml.fromstring(text)
            except xml.ParseError as error:
                expect(f"{name}: {part}", False, error)
                continue
            codes = "".join(node.text or "" for node in tree.iter() if node.tag.endswith("instrText"))
            expect(f"{name}: {part} fields", not re.search("(?i)dde|cmd", codes), codes)
    whole = b"".join(parts.values())
    for word in (b"x.test", b"macrosheet ", b"EXEC(", b"_xlnm.Auto", b"ppaction://program", b"8856F961",
                 b"ddeService=\"cmd"):
        expect(f"{name}: {word}", word not in whole)


def check_book(name, data):
    """Sheets begin where the book says, and there is no macro sheet."""
    book, at, begins, sheets = stream_of(data, "Workbook"), 0, {}, []
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == 0x809:
            begins[at] = struct.unpack_from("<H", book, at + 6)[0]
        if kind == 0x85:
            sheets.append((struct.unpack_from("<I", book, at + 4)[0], book[at + 9]))
        expect(f"{name}: a formula", kind not in (6, 0x204, 0x207))
        at += 4 + size
    expect(f"{name}: sheets", sheets and all(begins.get(at) == 0x10 and kind == 0
                                             for at, kind in sheets), (begins, sheets))


def check_rtf(name, data):
    text = re.sub(rb"\\[{}\\]", b"", data)
    depth = 0
    for letter in text:
        depth += (letter == 0x7B) - (letter == 0x7D)
        expect(f"{name}: braces", depth >= 0)
    expect(f"{name}: what shows", name in ("dde.rtf", "template.rtf") or b"{{x}}" in data, data)
    expect(f"{name}: braces", depth == 0 and b"\\obj" not in data and b"Removed REF-1" in data, data)


def check_list(name, original, data):
    """The same but for the bar, with a line that tells of it."""
    expect(name, data.startswith(original.replace(b"|", b"_"))
           and b"Removed REF-1: DDE" in data[len(original):], data)


def samples(cleaner):
    for make in (macros.vba, macros.replaced, macros.fields, macros.links, macros.formulas, macros.workbooks,
                 macros.workbooks12, macros.rtf, macros.open_document, macros.slides_and_controls):
        make()
    bad = [(name, data) for name, data, verdict, _ in macros.SAMPLES if verdict == "suspicious"]
    cleaned = 0
    for (name, original), (data, removed) in zip(bad, cleaner.run([data for _, data in bad])):
        expect(name, removed == REMOVED.get(name, ""), removed)
        if not data:
            continue
        cleaned += 1
        kind = name.rsplit(".", 1)[1]
        if original[:2] == b"PK":
            check_package(name, original, data)
        elif kind == "xls" and REMOVED[name] != "DDE":
            check_book(name, data)
        elif kind == "rtf":
            check_rtf(name, data)
        elif kind in ("csv", "slk"):
            check_list(name, original, data)
        elif kind == "doc":
            olefile.OleFileIO(io.BytesIO(data)).close()
    expect("all that can be cleaned", cleaned == len(REMOVED), cleaned)


# --- Documents of LibreOffice ----------------------------------------------------------

SPACES = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for short, name in (
    ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
    ("presentation", "presentation"), ("script", "script"), ("svg", "svg-compatible"))) + \
    ' xmlns:xlink="http://www.w3.org/1999/xlink"'


def flat(kind, body):
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {SPACES} office:version="1.2" '
            f'office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:body>{body}'
            "</office:body></office:document>")


FLAT = {
    "letter.fodt": flat("text", "<office:text><text:p>An honest text</text:p></office:text>"),
    "book.fods": flat("spreadsheet", '<office:spreadsheet><table:table table:name="a"><table:table-row>'
                      '<table:table-cell office:value-type="string"><text:p>An honest text</text:p>'
                      "</table:table-cell></table:table-row></table:table></office:spreadsheet>"),
    "talk.fodp": flat("presentation", '<office:presentation><draw:page draw:name="a"><draw:custom-shape '
                      'svg:width="5cm" svg:height="2cm" svg:x="1cm" svg:y="1cm"><office:event-listeners>'
                      '<presentation:event-listener script:event-name="dom:click" '
                      'presentation:action="execute" xlink:href="file:///bin/true"/>'
                      "</office:event-listeners><text:p>An honest text</text:p></draw:custom-shape>"
                      "</draw:page></office:presentation>"),
}


def convert(folder, kind, names):
    subprocess.run(["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
                    "--convert-to", kind, "--outdir", folder, *[f"{folder}/{name}" for name in names]],
                   check=True, capture_output=True, timeout=100)


def with_project(name, data):
    """A document of LibreOffice with a project as Office would put it in."""
    project = office.compound(office.vba_project({"ThisDocument": "Sub Document_Open()\nEnd Sub\n"}))
    if data[:2] != b"PK":
        streams = {}
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            for path in file.listdir():
                streams["/".join(path)] = file.openstream(path).read()
        if name.endswith(".ppt"):
            atom = struct.pack("<HHI", 2, 0x400, 12)
            stream = streams["PowerPoint Document"]
            assert stream.count(atom + bytes(8)) == 1
            streams["PowerPoint Document"] = stream.replace(atom + bytes(8), atom + struct.pack("<II", 9, 1))
            return office.compound(streams)
        prefix = "Macros/" if name.endswith(".doc") else "_VBA_PROJECT_CUR/"
        return office.compound({**streams, **office.vba_project({"A": "Sub Auto_Open()\n"}, prefix)})
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {part: package.read(part) for part in package.namelist()}
    folder = {"docx": "word", "xlsx": "xl", "pptx": "ppt"}.get(name.rsplit(".", 1)[1])
    if not folder:
        parts["Basic/Standard/M.xml"] = b'<script:module xmlns:script="s">Sub Main</script:module>'
        return office.package(parts)
    main = {"word": "document", "xl": "workbook", "ppt": "presentation"}[folder]
    lists = f"{folder}/_rels/{main}.xml.rels"
    parts[lists] = parts[lists].replace(b"</Relationships>", (
        '<Relationship Id="v1" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
        'Target="vbaProject.bin"/></Relationships>').encode())
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>", b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>')
    parts[f"{folder}/vbaProject.bin"] = project
    return office.package(parts)


def libreoffice(cleaner):
    """Each result is a document to LibreOffice, with its text."""
    made = {"doc": "letter.fodt", "docx": "letter.fodt", "odt": "letter.fodt", "xls": "book.fods",
            "xlsx": "book.fods", "ppt": "talk.fodp", "pptx": "talk.fodp"}
    with tempfile.TemporaryDirectory(prefix="storehook-office-") as folder:
        for name, text in FLAT.items():
            with open(f"{folder}/{name}", "w", encoding="utf-8") as out:
                out.write(text)
        names = [f"{kind}.{kind}" for kind in made]
        for kind, source in made.items():
            os.rename(f"{folder}/{source}", f"{folder}/{kind}.{source[-4:]}")
            convert(folder, kind, [f"{kind}.{source[-4:]}"])
            os.rename(f"{folder}/{kind}.{source[-4:]}", f"{folder}/{source}")
        documents = []
        for name in names:
            with open(f"{folder}/{name}", "rb") as file:
                documents.append(with_project(name, file.read()))
        for name, (data, removed) in zip(names, cleaner.run(documents)):
            expect(f"LibreOffice's {name}", data is not None, removed)
            with open(f"{folder}/clean-{name}", "wb") as out:
                out.write(data or b"")
        for flat_kind in ("fodt", "fods", "fodp"):
            mine = [kind for kind, source in made.items() if source.endswith(flat_kind)]
            convert(folder, flat_kind, [f"clean-{kind}.{kind}" for kind in mine])
            for kind in mine:
                with open(f"{folder}/clean-{kind}.{flat_kind}", encoding="utf-8") as file:
                    expect(f"{kind} is read again", "An honest text" in file.read())
    return len(names)


def main(program, signatures):
    cleaner = markup.Cleaner(program, signatures)
    samples(cleaner)
    powerpoint(cleaner)
    made = 0
    if os.environ.get("STOREHOOK_TEST_FULL"):
        made = libreoffice(cleaner)
    print(f"{len(REMOVED) + 1} documents, {made} of LibreOffice, {len(failures)} failures")
    return len(failures) > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

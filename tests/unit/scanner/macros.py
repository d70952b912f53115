#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Documents with macros, good and bad, made here (tests/data/office.py) and judged by the engine
and the macro trap together.

usage: macros.py MACRO-SCAN SIGNATURES
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "data"))
import office  # noqa: E402

SAMPLES = []  # name, bytes, verdict, reasons that must be named


def sample(name, data, verdict="clean", *reasons):
    SAMPLES.append((name, data, verdict, reasons))


def docm(modules, extra=None):
    project = office.compound(office.vba_project(modules))
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
    # What starts and what runs in two documents of one archive is in neither of them.
    halves = {"a.doc": office.word97({"ThisDocument": bad["ThisDocument"]}),
              "b.doc": office.word97({"Module1": 'Sub Run1()\nShell "x"\nEnd Sub\n'})}
    sample("halves.zip", office.package(halves))
    sample("bad.zip", office.package({"x/good.docm": docm(good), "x/bad.docm": docm(bad)}),
           "suspicious", "script-host")


def main():
    program, signatures = sys.argv[1:]
    vba()
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

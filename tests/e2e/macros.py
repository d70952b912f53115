#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""macros.py BUILD - documents with macros through the whole path: the honest ones arrive as they
are, the others do not, and incident and log say why. The rules can be changed while it runs."""
import email.mime.application
import email.mime.multipart
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
import office  # noqa: E402
from rig import Rig, main  # noqa: E402

GOOD = {"ThisWorkbook": "Private Sub Workbook_Open()\nRange(\"A1\") = Date\nEnd Sub\n"}
BAD = {"ThisDocument": 'Sub Document_Open()\nx = Chr(87) & "Scr" & StrReverse("tpi") & ".Sh" & '
                       '"ell"\nCreateObject(x).Run "calc"\nEnd Sub\n'}


def document(modules):
    return office.package({
        "[Content_Types].xml": office.CONTENT_TYPES, "word/document.xml": "<w:document/>",
        "word/vbaProject.bin": office.compound(office.vba_project(modules))})


def workbook():
    cells = office.formula_record(0, 0, office.ptg_call(
        office.EXEC, office.ptg_text("ca") + office.ptg_text("lc") + office.PTG_CONCAT))
    return office.workbook97([("m", 1, 2, cells)],
                             office.name_record("", office.ptg_cell(0, 0), built_in=1))


def mail_with(name, data, subject):
    message = email.mime.multipart.MIMEMultipart()
    message["From"], message["To"] = "sender@example.org", "alice@example.org"
    message["Subject"] = subject
    part = email.mime.application.MIMEApplication(data)
    part.add_header("Content-Disposition", "attachment", filename=name)
    message.attach(part)
    return message.as_bytes().replace(b"\n", b"\r\n")


def weighed(build):
    with Rig(build) as rig:
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        honest = mail_with("helpers.docm", document(GOOD), "honest")
        assert store.deliver("alice", honest) == {}
        assert list(store.messages("alice").values()) == [honest]
        for name, data, reasons in (
                ("a.docm", document(BAD), ["script-host", "auto-start", "string-reverse"]),
                ("a.xls", workbook(), ["exec-formula", "auto-name", "very-hidden-macro-sheet"]),
                ("a.zip", office.package({"in/a.xls": workbook()}), ["exec-formula"])):
            assert store.deliver("alice", mail_with(name, data, name)) == {}
            assert len(store.messages("alice")) == 1, f"{name} arrived"
            about = [one for one in rig.incidents() if one["subject"] == name]
            assert {one["verdict"] for one in about} == {"suspicious"}, about
            told = str(about)
            assert all(reason in told for reason in reasons), told
        assert rig.unscanned() == 0


def rules_are_data(build):
    """What is honest by the bundled rules is not by the operator's, from the reload on."""
    with Rig(build) as rig:
        rules = os.path.join(rig.scratch, "macros.conf")
        write_rules(rules, "no such text")
        rig.configure(extra=f"[macros]\nrules-file={rules}\n")
        store = rig.start_scanner().start_store()
        rig.wait_protected()
        bad = mail_with("a.docm", document(BAD), "one")
        assert store.deliver("alice", bad) == {}
        assert len(store.messages("alice")) == 1, "a rule that is not there held"
        write_rules(rules, 'createobject("wscript.shell")')
        rig.control("reload")
        assert store.deliver("alice", bad) == {}
        assert any("ours" in str(one) for one in rig.incidents()), "the new rule does not hold"
        write_rules(rules, "Capitals")
        answer = rig.control("reload", check=False)
        assert "macros.conf:9" in str(answer), answer


def write_rules(path, phrase):
    with open(path, "w", encoding="ascii") as out:
        out.write("[scoring]\nthreshold=1\n[class all]\nmost=1\n[rule ours]\nclass=all\nweight=1\n"
                  f"in=basic\nfind={phrase}\n")


if __name__ == "__main__":
    main(weighed, rules_are_data)

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""True types whatever the name says, at the top and as a member; passwords told apart from finds.

Each type has a rule of its own, and each sample must meet the rule of its type and no other.
"""
import base64
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
import io

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../crash/scanner"]
import cms  # noqa: E402
import ole  # noqa: E402
from samples import FORMATS, OPAQUE, VIRUS, packed, packer, rar4, rar5, zipped  # noqa: E402
from wire import Memfd, SCAN, Service  # noqa: E402

failures = []


def office(family, *more):
    main = {"word": "document.xml", "xl": "workbook.xml", "ppt": "presentation.xml"}[family]
    return zipped(("[Content_Types].xml", "<Types/>" * 20), (f"{family}/{main}", "<x/>" * 20),
                  *more)


def open_document(*more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text",
                         zipfile.ZIP_STORED)
        archive.writestr("content.xml", "<text>An honest text.</text>" * 9)
        for name, data in more:
            archive.writestr(name, data)
    return out.getvalue()


def library(*exports, bits=32):
    """[PE format]: a DLL of one section that has nothing but its exports."""
    names, table = b"", b""
    base = 0x1000
    strings = base + 40 + 4 * len(exports)
    for name in exports:
        table += struct.pack("<I", strings + len(names))
        names += name.encode() + b"\0"
    edata = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, 0, 1, 0, len(exports), 0, base + 40, 0)
    edata += table + names
    options = struct.pack("<H", 0x10B if bits == 32 else 0x20B)
    options = options.ljust(96 if bits == 32 else 112, b"\0") + struct.pack("<II", base, len(edata))
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x14C, 1, 0, 0, 0, len(options), 0x2102)
    section = struct.pack("<8sIIII12xI", b".edata", len(edata), base, len(edata), 0x200, 0x40000040)
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    return (head + coff + options + section).ljust(0x200, b"\0") + edata


VBA = b"not a project, but of its name"
MACRO = "application/vnd.ms-{}.macroEnabled.12"
TYPES = {
    "jar": ("application/java-archive", zipped(("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"),
                                               ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x32" * 9))),
    "docm": (MACRO.format("word.document"), office("word", ("word/vbaProject.bin", VBA))),
    "xlsm": (MACRO.format("excel.sheet"), office("xl", ("xl/vbaProject.bin", VBA))),
    "pptm": (MACRO.format("powerpoint.presentation"), office("ppt", ("ppt/vbaProject.bin", VBA))),
    "xlsb": ("application/vnd.ms-excel.sheet.binary.macroEnabled.12",
             zipped(("[Content_Types].xml", "<Types/>"), ("xl/workbook.bin", b"x" * 50))),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",
             office("word")),
    "odt": ("application/vnd.oasis.opendocument.text", open_document()),
    "encrypted": ("application/encrypted", ole.encrypted_package()),
    "doc": ("application/msword", ole.word()),
    "xls": ("application/vnd.ms-excel", ole.excel()),
    "ppt": ("application/vnd.ms-powerpoint", ole.powerpoint()),
    "msi": ("application/x-msi", ole.installer()),
    "iso": ("application/x-iso9660-image",
            FORMATS["iso joliet"][0]([("note.txt", b"An honest text.\n" * 20)])),
    "vhd": ("application/x-vhd", bytes(2048) + b"conectix" + bytes(504)),
    "img": ("application/x-raw-disk-image",
            b"\xeb\x3c\x90MSDOS5.0".ljust(54, b"\0") + b"FAT12   " + bytes(448) + b"\x55\xaa"),
    "onenote": ("application/onenote",
                bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(1024)),
    "lnk": ("application/x-ms-shortcut",
            bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(60)),
    "chm": ("application/vnd.ms-htmlhelp", b"ITSF\3\0\0\0\x60\0\0\0" + bytes(200)),
    "program": ("application/x-dosexec", b"MZ" + bytes(62) + b"not really a program" * 9),
    "library": ("application/x-dosexec", library("xlAutoFree", "DllMain")),
    "xll": ("application/x-dosexec+xll", library("DllMain", "xlAutoOpen")),
    "xll of 64 bits": ("application/x-dosexec+xll", library("xlAutoOpen", bits=64)),
    "hta": ("application/hta", b"<html><head><HTA:APPLICATION ID=x></head><body>Hi</body></html>"),
    "svg": ("image/svg+xml-with-script",
            b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'>\n"
            b"<script>location='http://example.org'</script></svg>"),
    "shell": ("text/x-shellscript", b"#!/bin/sh\nrm -rf /tmp/x\necho done\n"),
    "powershell": ("application/x-powershell",
                   b"$c = New-Object Net.WebClient\r\n$x = $c.DownloadString('http://e.org/a')\r\n"),
    "powershell16": ("application/x-powershell",
                     "\ufeffInvoke-Expression $env:TEMP\\a\r\n".encode("utf-16-le")),
    "vbs": ("text/vbscript", b"Dim s\r\nSet s = CreateObject(\"WScript.Shell\")\r\ns.Run \"calc\"\r\n"),
    "js": ("application/javascript",
           b"var s = new ActiveXObject('WScript.Shell');\r\ns.Run('calc');\r\n"),
    "bat": ("text/x-msdos-batch", b"@echo off\r\nstart /b calc.exe\r\n"),
    "url": ("application/x-mswinurl", b"[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,11\r\n"
            b"[InternetShortcut]\r\nIDList=\r\nURL=https://example.org/\r\n"),
    "desktop": ("application/x-desktop", b"[Desktop Entry]\nType=Link\nURL=https://example.org/\n"),
    "scf": ("text/x-ms-scf", b"[Shell]\r\nCommand=2\r\n[Taskbar]\r\nCommand=ToggleDesktop\r\n"),
    "library-ms": ("application/windows-library+xml", b"<?xml version='1.0'?>\n<libraryDescription "
                   b"xmlns='http://schemas.microsoft.com/windows/2009/library'/>\n"),
    "searchConnector-ms": ("application/windows-search-connector+xml",
                           b"<?xml version='1.0'?>\n<searchConnectorDescription/>\n" * 2),
    "search-ms": ("application/windows-saved-search+xml",
                  b"<?xml version='1.0'?>\n<persistedQuery version='1.0'><viewInfo/>\n"),
    "settingcontent-ms": ("application/windows-setting+xml", b"<?xml version='1.0'?><PCSettings>"
                          b"<SearchableContent><DeepLink>a</DeepLink></SearchableContent>\n"),
    "appinstaller": ("application/appinstaller", b"<?xml version='1.0'?>\n<AppInstaller Uri='http://e.org/a' "
                     b"Version='1.0'>\n<MainPackage Name='a' Uri='http://e.org/a.msix'/>\n</AppInstaller>\n"),
    "ClickOnce": ("application/x-ms-application", b"<?xml version='1.0'?>\n<asmv1:assembly><description/>"
                  b"<deployment install='true'><deploymentProvider codebase='http://e.org/a.application'/>"
                  b"</deployment></asmv1:assembly>\n"),
    "contact": ("application/x-ms-contact", b"<?xml version='1.0'?>\n<c:contact c:Version='1' "
                b"xmlns:c='http://schemas.microsoft.com/Contact'><c:Notes>a</c:Notes></c:contact>\n"),
    "wsb": ("application/x-windows-sandbox", b"<Configuration><LogonCommand><Command>calc</Command>"
            b"</LogonCommand></Configuration>\n" * 2),
    "theme": ("application/x-ms-theme", b"; A comment\r\n[Theme]\r\nDisplayName=a\r\n[Control Panel\\Desktop]"
              b"\r\nWallpaper=\\\\192.0.2.1\\a\\b.jpg\r\n"),
    "msc": ("application/x-ms-console", b"<?xml version='1.0'?>\n<MMC_ConsoleFile/>\n" * 2),
    "rdp": ("application/x-rdp", b"screen mode id:i:2\r\nfull address:s:192.0.2.1\r\n"),
    "rdp16": ("application/x-rdp",
              "\ufeffscreen mode id:i:2\r\nfull address:s:192.0.2.1\r\n".encode("utf-16-le")),
    "reg": ("text/x-ms-regedit", b"REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\Software]\r\n\"a\"=\"b\"\r\n"),
    "iqy": ("text/x-ms-iqy", b"WEB\r\n1\r\nhttps://example.org/a.txt\r\n"),
    "slk": ("application/x-sylk", b"ID;PWXL;N;E\r\nC;Y1;X1;K\"a\"\r\nE\r\n"),
    "vhdx": ("application/x-vhdx", b"vhdxfile".ljust(4096, b"\0")),
    "vmdk": ("application/x-vmdk", b"KDMV\1\0\0\0".ljust(1024, b"\0")),
    "wim": ("application/x-ms-wim", OPAQUE["wim"]([("a.txt", b"An honest text.\n" * 20)])),
    "squashfs": ("application/vnd.squashfs", b"hsqs".ljust(1024, b"\0")),
    "ace": ("application/x-ace-compressed", b"\1\2\3\4\5\6\7**ACE**".ljust(512, b"\0")),
    "dmg": ("application/x-apple-diskimage", bytes(4096) + b"koly".ljust(512, b"\0")),
    "udf": ("application/x-udf-image", bytes(32768) + b"".join(
        (b"\0" + sign + b"\1").ljust(2048, b"\0") for sign in (b"BEA01", b"NSR02", b"TEA01"))),
    "editdata.mso": ("application/x-mso", b"ActiveMime\0\0\1\xf0\4\0\0\0".ljust(
        0x32, b"\0") + zlib.compress(ole.word())),
}
# What must not be taken for a script, nor for anything else above.
PROSE = {
    "letter": b"Dear all,\n\nplease set the table, and if exist guests, then goto the door; return "
              b"by nine. The function of the document is to let you know.\n" * 9,
    "c": b"#include <stdio.h>\nint main(void)\n{\n    const char *x = \"a\";\n    return 0;\n}\n" * 3,
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>\n" * 3,
    "page": b"<!DOCTYPE html><html><script>var x = 1; function f() { return x; }</script></html>\n",
    "zip": zipped(("a.txt", b"An honest text.\n" * 9)),
    "settings": b"[General]\r\nType=1\r\n[Shell]\r\nPath=/bin/sh\r\nID;P\r\nWEB 1 http://e.org/\r\n",
    "app.config": b"<?xml version='1.0'?>\n<configuration><dependency/><x deployment='a'/></configuration>\n" * 3,
    "feed": b"<?xml version='1.0'?>\n<rss><link>https://example.org/</link></rss>\n" * 3,
}


def expect(what, answer, verdict, name=None):
    told = (answer["verdict"], answer.get("verdict_name", b"").decode())
    ok = told[0] == verdict and (name is None or name == told[1])
    if not ok:
        failures.append(what)
    print(f"{'ok  ' if ok else 'FAIL'} {what:42} {told[0]:18} {told[1]}")


def named(s, data, name="letter.txt"):
    return s.ask(SCAN, ("name", name), ("data", Memfd(data)), suffix=".background")


def types(s):
    for kind, (mime, data) in TYPES.items():
        rule = mime.split("/")[1]
        expect(f"{kind}: renamed", named(s, data), "blocked", rule)
        expect(f"{kind}: renamed in a zip in a tar", named(s, FORMATS["tar"][0]([
            ("a.zip", zipped(("letter.txt", data)))])), "blocked", rule)
    for kind, data in PROSE.items():
        expect(f"{kind}: nothing of it", named(s, data), "clean")
        expect(f"{kind}: nothing of it in a zip", named(s, zipped(("a.txt", data))), "clean")


# What Outlook, Exchange and Gmail take from nobody, as they publish it, but for certificates, sources of
# Python, Perl and shells, archives, and what is opened by nothing of today; then what asks to be
# installed, or is run by an interpreter that many have.
REFUSED = '''ade adp apk app appcontent-ms application appref-ms appx appxbundle bat chm cmd cnt com cpl deb
diagcab diagcfg diagpkg dll dmg exe fxp gadget hlp hpj hta htc img inf ins iso isp its jar jnlp js jse lnk
mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz mjs msc msh msh1 msh1xml msh2 msh2xml
mshxml msi msix msixbundle msp mst msu one ops osd pcd pif plg ppam prf prg printerexport ps1 ps1xml ps2
ps2xml psc1 psc2 psd1 rdp reg scf scr sct search-ms searchConnector-ms library-ms settingcontent-ms shb shs
sys theme themepack udl url vb vbe vbs vhd vhdx vsmacros vsw vxd webpnp website wsb ws wsc wsf wsh xbap xla
xlam xll xnk iqy slk asx bas bgi dex elf ex_ grp macho mcf nsh psdm1 pyc pyo pyw pyz pyzw vbp
accda accde accdr accdu afploc ahk applescript crx flatpakref ftploc mpkg oxt ppkg scpt vncloc vsix vsto wab
wcx xpi'''.split()
UNNAMED = '''application/hta application/x-msdownload application/x-ms-shortcut application/java-archive
text/vbscript application/javascript application/x-mscfile text/scriptlet'''.split()
PIECES = "a.7z.002 a.zip.010 a.tar.003 a.z01 a.z12 a.r00 a.R01 a.part2.rar a.part10.rar".split()
OPENERS = '''url library-ms searchConnector-ms search-ms settingcontent-ms msc rdp iqy slk appinstaller
ClickOnce contact wsb theme hta onenote chm vhd vhdx'''.split()
HONEST = "pdf docx xlsx accdb txt csv jpg png zip eml ics vcf html odt mp4 ai tif xml json bin py".split()


def by_the_example(s):
    """examples/rules.conf, as README.md says to copy it."""
    for extension in REFUSED:
        expect(f".{extension}", named(s, b"An honest line.\n", "letter." + extension), "blocked")
    for name in PIECES:
        expect(name, named(s, os.urandom(500), name), "blocked", "pieces-of-archives")
    expect("all of them in a zip", s.scan(zipped(*(("letter." + one, b"") for one in REFUSED))), "blocked")
    for extension in HONEST:
        expect(f".{extension}", named(s, b"An honest line.\n", "letter." + extension), "clean")
    for kind in OPENERS:
        expect(f"{kind}: called a text", named(s, TYPES[kind][1]), "blocked")
        expect(f"{kind}: in a zip", s.scan(zipped(("letter.txt", TYPES[kind][1]))), "blocked")
    for kind in UNNAMED:
        expect(f"{kind} without a name", mailed(s, "Content-Type: " + kind), "blocked")
    expect("a name folded within", mailed(s, 'Content-Type: a/b; name="letter.e\r\n xe"'), "blocked")
    expect("pieces of a name, counted from 1", mailed(
        s, "Content-Disposition: attachment; filename*2=xe; filename*1=letter.e"), "blocked")
    expect("text/plain without a name", mailed(s, "Content-Type: text/plain"), "clean")


def mailed(s, field):
    head = "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n"
    return s.text(Memfd((head + field + "\r\n\r\nAn honest line.\r\n--q--\r\n").encode()))


def appended(first, second, command):
    """An archive with a password on the first file alone."""
    with tempfile.TemporaryDirectory(prefix="storehook-pack-") as directory:
        for name, data in (first, second):
            with open(f"{directory}/{name}", "wb") as file:
                file.write(data)
        for options, name in ((["-P", "secret"], first[0]), ([], second[0])):
            subprocess.run([command, "-q", *options, "out.zip", name], cwd=directory, check=True)
        with open(directory + "/out.zip", "rb") as file:
            return file.read()


def pdf(*options):
    with tempfile.TemporaryDirectory(prefix="storehook-pack-") as directory:
        plain = directory + "/plain.pdf"
        objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                   b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
                   b"<</Length 40>>stream\nBT (An honest text, or so it says.) Tj ET\nendstream"]
        out, offsets = b"%PDF-1.4\n", []
        for number, body in enumerate(objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj" % number + body + b"endobj\n"
        start = len(out)
        out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
        out += b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
        with open(plain, "wb") as file:
            file.write(out)
        if not options:
            return out
        done = subprocess.run(["qpdf", "--allow-weak-crypto", "--encrypt", *options, "--", plain, directory + "/out.pdf"],
                              capture_output=True, check=False)
        assert done.returncode in (0, 3), done.stderr
        with open(directory + "/out.pdf", "rb") as file:
            return file.read()


def armor(what, data):
    """RFC 7468, as far as anybody reads it."""
    return (f"-----BEGIN {what}-----\n\n".encode() + base64.encodebytes(data)
            + f"-----END {what}-----\n".encode())


# The header of age-encryption.org/v1 with one receiver.
AGE = (b"age-encryption.org/v1\n-> X25519 " + b"a" * 43 + b"\n" + b"b" * 43 + b"\n--- " + b"c" * 43
       + b"\n" + os.urandom(300))
# RFC 4880 5.3, 5.13: what gpg --symmetric writes.
PGP = bytes.fromhex("8c0d04090302") + os.urandom(8) + b"\xff\xd2\x40\x01" + os.urandom(63)


def openssl(*options):
    return subprocess.run(["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-k", "x", *options],
                          input=b"An honest secret.\n" * 20, capture_output=True, check=True).stdout


def passwords(s):
    secret = ("secret.txt", b"An honest secret.\n" * 20)
    manifest = "<manifest:encryption-data manifest:checksum='x'/>" * 3
    cases = {
        "zip": packed("zip -q -P x % @", [secret], "out.zip"),
        "zip aes": packed("7zz a -bd -tzip -mem=AES256 -px % @", [secret], "out.zip"),
        "7z": packed("7zz a -bd -px % @", [secret], "out.7z"),
        "7z with its names": packed("7zz a -bd -px -mhe=on % @", [secret], "out.7z"),
        "arj": packed("arj a -gx % @", [secret], "out.arj"),
        "rar 4": rar4([secret], "data"), "rar 4 with its names": rar4([secret], "heads"),
        "rar 5": rar5([secret], "data"), "rar 5 with its names": rar5([secret], "heads"),
        "rar 5 behind a picture": b"GIF89a\x01\0\x01\0\0\0\0;" + rar5([secret], "data"),
        "rar 4 in a zip": zipped(("a.rar", rar4([secret], "data"))),
        "pdf, 256 bits": pdf("u", "o", "256"),
        "pdf, 128 bits": pdf("u", "o", "128"),
        "doc": ole.word(True), "xls": ole.excel(True), "ppt": ole.powerpoint(True),
        "docx": ole.encrypted_package(),
        "odt": open_document(("META-INF/manifest.xml", manifest)),
        "age": AGE, "age in lines": armor("AGE ENCRYPTED FILE", AGE),
        "age in a tar": FORMATS["tar"][0]([("a.age", AGE)]),
        "openssl": openssl(), "openssl in lines": openssl("-a"), "openssl in one": openssl("-a", "-A"),
        "openssl in a zip": zipped(("a.enc", openssl())),
        "openssl in lines in a zip": zipped(("a.enc", openssl("-a"))),
        "S/MIME": cms.wrapped("enveloped", b"a"), "S/MIME, BER": cms.wrapped("enveloped", b"a", True),
        "S/MIME in a zip": zipped(("a.p7m", cms.wrapped("enveloped", b"a"))),
        "OpenPGP in a zip": zipped(("a.gpg", PGP)),
        "OpenPGP in lines in a zip": zipped(("a.asc", armor("PGP MESSAGE", PGP))),
        "AES Crypt": b"AES\2\0\0\x1bCREATED_BY\0aescrypt 3.05\0\0\x80" + bytes(300),
        "zip in a 7z in a tar.zst": FORMATS["tar.zst"][0]([("a.7z", FORMATS["7z"][0]([
            ("b.zip", packed("zip -q -P x % @", [secret], "out.zip"))]))]),
    }
    for kind, data in cases.items():
        expect(f"{kind}: a password", s.scan(Memfd(data)), "encrypted")
    for kind, data in {"doc": ole.word(), "xls": ole.excel(), "ppt": ole.powerpoint(),
                       "odt": open_document(("META-INF/manifest.xml", "<manifest/>" * 9)),
                       "pdf": pdf()}.items():
        expect(f"{kind}: no password", s.scan(Memfd(data)), "clean")
    mixed = appended(secret, ("clam.exe", VIRUS), "zip")
    expect("zip: a password and a virus", s.scan(mixed), "infected")
    expect("zip: with a password, and a virus beside", s.scan(zipped(
        ("a.zip", cases["zip"]), ("clam.exe", VIRUS))), "infected")
    expect("doc: with a password, and a virus beside", s.scan(zipped(
        ("a.doc", cases["doc"]), ("clam.exe", VIRUS))), "infected")


def main():
    with Service("", start=False) as s:
        rules = s.directory + "/rules"
        mimes = {mime for mime, _ in TYPES.values()}
        with open(rules, "w", encoding="ascii") as out:
            for mime in sorted(mimes, reverse=True):  # x-dosexec+xll before the family
                out.write(f"[rule {mime.split('/')[1]}]\ntype={mime}\n")
        s.write_config(f"[rules]\nfile={rules}\n")
        s.start()
        types(s)
        s.stop()
        s.write_config(f"[rules]\nfile={HERE}/../../examples/rules.conf\n")
        s.start()
        by_the_example(s)
    with Service() as s:
        passwords(s)
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cleaning-markup.py CLEAN-FILES SIGNATURES - web pages and drawings without what is active.

What honest pages have besides stays byte for byte. Of the tricks by which sanitizers are passed
each must either not be cleaned at all, or have nothing active left to three readers that are not
ours: html5lib (the algorithm of browsers), libxml2's HTML (lxml), and XML where it is XML.
"""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

import html5lib
import lxml.html

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>An invoice</title>
<style type="text/css"><!-- p > b { color: red; background: url(https://x.test/a.png) } --></style>
%s
</head><body bgcolor=#ffffff class='a b'>
<p>Dear J&uuml;rgen, 1 < 2 &amp; so on.<br/><a href="https://x.test/?a=1&amp;b=2"title="x">see</a>
<img src="cid:a@b" alt=""><img src="data:image/png;base64,AAAA"><!-- ---- a note ---- -->
%s
</body></html>
"""
DRAWING = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9">
<style><![CDATA[ .a { fill: url(#g) } ]]></style><a xlink:href="#x"><path d="M0 0"/></a>
<use xlink:href="#y"/>%s</svg>
"""
# What goes out, and the name that is told.
PARTS = {
    "script": "<script>alert('</p>')</script>",
    "script, ": "<SCRIPT src='//x.test/a.js'></script >",
    "iframe": "<iframe src='https://x.test/'></iframe>",
    "embed": "<embed src=a.swf>",
    "base": "<base href='https://x.test/'>",
    "link": "<link rel=stylesheet href=a.css>",
    "conditional comment": "<!--[if IE]><p>x</p><![endif]-->",
    "declaration": "<![if !vml]>",
    "instruction": "<?xml:namespace prefix = o ns = 'urn:x' />",
    "style": "<style>p { width: expression(alert(1)) }</style>",
    "style,": "<style>p { -m\\6fz-binding: url(x) }</style>",
}
# Within a tag: `<p{}>`.
ATTRIBUTES = {
    "onclick": " onclick=\"alert('<b>')\"", "onload": "\n onLoad=x", "srcdoc": " srcdoc='x'",
    "href": " href='javascript:alert(1)'", "src": " src=vbscript:x",
    "style": " style='a:expr/**/ession(1)'", "formaction": " formaction='data:text/html,x'",
    "background": ' background="java\tscript:x"', "action": " action=j&#97;vascript:x",
    "poster": " poster='blob:x'", "title": " title='`<img>'", "xlink:href": " xlink:href='file:x'",
}
TRICKS = r"""
<scr<script></script>ipt>alert(1)</script>
<<script></script>script>alert(1)<<script></script>/script>
<<script>x</script>img src=x onerror=alert(1)>
<img src=x onerror=alert(1)//
<img src="x" onerror = "alert(1)"
<svg/onload=alert(1)>
<img/src=x/onerror=alert(1)>
<a href="x"onmouseover="alert(1)">b</a>
<a href='x'/onmouseover="alert(1)">b</a>
<a href="jav&#x09;ascript:alert(1)">b</a>
<a href="jav&Tab;ascript&colon;alert(1)">b</a>
<a href="&#0000106&#97;vascript:alert(1)">b</a>
<a href="data:text/html;base64,PHNjcmlwdD4=">b</a>
<a href="DATA:image/svg+xml,<svg onload=alert(1)>">b</a>
<form><button formaction=javascript:alert(1)>b</button></form>
<isindex action=javascript:alert(1) type=image>
<meta http-equiv="refresh" content="0;url=javascript:alert(1)">
<meta http-equiv=" Refresh " content="0;url=//x.test/">
<meta charset="utf-7"><p>+ADw-script+AD4-alert(1)+ADw-/script+AD4-</p>
<meta http-equiv="content-type" content="text/html; charset=utf-16">
<meta charset=iso-2022-jp><p title="x">y</p>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">
<math><mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></mtext></math>
<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">
<svg><style>&lt;img src=x onerror=alert(1)></style></svg>
<svg><title><img src=x onerror=alert(1)></title></svg>
<svg><desc><![CDATA[</desc><script>alert(1)</script>]]></svg>
<svg><script>alert&#40;1&#41;</script></svg>
<svg><script xlink:href=data:,alert(1)></script>
<svg><a><animate attributeName=href values=javascript:alert(1) /><text>x</text></a></svg>
<svg><animate attributeName="xlink:href" from=javascript:alert(1) to=1 /></svg>
<svg><set attributeName=onmouseover to=alert(1)>
<svg><use href="data:image/svg+xml;base64,AAAA#x"/></svg>
<svg><foreignObject><iframe onload=alert(1)></iframe></foreignObject></svg>
<noscript><p title="</noscript><img src=x onerror=alert(1)>">
<textarea><img title="</textarea><img src=x onerror=alert(1)>"></textarea>
<title><a title="</title><img src=x onerror=alert(1)>"></title>
<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp>
<noembed><p title="</noembed><img src=x onerror=alert(1)>"></noembed>
<template><style></template><img src=x onerror=alert(1)></style></template>
<plaintext><script>alert(1)</script>
<select><script>alert(1)</script></select>
<select><style><img src=x onerror=alert(1)></style></select>
<script><!--<script></script>--><img src=x onerror=alert(1)></script>
<script>/*<![CDATA[*/ x='</script><img src=x onerror=alert(1)>' /*]]>*/</script>
<script/><img src=x onerror=alert(1)></script>
<script></script/><img src=x onerror=alert(1)>
<script
<script>alert(1)
<!--><img src=x onerror=alert(1)>-->
<!---><img src=x onerror=alert(1)>-->
<!-- --!><img src=x onerror=alert(1)> -->
<!-- <!-- --><img src=x onerror=alert(1)> -->
<!--[if gte IE 4]><script>alert(1)</script><![endif]-->
<![CDATA[<img src=x onerror=alert(1)>]]>
<!x><img src=x onerror=alert(1)>
<?x ?><img src=x onerror=alert(1)>
</x onclick=alert(1)><img src=x onerror=alert(1)>
</1><img src=x onerror=alert(1)>
<!DOCTYPE x [<!ENTITY a "<script>alert(1)</script>">]><p>&a;</p>
<?xml-stylesheet type="text/xsl" href="#x"?><p>y</p>
<img src=`x`onerror=alert(1)>
<img alt="``onerror=alert(1)">
<p style="background:url(javascript:alert(1))">
<p style="x:\65xpression(alert(1))">
<p style="x:e&#x78;pression(alert(1))">
<p style="x:'/*';y:expression(1);z:'*/'">
<style>@im\port '//x.test/a.css';</style>
<style>x{}</style/><img src=x onerror=alert(1)>
<style><img src="</style><img src=x onerror=alert(1)//"></style>
<style><!-- </style><img src=x onerror=alert(1)>--></style>
<style><![CDATA[ </style><img src=x onerror=alert(1)>]]></style>
<object data=x.swf><param name=a value=b><p onclick=x>c</p></object>
<applet code=a></applet><embed src=javascript:alert(1)>
<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<iframe><p title="</iframe><img src=x onerror=alert(1)>"></iframe>
<iframe/><img src=x onerror=alert(1)>
<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>
<p xmlns:on="x" on:click="alert(1)" onclick>x</p>
<body onload=alert(1) onload=alert(2)>
<table background="javascript:alert(1)"><td background=javascript:alert(1)>
<input autofocus onfocus=alert(1)><details open ontoggle=alert(1)>
<p on\x00click=alert(1)>
<scr\x00ipt>alert(1)</script>
\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00
\xc0\xbcscript\xc0\xbealert(1)\xc0\xbc/script\xc0\xbe
\x1b$B<p title="\x1b(B><script>alert(1)</script>">x</p>
<xml id=x><a><![CDATA[<img src=x onerror=alert(1)>]]></a></xml><span datasrc=#x datafld=a></span>
<hta:application id=x><script language=vbscript>x</script>
"""


def tricks():
    for line in TRICKS.strip().splitlines():
        data = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), line.encode())
        yield data
        yield b"<html><body>" + data + b"</body></html>"
        yield b"<svg xmlns='http://www.w3.org/2000/svg'>" + data + b"</svg>"
        yield b"<html><table><tr>" + data + b"<p>more</table><select><option>" + data


BAD = {"script", "iframe", "object", "embed", "applet", "base", "link", "frame", "foreignobject"}


def local(name):
    return re.split("[}:]", str(name))[-1].lower()


def active_in(tree):
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        if local(node.tag) in BAD:
            yield node.tag
        for name, value in node.attrib.items():
            plain = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("xmlns"):
                continue
            if (local(name).startswith("on") or local(name) in ("srcdoc", "http-equiv")
                    or re.match("(java|vb|live)script:|data:(?!image/(png|gif|jpe?g))", plain)
                    or (local(name) == "style" and re.search("expression|script:", plain))):
                yield f"{node.tag} {name}={value}"
        if local(node.tag) == "style" and re.search("expression|@import|<(?!!--|!.CDATA)", node.text or ""):
            yield node.text


def all_active(data):
    text = data.decode("utf-8", "replace")
    yield from active_in(html5lib.parse(text, namespaceHTMLElements=False))
    for container in ("div", "svg svg", "math math", "select", "table", "noscript"):
        fragment = html5lib.parseFragment(text, container=container, namespaceHTMLElements=False)
        yield from active_in(fragment)
    yield from active_in(html5lib.HTMLParser(namespaceHTMLElements=False).parse(
        text, scripting=True))
    try:
        yield from active_in(lxml.html.document_fromstring(data))
    except lxml.etree.LxmlError:
        pass
    try:
        yield from active_in(xml.fromstring(data))
    except xml.ParseError:
        pass


class Cleaner:
    def __init__(self, program, signatures):
        self.command = [program, signatures]

    def run(self, pages):
        """For each what it became, or None, and what was taken out."""
        with tempfile.TemporaryDirectory(prefix="storehook-cleaning-") as folder:
            words = []
            for number, page in enumerate(pages):
                with open(f"{folder}/{number}", "wb") as out:
                    out.write(page)
                words += [f"{folder}/{number}", f"{folder}/{number}.out"]
            done = subprocess.run(self.command + words, capture_output=True, text=True, check=True,
                                  timeout=100)
            lines = done.stdout.splitlines()
            assert len(lines) == len(pages), done.stderr
            for number, line in enumerate(lines):
                path = f"{folder}/{number}.out"
                if not os.path.exists(path):
                    yield None, line
                    continue
                with open(path, "rb") as file:
                    yield file.read(), line


def without_note(data):
    text, note = data.rsplit(b"<!-- Removed REF-1", 1)
    assert note.endswith(b" -->\r\n") and note.count(b"--") == 1, note
    return text


def honest(cleaner):
    """Each thing alone in a page, then all together; the rest of the page stays as it was."""
    cases = [("nothing", PAGE % ("", ""), None, "")]
    for name, part in PARTS.items():
        told = name.rstrip(", ")
        cases.append((name, PAGE % ("", f"a{part}b"), PAGE % ("", "ab"), told))
    for name, part in ATTRIBUTES.items():
        cases.append((name, PAGE % ("", f"<p{part}>"), PAGE % ("", "<p>"), name))
        cases.append((name, PAGE % ("", f"<p a='b'{part} c>"), PAGE % ("", "<p a='b' c>"), name))
    cases.append(("object", PAGE % ("", "<object data=a><p>else</p></object>"),
                  PAGE % ("", "<p>else</p>"), "object"))
    cases.append(("refresh", PAGE % ("<meta http-equiv=refresh content='0;url=x'>", ""),
                  PAGE % ("<meta content='0;url=x'>", ""), "http-equiv"))
    everything = "".join(PARTS.values())
    cases.append(("all", PAGE % (everything, everything), PAGE % ("", ""), "script,iframe"))
    for part in ("<script>alert('&lt;')</script>", '<script xlink:href="a"/>',
                 "<foreignObject></foreignObject>", "<handler>x</handler>"):
        cases.append(("drawing", DRAWING % part, DRAWING % "", part[1:].split(">")[0].split()[0].lower()))
    cases.append(("animation", DRAWING % '<set attributeName="onclick" to="x()"/>',
                  DRAWING % '<set to="x()"/>', "attributename"))
    wrong = 0
    for (what, page, expected, told), (data, removed) in zip(
            cases, cleaner.run([page.encode() for _, page, _, _ in cases])):
        text = without_note(data).decode() if data else None
        if text != expected or not removed.startswith(told) or (expected and not removed):
            print(f"{what}: removed {removed!r}, got {text}")
            wrong += 1
        if text:
            assert not list(all_active(data)), what
    return len(cases), wrong


def hostile(cleaner):
    wrong, cleaned = 0, 0
    pages = list(tricks())
    for page, (data, _) in zip(pages, cleaner.run(pages)):
        left = list(all_active(data)) if data else []
        cleaned += data is not None
        if left:
            print(f"{page!r} became {data!r}: {left}")
            wrong += 1
    assert cleaned > 50, "hardly any is cleaned"
    return len(pages), wrong


def main(program, signatures):
    cleaner = Cleaner(program, signatures)
    (pages, wrong), (bad_pages, bad) = honest(cleaner), hostile(cleaner)
    print(f"{pages} pages, {wrong} cleaned wrongly; {bad_pages} tricks, {bad} passed")
    return wrong + bad > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

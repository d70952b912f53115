#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""clean-mail.py JUDGE-FILES SIGNATURES - ordinary mail stays what it is: nothing in it is infected,
suspicious or ambiguous.

The messages are those that Python's testsuite ships, those that mutt, swaks and Python's email
package write, and texts of the system packed in all ways. What is ambiguous in Python's testsuite
is so on purpose, and stands below with the reason.
"""
import email.message
import email.policy
import glob
import os
import subprocess
import sys
import tempfile

# Samples that Python made to be hard to read.
EXCEPTIONS = {
    "msg_15.txt": "boundary-like-another",  # one boundary for a multipart and the one within it
    "msg_19.txt": "no-colon",               # no message: a text without any header
    "msg_25.txt": "boundary-missing",       # a report whose boundary is not declared
    "msg_33.txt": "boundary-in-pieces",     # boundary*= after RFC 2231
    "msg_35.txt": "no-colon",               # no empty line between header and body
    "msg_38.txt": "no-colon",               # boundaries of the outer parts stand in inner texts
    "msg_39.txt": "boundary-like-another",  # as 15
    "msg_41.txt": "boundary-missing",       # a multipart without a boundary
}
BAD = {"infected", "suspicious", "ambiguous", "not-scanned", "not-fully-scanned"}


def python_samples():
    return sorted(glob.glob("/usr/lib/python3.*/test/test_email/data/msg_*.txt"))


def texts():
    """What people paste and attach: licences, sources, tables."""
    found = sorted(glob.glob("/usr/share/common-licenses/*")) + sorted(glob.glob("/usr/lib/python3.11/*.py"))
    for path in found[:160]:
        with open(path, encoding="utf-8", errors="replace") as file:
            yield os.path.basename(path), file.read(40000)


def header(message, subject):
    message["From"] = "Jürgen Müller <jm@example.org>"
    message["To"] = "bob@example.com, =?utf-8?q?Ren=C3=A9?= <rene@example.com>"
    message["Subject"] = subject
    message["Date"] = "Tue, 04 Jun 2024 09:12:00 +0000"
    message["DKIM-Signature"] = ("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1; "
                                 "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=" + "Zm9v" * 43)


def generated():
    """The same texts as body and attachment, in every encoding and in nested structures."""
    for number, (name, text) in enumerate(texts()):
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        header(message, f"{name} – für Sie")
        encoding = ("quoted-printable", "base64", "8bit", None)[number % 4]
        message.set_content(text, cte=encoding)
        if number % 3 == 1:
            message.add_alternative(f"<html><body><pre>{text}</pre></body></html>", subtype="html")
        if number % 3 == 2:
            message.add_attachment(text, filename=f"Übersicht {name}", cte="quoted-printable")
            message.add_attachment(os.urandom(3000), maintype="application", subtype="pdf",
                                   filename=name + ".pdf")
        if number % 5 == 4:
            outer = email.message.EmailMessage(policy=email.policy.SMTP)
            header(outer, "Fwd: " + name)
            outer.set_content("see below")
            outer.add_attachment(message)
            message = outer
        yield f"generated-{number}", message.as_bytes()


def from_mutt(folder):
    for number, extra in enumerate(([], ["-a", "/usr/share/common-licenses/BSD", "--"])):
        path = f"{folder}/mutt-{number}"
        with open(f"{folder}/muttrc", "w", encoding="utf-8") as rc:
            rc.write(f"set sendmail='{folder}/take {path}'\nset copy=no\nset use_from=yes\n"
                     "set from='a@example.org'\nset sendmail_wait=0\n")
        with open(f"{folder}/take", "w", encoding="utf-8") as take:
            take.write('#!/bin/sh\ncat > "$1"\n')
        os.chmod(f"{folder}/take", 0o755)
        subprocess.run(["mutt", "-n", "-F", f"{folder}/muttrc", "-s", "Grüße", *extra, "b@example.org"],
                       input="Hallo René,\n\n-- \ngruß\n".encode(), check=True, timeout=30,
                       env={**os.environ, "HOME": folder, "LC_ALL": "C.UTF-8"},
                       stdout=subprocess.DEVNULL)
        yield path


def from_swaks(folder):
    run = subprocess.run(["swaks", "--to", "b@example.org", "--from", "a@example.org", "--server",
                          "127.0.0.1", "--attach", "/usr/share/common-licenses/BSD", "--dump-mail"],
                         capture_output=True, check=True, timeout=30)
    with open(f"{folder}/swaks", "wb") as out:
        out.write(run.stdout)
    assert b"multipart/mixed" in run.stdout, run.stdout
    return f"{folder}/swaks"


def main(judge_files, signatures):
    with tempfile.TemporaryDirectory(prefix="clean-mail.") as folder:
        paths = python_samples()
        assert len(paths) > 40, "libpython3.11-testsuite is not installed"
        for name, data in generated():
            paths.append(f"{folder}/{name}")
            with open(paths[-1], "wb") as out:
                out.write(data)
        paths += [*from_mutt(folder), from_swaks(folder)]
        run = subprocess.run([judge_files, "message", signatures, *paths], capture_output=True, text=True,
                             check=True, timeout=300)
        lines = [line.split("\t") for line in run.stdout.splitlines()]
        assert len(lines) == len(paths), run.stderr
        wrong = []
        for kind, reason, path in lines:
            expected = EXCEPTIONS.get(os.path.basename(path))
            if (kind in BAD or expected) and (kind, reason) != ("ambiguous", expected):
                wrong.append(f"{path}: {kind} {reason}")
        print(f"{len(lines)} messages, {len(EXCEPTIONS)} known exceptions, {len(wrong)} wrong")
        sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main(*sys.argv[1:])

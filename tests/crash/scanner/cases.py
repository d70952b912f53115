# SPDX-License-Identifier: GPL-2.0-or-later
"""What the programs beside this share: contents, and a list of tests that main() runs by name."""
import base64
import hashlib
import io
import os
import sys
import tarfile
import time
import traceback
import zipfile

from wire import Died, Late

TESTS = []


QUICK = bool(os.environ.get("STOREHOOK_TEST_QUICK"))


def test(function):
    TESTS.append(function)
    return function


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def tarred(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def mail(*parts, boundary="=_b1"):
    lines = ["From: a@example.org", "To: b@example.org", "Subject: test", "MIME-Version: 1.0",
             f'Content-Type: multipart/mixed; boundary="{boundary}"', "", "preamble"]
    for header, body in parts:
        lines += [f"--{boundary}", *header, "", body]
    return ("\r\n".join(lines + [f"--{boundary}--", ""])).encode("latin-1")


def base64_lines(data):
    return base64.encodebytes(data).decode().strip().replace("\n", "\r\n")


PLAIN = (["Content-Type: text/plain"], "Good morning.")


def attachment(data, name="a.bin", body=None):
    return ([f'Content-Type: application/octet-stream; name="{name}"',
             "Content-Transfer-Encoding: base64"], body or base64_lines(data))


def unseen(size):
    """Harmless. Random from the first byte on, one in some thousands begins as an archive does."""
    return b"words " + os.urandom(size - 6)


def never_clean(ask, data):
    """Asks; TRUE if a verdict came. A clean one is a failure of the test."""
    try:
        answer = ask(data)
    except (Died, Late, OSError):
        return False
    assert answer["verdict"] != "clean", answer
    return True


def died(ask, data, **more):
    try:
        answer = ask(data, **more)
    except Died:
        return True
    assert (answer["verdict"], answer["verdict_name"]) == ("not-fully-scanned",
                                                            b"crashes the scanner"), answer
    return False


def temp_of(s):
    return s.temp + "/storehookd-" + hashlib.sha256(s.socket.encode()).hexdigest()[:16]


def main():
    wanted = sys.argv[1:]
    failed = 0
    for function in TESTS:
        if wanted and function.__name__ not in wanted:
            continue
        begin = time.monotonic()
        try:
            function()
            result = "ok"
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            result, failed = "FAILED", failed + 1
        print(f"{function.__name__}: {result} ({time.monotonic() - begin:.1f} s)", flush=True)
    return failed != 0

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""clean-corpus.py JUDGE-FILES SIGNATURES - what Debian ships is clean.

Every file of the packages below: pages, drawings, manuals as PDF and EPUB, workbooks, letters,
archives, sources, test data; and the workbooks that the examples of two Perl libraries write. What
is not clean stands in EXCEPTIONS with the reason, or is a fault of ours.
"""
import glob
import os
import subprocess
import sys
import tempfile

PACKAGES = (
    "debian-policy", "developers-reference", "docbook-xsl-doc-html", "docutils-doc",
    "libexcel-writer-xlsx-perl", "libpython3.11-testsuite", "libspreadsheet-parseexcel-perl",
    "libspreadsheet-writeexcel-perl", "mailutils-doc", "postfix-doc", "python3-docx", "python3-xlrd",
    "spamassassin", "tango-icon-theme")
MAILS = "/usr/share/doc/spamassassin/examples/sample-*.txt"
EXAMPLES = ("/usr/share/doc/libspreadsheet-writeexcel-perl/examples/*.pl",
            "/usr/share/doc/libexcel-writer-xlsx-perl/examples/*.pl")
_MAIL = "/usr/lib/python3.11/test/test_email/data/"
_ON_PURPOSE = "made to be hard to read, for Python's own parser; see clean-mail.py"
# Path: verdict, reason, why it is so.
EXCEPTIONS = {
    "/usr/lib/python3.11/test/recursion.tar": (
        "not-fully-scanned", "archive: cannot be unpacked",
        "a header that made tarfile loop for ever (CVE-2019-20907); no tar reads it"),
    _MAIL + "msg_15.txt": ("ambiguous", "boundary-like-another", _ON_PURPOSE),
    _MAIL + "msg_25.txt": ("ambiguous", "boundary-missing", _ON_PURPOSE),
    _MAIL + "msg_33.txt": ("ambiguous", "boundary-in-pieces", _ON_PURPOSE),
    _MAIL + "msg_35.txt": ("ambiguous", "no-colon", _ON_PURPOSE),
    _MAIL + "msg_38.txt": ("ambiguous", "no-colon", _ON_PURPOSE),
    _MAIL + "msg_39.txt": ("ambiguous", "boundary-like-another", _ON_PURPOSE),
    _MAIL + "msg_41.txt": ("ambiguous", "boundary-missing", _ON_PURPOSE),
}
BATCH = 400
QUICK_STEP = 12  # one file of so many
LARGE = 20 << 20
QUICK = bool(os.environ.get("STOREHOOK_TEST_QUICK"))


def shipped():
    listed = subprocess.run(["dpkg-query", "-L", *PACKAGES], capture_output=True, text=True,
                            check=True).stdout.split("\n")
    return sorted({path for path in listed if os.path.isfile(path) and not os.path.islink(path)
                   and os.path.getsize(path) <= LARGE})


def written(folder):
    """What the examples write into the folder that they are run in."""
    for pattern in EXAMPLES:
        for example in sorted(glob.glob(pattern)):
            # Some of them want arguments, modules or a web server.
            subprocess.run(["perl", example], cwd=folder, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=60, check=False)
    return sorted(glob.glob(folder + "/*.xls*"))


def judge(program, kind, signatures, paths):
    for begin in range(0, len(paths), BATCH):
        batch = paths[begin:begin + BATCH]
        done = subprocess.run([program, kind, signatures, *batch], capture_output=True, text=True,
                              check=False, timeout=300)
        assert done.returncode == 0, f"judge-files: {done.returncode}\n{done.stderr[:3000]}"
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        assert [path for *_, path in lines] == batch
        yield from lines


def main(program, signatures):
    with tempfile.TemporaryDirectory(prefix="storehook-corpus-") as folder:
        paths = shipped()
        if QUICK:
            paths = sorted({*paths[::QUICK_STEP], *EXCEPTIONS})
        else:
            assert len(paths) > 4000, f"only {len(paths)} files: are all packages installed?"
            workbooks = written(folder)
            assert len(workbooks) > 100, workbooks
            paths += workbooks
        mails = glob.glob(MAILS)
        assert len(mails) == 2, mails
        told = [*judge(program, "content", signatures, paths),
                *judge(program, "message", signatures, mails)]
    wrong = [f"{path}: {kind} {reason}" for kind, reason, path in told
             if (kind, reason) != EXCEPTIONS.get(path, ("clean", ""))[:2]]
    print(f"{len(told)} files, {len(EXCEPTIONS)} known exceptions, {len(wrong)} wrong")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main(*sys.argv[1:])

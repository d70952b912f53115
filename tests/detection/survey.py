#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the service says of honest files: by hand, over folders that hold them.

usage: survey.py BUILD FOLDER...

Asks about each file of at most 8 MB below the folders, *.eml as the text of a message, and tells
each that the default configuration would not let through, and how many had which verdict. The
sources of programs that read documents bring thousands (apt-get source libreoffice,
libapache-poi-java, qpdf, notmuch), some of which are attacks: look at each that is told.
"""
import collections
import concurrent.futures
import os
import pathlib
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE + "/../crash/scanner"]
SIZE_MAX = 8 << 20
DEADLINE = 60000
PASS = ("clean", "encrypted", "ambiguous")


def files(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= SIZE_MAX:
                yield path


def main():
    if len(sys.argv) < 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    os.environ["STOREHOOK_BUILD"] = os.path.abspath(sys.argv[1])
    from wire import Died, Late, Memfd, Service  # reads the variable
    counts = collections.Counter()

    with Service(f"[service]\nbackground-deadline={DEADLINE}\ndeadline={DEADLINE}\n") as s:
        def ask(path):
            data = path.read_bytes()
            try:
                answer = (s.text(data, deadline=DEADLINE) if path.suffix == ".eml" else
                          s.scan(Memfd(data), deadline=DEADLINE))
            except (Died, Late) as error:
                return path, type(error).__name__.lower(), ""
            return path, answer["verdict"], answer.get("verdict_name", b"").decode()

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for path, verdict, name in pool.map(ask, files(sys.argv[2:])):
                counts[verdict] += 1
                if verdict not in PASS:
                    print(f"{verdict}\t{name}\t{path}", flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()) or "no files")
    return 0


if __name__ == "__main__":
    sys.exit(main())

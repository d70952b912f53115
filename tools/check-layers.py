#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-layers.py [--self-test] - is every #include allowed by tools/layers.txt?

Quoted includes name a file of this project from its top folder; <...> names a header of the system.
With --self-test it adds a forbidden include to a copy of the tree and must go red for each.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from layers import TOP, Layers, project_files

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# (file to spoil, the line, why it is forbidden)
FORBIDDEN = [
    ("mailstore/ese/spoiled.c", "#include <glib.h>", "the engine has no GLib"),
    ("mailstore/ese/spoiled.c", '#include "mailstore/message/message-store.h"', "upwards"),
    ("mailstore/message/spoiled.c", "#include <lmdb.h>", "only through esent.h"),
    ("mailstore/message/spoiled.c", '#include "mailstore/ese/store.h"', "inside of the engine"),
    ("mailstore/server/spoiled.c", '#include "mailstore/ese/esent.h"', "only the message layer"),
    ("mailstore/server/spoiled.c", '#include "scanner/common/verdict.h"', "the store knows no scanner"),
    ("mailstore/server/spoiled.c", '#include "libstorehook/storehook.h"', "nor the hook"),
    ("libstorehook/spoiled.c", "#include <glib.h>", "libc only"),
    ("libstorehook/spoiled.h", '#include "mailstore/ese/store.h"', "types of esent.h only"),
    ("filters/spoiled.c", '#include "scanner/common/config.h"', "upwards"),
    ("filters/spoiled.c", "#include <clamav.h>", "not its concern"),
    ("scanner/spoiled.c", '#include "mailstore/ese/esent.h"', "the service opens no store"),
    ("scanner/spoiled.c", '#include "libstorehook/hook.h"', "only the protocol"),
    ("scanner/supervisor/spoiled.c", '#include "scanner/mail/mail-part.h"', "it parses no content"),
    ("scanner/supervisor/spoiled.c", '#include "scanner/judge/judge.h"', "nor does it judge"),
    ("scanner/supervisor/spoiled.c", "#include <clamav.h>", "nor scan"),
    ("scanner/records/spoiled.c", "#include <gmime/gmime.h>", "nor do its records"),
    ("scanner/judge/spoiled.c", '#include "scanner/records/incidents.h"', "a caged worker has none"),
    ("scanner/judge/spoiled.c", "#include <clamav.h>", "only through the engine"),
    ("scanner/mail/spoiled.c", '#include "scanner/scan/engine.h"', "upwards"),
    ("scanner/ctl/spoiled.c", '#include "scanner/supervisor/supervisor.h"', "by the socket only"),
    ("examples/spoiled.c", '#include "mailstore/ese/esent.h"', "installed headers only"),
    ("gateway/spoiled.c", "#include <stdio.h>", "a folder that the table does not name"),
]


def problems(top):
    layers, found = Layers(), []
    for path in project_files(".c", ".h", ".cc", ".cpp", top=top):
        layer = layers.of(path)
        if layer is None:
            found.append(f"{path}: its folder is not in tools/layers.txt")
            continue
        for number, line in enumerate(open(os.path.join(top, path), errors="replace"), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind = "local" if match[1] == '"' else "system"
            if not layers.allows(layer, kind, match[2]):
                found.append(f"{path}:{number}: {line.strip()}: not allowed by tools/layers.txt")
    return found


def self_test():
    failures = 0
    for path, line, why in FORBIDDEN:
        with tempfile.TemporaryDirectory(prefix="check-layers.") as top:
            for name in project_files(".h"):
                os.makedirs(os.path.join(top, os.path.dirname(name)), exist_ok=True)
                shutil.copy(os.path.join(TOP, name), os.path.join(top, name))
            spoiled = os.path.join(top, path)
            os.makedirs(os.path.dirname(spoiled), exist_ok=True)
            with open(spoiled, "w", encoding="utf-8") as out:
                out.write(line + "\n")
            subprocess.run(["git", "init", "-q", top], check=True)
            if not any(p.startswith(path) for p in problems(top)):
                print(f"self-test: {line} in {path} was let through ({why})")
                failures += 1
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    if sys.argv[1:]:
        sys.exit("usage: check-layers.py [--self-test]")
    found = problems(TOP)
    print("\n".join(found) or "every include is allowed")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

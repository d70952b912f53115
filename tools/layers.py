# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads tools/layers.txt, for the checks beside it; and lists the files that a check looks at."""
import fnmatch
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Layers:
    def __init__(self, path=os.path.join(TOP, "tools", "layers.txt")):
        self.libc, self.layers, self.links = [], {}, {}
        layer = None
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            key, values = words[0], words[1:]
            if key == "libc":
                self.libc += values
            elif key == "layer" and len(values) == 1:
                layer = self.layers.setdefault(values[0], {"local": [], "system": []})
            elif key in ("local", "system") and layer is not None:
                layer[key] += values
            elif key == "links" and len(values) > 1:
                self.links[values[0]] = values[1:]
            else:
                raise SystemExit(f"{path}:{number}: not understood: {line.strip()}")

    def of(self, path):
        """The layer that a file belongs to: the longest folder that holds it, or None."""
        names = [name for name in self.layers if path.startswith(name + "/")]
        return self.layers[max(names, key=len)] if names else None

    def allows(self, layer, kind, name):
        globs = layer[kind] + (self.libc if kind == "system" else [])
        return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def project_files(*suffixes, top=TOP):
    """Files of the project: what git tracks or would add, or all outside of build directories."""
    try:
        command = ["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        out = subprocess.run(command, check=True, capture_output=True).stdout
        names = sorted(set(out.decode().split("\0")) - {""})
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, files in os.walk(top):
            folders[:] = [f for f in folders if not f.startswith(("build", ".git"))]
            names += [os.path.relpath(os.path.join(folder, f), top) for f in files]
    return [n for n in sorted(names)
            if n.endswith(suffixes or ("",)) and os.path.isfile(os.path.join(top, n))]

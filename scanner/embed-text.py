#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a text file as a C string: embed-text.py INPUT NAME OUTPUT"""
import json
import sys

source, name, target = sys.argv[1:]
with open(source, encoding="ascii") as text, open(target, "w", encoding="ascii") as out:
    out.write("/* Made from %s; do not edit. */\n" % source.rsplit("/", 1)[-1])
    out.write("#define %s \\\n" % name)
    out.write(" \\\n".join("    " + json.dumps(line) for line in text) + "\n")

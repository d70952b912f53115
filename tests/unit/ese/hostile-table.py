#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of all exported functions for jet-hostile.c, from the headers: hostile-table.py FOLDER OUT

A function that is exported later is in the table with the next build.
"""
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import spellings  # noqa: E402

KINDS = {
    "JET_SESID": "SESSION", "JET_TABLEID": "TABLE", "JET_INSTANCE": "INSTANCE",
    "JET_DBID": "DATABASE", "JET_COLUMNID": "COLUMN", "JET_GRBIT": "GRBIT",
    "JET_OSSNAPID": "NUMBER", "JET_HANDLE": "NUMBER", "JET_PCSTR": "TEXT", "JET_PCWSTR": "TEXT",
    "JET_PSTR": "BUFFER", "JET_PWSTR": "BUFFER", "JET_INSTANCE *": "INSTANCE_POINTER",
    "JET_PFNREALLOC": "REALLOC", "JET_CALLBACK": "CALLBACK", "void *": "BUFFER", "const void *": "BUFFER",
    "const char *": "TEXT", "char *": "NOTHING",
}


def kind_of(argument, wide):
    declared = argument.declare(wide)
    kind = re.sub(r"\s*\w+$", "", declared).strip()
    if kind in KINDS:
        return KINDS[kind], "1, NULL"
    if kind.startswith("JET_PFN"):
        return "CALLBACK", "1, NULL"
    if kind.endswith("*"):
        name = re.sub(r"^const ", "", kind[:-1].strip())
        return "STRUCT", "sizeof(%s), \"%s\"" % (name, name)
    if kind == "uint32_t" and argument.name.startswith("cb"):
        return "SIZE", "1, NULL"
    if kind in ("uint32_t", "int32_t") and re.match(r"c(?!pg|msec|recMax|Row)", argument.name):
        return "COUNT", "1, NULL"
    return "NUMBER", "1, NULL"


def main():
    rows = []
    for function in spellings.functions(sys.argv[1]):
        for name in function.spellings():
            wide = name.endswith("W") and name != function.name
            kinds = [kind_of(a, wide) for a in function.arguments if a.type != "void"]
            rows.append('    {"%s", (HostileFunction)%s, %d,\n     {%s}},' % (
                name, name, len(kinds), ", ".join("{ARGUMENT_%s, %s}" % k for k in kinds)))
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("/* Made by hostile-table.py. */\n\nstatic const Hostile functions[] = {\n"
                  + "\n".join(rows) + "\n};\n")


main()

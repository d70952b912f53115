#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The three spellings of every JET function, from the prototypes in esent.h and esent-system.h.

    spellings.py SOURCE-FOLDER BUILD-FOLDER   writes, for the build:
        entry.h       prototypes of the functions behind the exported ones (entry_*)
        spellings.c   the exported functions: JetX, and JetXA and JetXW where there is text
        error-names.h names of errors and warnings
    spellings.py --write SOURCE-FOLDER        writes what is kept in the repository:
        esent-spellings.h  prototypes of the A and W forms
        esent.sym          the list of exported functions
    spellings.py --check SOURCE-FOLDER        tells whether those are up to date
"""
import os
import re
import sys

# Functions that return text in a buffer whose meaning depends on a level get one more argument,
# whether the text is to be UTF-16.
WIDE_RESULT = {"JetGetTableInfo", "JetGetTableColumnInfo", "JetGetColumnInfo",
               "JetGetTableIndexInfo", "JetGetIndexInfo", "JetGetObjectInfo",
               "JetGetDatabaseInfo", "JetGetInstanceInfo", "JetOSSnapshotFreeze",
               "JetOSSnapshotGetFreezeInfo", "JetGetAttachInfoInstance", "JetGetLogInfoInstance",
               "JetGetTruncateLogInfoInstance"}
# The _W spelling differs in nothing but its name.
ALIKE = {"JetGetErrorInfo"}
# The text in these is not looked at, or made in the form that the argument above says: the
# functions behind take either.
PASSED_ON = {"JET_RSTINFO *", "JET_INSTANCE_INFO **", "JET_CONVERT *"}
# Structures with text in them; wide.c turns the _W form into the other and gives results back.
STRUCTURES = {
    "JET_TABLECREATE2": "tablecreate2", "JET_TABLECREATE3": "tablecreate3",
    "JET_TABLECREATE4": "tablecreate4", "JET_INDEXCREATE": "indexcreate",
    "JET_INDEXCREATE2": "indexcreate2", "JET_INDEXCREATE3": "indexcreate3",
}
HEADERS = ["esent-system.h", "esent.h"]
NOTICE = "/* Made by spellings.py from esent.h; do not edit. */\n"
LICENCE = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"


class Argument:
    def __init__(self, text):
        match = re.fullmatch(r"(.*?)(\w+)", text.strip(), re.S)
        self.type = re.sub(r"\s+", " ", match[1]).strip()
        self.name = match[2]
        self.structure = re.sub(r" \*$", "", self.type)

    def has_text(self):
        return (self.type in ("JET_PCSTR", "JET_PSTR") or self.structure in STRUCTURES
                or self.type in PASSED_ON
                or self.name == "szKey")

    def declare(self, wide=False):
        kind = self.type
        if wide:
            kind = {"JET_PCSTR": "JET_PCWSTR", "JET_PSTR": "JET_PWSTR"}.get(kind, kind)
            if self.name == "szKey":
                kind = "JET_PCWSTR"
            if self.structure in STRUCTURES:
                kind = self.structure + "_W *"
            if self.type in PASSED_ON:
                kind = self.type.replace(" ", "_W ", 1)
        return kind + ("" if kind.endswith("*") else " ") + self.name


class Function:
    def __init__(self, name, arguments):
        self.name = name
        self.arguments = [Argument(a) for a in arguments.split(",")]
        snake = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name[3:]).lower()
        self.entry = "entry_" + snake
        self.wide_result = name in WIDE_RESULT

    def has_text(self):
        return self.wide_result or self.name in ALIKE or any(a.has_text() for a in self.arguments)

    def spellings(self):
        return [self.name] + ([self.name + "A", self.name + "W"] if self.has_text() else [])

    def prototype(self, name, wide=False, extra=""):
        return "JET_ERR %s(%s%s)" % (name, ", ".join(a.declare(wide) for a in self.arguments),
                                     extra)

    def call(self, values, wide=False):
        flag = (", true" if wide else ", false") if self.wide_result else ""
        return "%s(%s%s)" % (self.entry, ", ".join(values), flag)

    def narrow(self, name):
        return "%s\n{\n    return %s;\n}\n" % (self.prototype(name),
                                               self.call([a.name for a in self.arguments]))

    def wide(self):
        before, after, values = [], [], []
        for index, a in enumerate(self.arguments):
            local = "narrow%d" % index
            following = self.arguments[index + 1].name if index + 1 < len(self.arguments) else "0"
            if a.type in PASSED_ON or a.name.startswith("szz"):
                values.append("(%s)%s" % (a.type, a.name))
            elif a.name == "pColumnNameOrId":
                before.append("WideText %s;" % local)
                after.append("err = wide_name_or_id(%s, InfoLevel, &%s);" % (a.name, local))
                values.append(local + ".text")
            elif a.name == "szColumnName" and "InfoLevel" in [b.name for b in self.arguments]:
                before.append("WideText %s;" % local)
                after.append("err = wide_name_or_id(%s, InfoLevel, &%s);" % (a.name, local))
                values.append(local + ".text")
            elif a.type == "JET_PCSTR":
                before.append("WideText %s;" % local)
                after.append("err = wide_text(%s, &%s);" % (a.name, local))
                values.append(local + ".text")
            elif a.name == "szKey":
                before.append("WideText %s;" % local)
                after.append("err = wide_text_counted(szKey, cbKey, &%s);" % local)
                values.append(local + ".text")
            elif a.name == "cbKey":
                values.append("narrow%d.size" % (index - 1))
            elif a.type == "JET_PSTR":
                before.append("WideResult %s;" % local)
                after.append("err = wide_result_begin(%s, %s, &%s);" % (a.name, following, local))
                values.append(local + ".text")
            elif a.structure in STRUCTURES:
                before.append("Wide%s %s;" % (STRUCTURES[a.structure].capitalize(), local))
                count = ", " + following if a.structure.startswith("JET_INDEXCREATE") else ""
                after.append("err = wide_%s_begin(%s%s, &%s);"
                             % (STRUCTURES[a.structure], a.name, count, local))
                values.append(local + ".narrow")
            elif (index > 0 and self.arguments[index - 1].type == "JET_PSTR"
                  and not self.arguments[index - 1].name.startswith("szz")):
                values.append("narrow%d.size" % (index - 1))
            else:
                values.append(a.name)
        lines = ["    JET_ERR err = JET_errSuccess;"]
        lines += ["    " + b[:-1] + " = {0};" for b in before]
        lines += ["    if (err >= 0)\n        " + a for a in after]
        lines += ["    if (err >= 0)\n        err = %s;" % self.call(values, True)]
        for line in before:
            kind, local = line[:-1].split()
            if kind == "WideText":
                lines.append("    wide_text_clear(&%s);" % local)
            else:
                snake = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", kind).lower()
                lines.append("    err = %s_end(&%s, err);" % (snake, local))
        lines.append("    return err;")
        return "%s\n{\n%s\n}\n" % (self.prototype(self.name + "W", True), "\n".join(lines))


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def functions(folder):
    header = "".join(read(folder, name) for name in HEADERS)
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    return [Function(m[1], m[2])
            for m in re.finditer(r"^JET_ERR (Jet\w+)\(([^;]*)\);", header, re.M)]


def entry_header(all_functions):
    extra = {True: ", bool wide", False: ""}
    lines = [f.prototype(f.entry, extra=extra[f.wide_result]) + ";" for f in all_functions]
    return (LICENCE + NOTICE + "#ifndef MAILSTORE_ESE_ENTRY_H\n#define MAILSTORE_ESE_ENTRY_H\n\n"
            '#include <stdbool.h>\n\n#include "mailstore/ese/esent.h"\n\n'
            + "\n".join(lines) + "\n\n#endif\n")


def definitions(all_functions):
    parts = [LICENCE + NOTICE
             + "#pragma GCC visibility push(default)\n"
             + '#include "mailstore/ese/esent.h"\n#pragma GCC visibility pop\n\n'
             + '#include "mailstore/ese/entry.h"\n#include "mailstore/ese/wide.h"\n']
    for f in all_functions:
        parts += [f.narrow(name) for name in f.spellings() if not name.endswith("W")]
        if f.has_text():
            parts.append(f.wide())
    return "\n".join(parts)


def public_header(all_functions):
    lines = [LICENCE + "/*\n * esent-spellings.h - the A (UTF-8) and W (UTF-16) forms of the"
             " functions in esent.h, which\n * includes this. Made by spellings.py; do not edit.\n"
             " */\n#ifndef ESENT_SPELLINGS_H\n#define ESENT_SPELLINGS_H\n\n/* clang-format off */"]
    for f in all_functions:
        if f.has_text():
            lines.append(f.prototype(f.name + "A") + ";")
            lines.append(f.prototype(f.name + "W", True) + ";")
    return "\n".join(lines) + "\n/* clang-format on */\n\n#endif\n"


def symbols(all_functions):
    names = sorted(n for f in all_functions for n in f.spellings())
    return "{\n    global:\n" + "".join("        %s;\n" % n for n in names) \
        + "    local:\n        *;\n};\n"


def error_names(folder):
    seen, rows = set(), []
    for m in re.finditer(r"^#define (JET_(?:err(?!cat)|wrn)\w+) \(?(-?\d+)\)?$",
                         read(folder, "esent-codes.h"), re.M):
        if m[2] not in seen:
            seen.add(m[2])
            rows.append('    {%s, "%s"},' % (m[2], m[1]))
    return (LICENCE + NOTICE + '#include "mailstore/ese/esent.h"\n\n'
            "static const struct {\n    JET_ERR err;\n    const char *name;\n} error_names[] = {\n"
            + "\n".join(rows) + "\n};\n")


def main(arguments):
    if arguments[0] in ("--write", "--check"):
        folder = arguments[1]
        kept = {"esent-spellings.h": public_header(functions(folder)),
                "esent.sym": symbols(functions(folder))}
        if arguments[0] == "--write":
            for name, text in kept.items():
                write(folder, name, text)
            return 0
        stale = [name for name, text in kept.items() if read(folder, name) != text]
        for name in stale:
            print("%s is out of date: run spellings.py --write %s" % (name, folder))
        return 1 if stale else 0
    source, build = arguments
    write(build, "entry.h", entry_header(functions(source)))
    write(build, "spellings.c", definitions(functions(source)))
    write(build, "error-names.h", error_names(source))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: GPL-2.0-or-later
"""measure.py - runs that alternate, medians, and how they are told: one JSON line a figure, at the
end a table."""
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from rig import descendants  # noqa: E402  pylint: disable=wrong-import-position

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
CPUCLOCK_SCHED = 2


class Report:
    def __init__(self):
        self.lines = []

    def add(self, bench, value, unit, reference="", reference_value=None, target="", ratio=None):
        """target is "", ">= 0.5" or "<= 0.15": of the ratio, or of the value without a reference."""
        if ratio is None and reference_value:
            ratio = value / reference_value
        line = {"bench": bench, "value": rounded(value), "unit": unit, "reference": reference,
                "reference_value": rounded(reference_value), "ratio": rounded(ratio),
                "target": target}
        self.lines.append(line)
        print(json.dumps(line), flush=True)

    def add_line(self, line):
        """One that another program printed; its reference may be a bare number."""
        if isinstance(line.get("reference"), (int, float)):
            line = {**line, "reference": "", "reference_value": line["reference"]}
        self.lines.append({"unit": "", "reference": "", "reference_value": None, "ratio": None,
                           "target": "", **line})
        print(json.dumps(line), flush=True)

    def table(self):
        rows = [("bench", "value", "unit", "reference", "against", "ratio", "target", "")]
        for line in self.lines:
            rows.append((line["bench"], shown(line["value"]), line["unit"],
                         shown(line.get("reference_value")), str(line["reference"]),
                         shown(line["ratio"]), str(line["target"]), reached(line)))
        widths = [max(len(row[i]) for row in rows) for i in range(8)]
        print()
        for row in rows:
            print("  ".join(cell.rjust(width) if i in (1, 3, 5) else cell.ljust(width)
                            for i, (cell, width) in enumerate(zip(row, widths))).rstrip())

    def missed(self):
        return [line["bench"] for line in self.lines if reached(line) == "MISSED"]


def rounded(value):
    return None if value is None else float(f"{value:.4g}")


def shown(value):
    return "" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)


def reached(line):
    words = str(line["target"]).split()
    if len(words) != 2 or words[0] not in (">=", "<="):
        return ""
    measured = line["ratio"] if line["ratio"] is not None else line["value"]
    good = measured >= float(words[1]) if words[0] == ">=" else measured <= float(words[1])
    return "ok" if good else "MISSED"


def alternate(variants, rounds):
    """Calls each variant once a round, in turning order; {name: [value, ...]}."""
    values = {name: [] for name in variants}
    names = list(variants)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            print(f"  {name}, round {number + 1} of {rounds}        ", end="\r", file=sys.stderr)
            values[name].append(variants[name]())
    return values


def compare(values, name, reference):
    """Medians of both, and the median of the ratios round by round."""
    ratios = [a / b for a, b in zip(values[name], values[reference]) if b]
    return (statistics.median(values[name]), statistics.median(values[reference]),
            statistics.median(ratios))


def process_seconds(pid):
    """Of one process that lives, to the nanosecond: its clock, as clock_getcpuclockid(3) names it."""
    try:
        return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)
    except OSError:
        return 0


def ended_seconds(pid):
    """Of those below it that ended, in the kernel's ticks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(value) for value in fields[13:15]) / CLOCK_TICKS


def cpu_seconds(*pids):
    """User and system time of these processes, all below them, and those of them that ended."""
    return sum(process_seconds(pid) + ended_seconds(pid)
               for root in pids for pid in [root, *descendants(root)])

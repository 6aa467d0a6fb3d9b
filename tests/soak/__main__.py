"""Long proofs that looking is harmless; `make soak`, or parts of it:

    python3 -m tests.soak [--state FILE] [--kills N] [--snapshots N] [--minutes M] [--watched M] [kills rest service queue django fastapi celery]

What was done is kept in a file, so that a run which ends, or is ended, goes on where it stood. Progress
goes to standard error, the table at the end to standard output. The exit status is 0 when all that was
asked for has been done and no target was harmed."""
import argparse
import json
import os
import pathlib
import sys

from tests.e2e.targets import ROOT
from tests.soak import kills, load, rest, silence

PARTS = ("kills", "rest", "service", "queue", *silence.SERVICES)


class State:
    """A dict of dicts of numbers, in a file."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        try:
            self.data = json.loads(self.path.read_text())
        except (OSError, ValueError):
            self.data = {}

    def of(self, part, name):
        return self.data.setdefault(part, {}).setdefault(name, {})

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.data, indent=1, sort_keys=True))
        fresh.replace(self.path)


def table(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.soak")
    parser.add_argument("--state", default=str(ROOT / "build" / "soak.json"))
    parser.add_argument("--kills", type=int, default=5000)
    parser.add_argument("--snapshots", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--watched", type=float, default=30, help="minutes for each of " + ", ".join(silence.SERVICES))
    parser.add_argument("--fresh", action="store_true", help="forget what was done before")
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help="of " + ", ".join(PARTS))
    options = parser.parse_args()
    if set(options.parts) - set(PARTS):
        parser.error("there is no part %r" % sorted(set(options.parts) - set(PARTS))[0])
    os.nice(10)
    state = State(options.state)
    if options.fresh:
        state.data = {}
    well = True
    for part in options.parts:
        if part == "kills":
            well &= kills.run(state, options.kills)
        elif part == "rest":
            well &= rest.run(state, options.snapshots)
        elif part in silence.SERVICES:
            well &= silence.run(state, part, options.watched)
        else:
            well &= load.run(state, part, options.minutes)
    for part, module in (("kills", kills), ("rest", rest), ("service", load), ("queue", load), ("silence", silence)):
        if part in state.data:
            print("\n%s" % part)
            table(module.rows(state.data[part]))
    for name, done in sorted(state.data.get("silence", {}).items()):
        for accused in done.get("accused", ()):
            print("%s: accused %s (%s): %s" % (name, accused["path"], accused["pattern"], accused["evidence"]))
    return 0 if well else 1


sys.exit(main())

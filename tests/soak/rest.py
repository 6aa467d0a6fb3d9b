"""Snapshots of programs that seldom rest, each of them in turn, ten at a time."""
import sys
import tempfile
import traceback

from tests.e2e.resting import PROGRAM, PROGRAMS, look
from tests.e2e.targets import target
from tests.pythons import one_per_minor

BATCH = 10


def batch(done, python, program, count):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, target(python, PROGRAM + program) as process:
        for _ in range(count):
            found = look(process.pid, folder)
            done["snapshots"] = done.get("snapshots", 0) + 1
            done["rest"] = done.get("rest", 0) + found


def run(state, wanted):
    kinds = [("%s: %s" % (python.name, name), python, program) for python in one_per_minor()
             for name, program, _ in PROGRAMS]
    wrong = 0
    while True:
        total = sum(done.get("snapshots", 0) for done in state.data.get("rest", {}).values())
        if total >= wanted or wrong > 5:
            return wrong == 0 and total >= wanted
        name, python, program = min(kinds, key=lambda kind: state.of("rest", kind[0]).get("snapshots", 0))
        done = state.of("rest", name)
        try:
            batch(done, python, program, min(BATCH, wanted - total))
        except Exception:
            traceback.print_exc()
            wrong += 1
            done["wrong"] = done.get("wrong", 0) + 1
        state.save()
        print("rest: %d of %d (%s)" % (total, wanted, name), file=sys.stderr, flush=True)


def rows(data):
    lines = [("program", "snapshots", "at a safe point", "marked as not", "wrong")]

    def line(name, found):
        taken, rest = (sum(done.get(key, 0) for done in found) for key in ("snapshots", "rest"))
        return (name, taken, rest, taken - rest, sum(done.get("wrong", 0) for done in found))

    for name, done in sorted(data.items()):
        lines.append(line(name, [done]))
    return [*lines, line("all", list(data.values()))]

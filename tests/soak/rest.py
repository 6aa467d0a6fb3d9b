"""Snapshots of programs that seldom rest, each of them in turn, ten at a time."""
import functools
import tempfile

from tests.e2e.resting import PROGRAM, PROGRAMS, look
from tests.e2e.targets import target
from tests.pythons import one_per_minor
from tests.soak import turns

BATCH = 10


def batch(python, program, done, count):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, target(python, PROGRAM + program) as process:
        for _ in range(count):
            found = look(process.pid, folder)
            done["snapshots"] = done.get("snapshots", 0) + 1
            done["rest"] = done.get("rest", 0) + found


def run(state, wanted):
    tries = {"%s: %s" % (python.name, name): functools.partial(batch, python, program)
             for python in one_per_minor() for name, program, _ in PROGRAMS}
    return turns.run(state, "rest", tries, wanted, BATCH, "snapshots", "wrong")


def rows(data):
    lines = [("program", "snapshots", "at a safe point", "marked as not", "wrong")]

    def line(name, found):
        taken, rest = (sum(done.get(key, 0) for done in found) for key in ("snapshots", "rest"))
        return (name, taken, rest, taken - rest, sum(done.get("wrong", 0) for done in found))

    for name, done in sorted(data.items()):
        lines.append(line(name, [done]))
    return [*lines, line("all", list(data.values()))]

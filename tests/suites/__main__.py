"""The suites of others under `holdfast run`: whatever passes alone passes when it is traced; `make suites`.

    python3 -m tests.suites [--state FILE] [--modes exact,sampled] [--only PATTERN] [--fresh] [--again] [--write-only] [cpython packages]

Modules of CPython's own tests, on each CPython here that has them, and parts of SymPy's, SQLAlchemy's and Django's,
installed by pip into the cache. Each is run alone and traced, exactly and sampled; only differences count. What was done is
kept in a file, so that a run which is ended goes on where it stood; the page docs/suites.md is written of all of it. --again
repeats those that differed, --only keeps it to names that match, HOLDFAST_TEST_PYTHONS to some interpreters. The exit status
is 0 when nothing differed."""
import argparse
import datetime
import json
import os
import pathlib
import re
import sys

from tests.e2e.targets import ROOT
from tests.suites import running, units

PARTS = {"cpython": units.cpython, "packages": units.packages}
PAGE = ROOT / "docs" / "suites.md"


class State:
    """{unit: {mode: {"counts", "different"}}}, in a file."""

    def __init__(self, path, fresh):
        self.path = pathlib.Path(path)
        self.data = json.loads(self.path.read_text()) if self.path.exists() and not fresh else {}

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.data, indent=1, sort_keys=True))
        new.replace(self.path)


def do(state, unit, modes, again):
    done = state.data.get(unit.name, {})
    wanted = [mode for mode in modes if mode not in done or (again and done[mode]["different"])]
    if not wanted:
        return
    plain = running.outcomes(unit, "plain")
    if running.PASSED not in plain.values():
        print("%-50s passes nothing alone: left out" % unit.name, flush=True)
        return
    state.data[unit.name] = done
    done["plain"] = {"counts": running.counts(plain), "different": []}
    for mode in wanted:
        found, different = running.compare(plain, unit, mode)
        done[mode] = {"counts": running.counts(found), "different": different}
        state.save()
        print("%-50s %-8s %5d passed %4d skipped %3d failed%s" % (
            unit.name, mode, *done[mode]["counts"], "".join("; DIFFERENT: " + name for name in different)), flush=True)


def unexplained(done):
    return [test for test in done["different"] if test not in units.EXPLAINED]


def row(suite, mode, found):
    """found: {part: {mode: ...}} of a suite"""
    done = [modes for modes in found.values() if mode in modes]
    sums = [[sum(modes[of]["counts"][i] for modes in done) for i in range(3)] for of in ("plain", mode)]
    return "| %s | %s | %d | %s | %s | %d |" % (suite, mode, len(done), "%d, %d, %d" % tuple(sums[0]),
                                            "%d, %d, %d" % tuple(sums[1]), sum(len(unexplained(m[mode])) for m in done))


def page(data, absent):
    suites = {}
    for name, modes in data.items():
        suite, part = name.split(": ", 1)
        suites.setdefault(suite, {})[part] = modes
    explained = sorted({test for modes in data.values() for done in modes.values() for test in done["different"]
                        if test in units.EXPLAINED})
    rows = [row(suite, mode, found) for suite, found in sorted(suites.items()) for mode in running.MODES
            if mode != "plain" and any(mode in modes for modes in found.values())]
    different = ["- %s, %s: %s" % (name, mode, test) for name, modes in sorted(data.items())
                 for mode in modes for test in unexplained(modes[mode])]
    parts = ["- %s: %s" % (suite, ", ".join("`%s`" % part for part in sorted(found))) for suite, found in sorted(suites.items())]
    reasons = ["- `%s`, as it does under tracemalloc: %s." % (test, units.EXPLAINED[test]) for test in explained]
    return """# Other people's tests under `holdfast run`

`make suites` makes this page (%s): tests of CPython itself and of large packages, alone and traced. A test is different if it
fails whenever it is traced and passes alone, three times.

| suite | mode | parts | alone: passed, skipped, failed | traced | different |
| --- | --- | --- | --- | --- | --- |
%s

%s

%s## The parts

%s
%s""" % (datetime.date.today(), "\n".join(rows), "\n".join(["Different:", "", *different] if different else
                                                                 ["Nothing is different."]),
         "\n".join(["But for what these tests look at:", "", *reasons, "", ""]) if reasons else "", "\n".join(parts), "".join("\n%s was not run: %s." % pair for pair in absent))


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.suites", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", default=str(ROOT / "build" / "suites.json"))
    parser.add_argument("--modes", default="exact,sampled")
    parser.add_argument("--only", default="")
    for switch in ("fresh", "again", "write-only"):
        parser.add_argument("--" + switch, action="store_true")
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART", help="of " + ", ".join(PARTS))
    options = parser.parse_args()
    if set(options.parts) - set(PARTS):
        parser.error("there is no part %r" % sorted(set(options.parts) - set(PARTS))[0])
    os.environ.setdefault("HOLDFAST_TEST_PYTHONS", "all")
    state = State(options.state, options.fresh)
    absent = {}
    for part in [] if options.write_only else options.parts:
        for unit in PARTS[part]():
            if unit.skip:
                absent[unit.suite] = unit.skip
            elif re.search(options.only, unit.name):
                do(state, unit, options.modes.split(","), options.again)
    PAGE.write_text(page(state.data, sorted(absent.items())))
    for suite, why in absent.items():
        print("%s is left out: %s" % (suite, why), file=sys.stderr)
    return int(any(unexplained(done) for modes in state.data.values() for done in modes.values()))


if __name__ == "__main__":
    sys.exit(main())

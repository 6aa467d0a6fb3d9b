#!/usr/bin/env python3
"""LeakBench: how often is the first suspect of `holdfast diagnose` the culprit?

    leakbench.py [--leakbench FOLDER] [--root FOLDER] [--modes plain,busy,slow,growing,snapshot,snapshot-busy]
                 [--pythons all|3.12|NAME,...] [--cases ID,...] [--quick] [--jobs 2] [--fresh] [--json FILE] [--markdown FILE]

The benchmark is read from FOLDER (its harness scores). Cases that need Debian packages run on the
system's python3 where the packages are installed (`tools/install_dependencies leakbench`); others
are counted and named. --root takes the programs from another folder: tests/leaks has some of ours. Each answer is kept in build/leakbench beside a digest of the program,
so that a run which was interrupted goes on where it stopped; --fresh forgets them.

plain: the program leaks while it is watched. busy: the same inside a service with healthy
traffic. slow: it leaked before, and hardly while it is watched. growing: controls from their first
step on, while they still grow, as any program that starts. snapshot, snapshot-busy: it leaked for
ten steps, and one snapshot must do: its suspects are opinions, and controls are not judged.
"""
import argparse
import concurrent.futures
import hashlib
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from tests.pythons import interpreters, one_per_minor  # noqa: E402 (run as a program)

PROGRAM = os.environ.get("HOLDFAST") or str(ROOT / "build" / "holdfast")
COMMAND = """sh -c 'exec "$0" diagnose "$1" --for 8s --json "$2" 2>/dev/null' '%s' {pid} {out}"""
FOLDER = os.environ.get("LEAKBENCH") or str(ROOT.parent / "shared" / "leakbench")
ONE = """sh -c '"$0" snapshot "$1" --output "$2/one.holdfast" >/dev/null; exec "$0" diagnose "$2/one.holdfast" --json "$3" >/dev/null' \
'%s' {pid} {dir} {out}"""
MODES = {"plain": {}, "busy": {"busy": True}, "slow": {"slow": True}, "growing": {}, "snapshot": {},
         "snapshot-busy": {"busy": True}}
QUICK = ("quote-cache", "report-lru-method", "audit-default-arg", "connection-loggers", "session-locks",
         "failed-jobs", "ctl-ring-buffer", "ctl-lru-warmup")
COLUMNS = ("hit@1", "hit@3", "complete@1", "pattern_correct", "type_correct")


def harness_in(folder):
    """The benchmark's own module, or None where it is not there."""
    path = pathlib.Path(folder).resolve() / "harness.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("leakbench_harness", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def runnable(harness, names=None, root=None):
    """Cases that need nothing but the standard library."""
    return [case for case in harness.load_cases(root, names) if not case.data["requires"]]


def is_installed(requirement):
    """A Debian package, or "cc": a C compiler."""
    if requirement == "cc":
        return shutil.which("cc") is not None
    status = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", requirement],
                            capture_output=True, text=True) if shutil.which("dpkg-query") else None
    return status is not None and status.stdout == "installed"


def applies(case, python):
    """Whether the case runs on this interpreter; those for "system" run on Debian's only."""
    is_system = python.path == os.path.realpath("/usr/bin/python3")
    if case.data["interpreter"] == "system":
        return is_system
    return case.applies_to(python.minor)


def is_judged(case, mode):
    """Growing programs that leak are those of plain; what is full and what leaks looks the same in one snapshot."""
    return not case.leak if mode == "growing" else case.leak or not mode.startswith("snapshot")


def system_python():
    return next(python for python in interpreters() if python.path == os.path.realpath("/usr/bin/python3"))


def lacking(case):
    return [requirement for requirement in case.data["requires"] if not is_installed(requirement)]


def run_case(harness, case, python, mode, program=PROGRAM):
    """One case, scored; an error is a score too."""
    started = time.monotonic()
    how = {"tool": COMMAND % program, "warm": 0 if mode == "growing" else "settled"}
    if mode.startswith("snapshot"):
        how = {"before": "true", "after": ONE % program, "warm": "settled"}
    try:
        result = harness.run_case(case, python.path, timeout=900, **how, **MODES[mode])
    except Exception as error:  # one bad run must not end the series
        result = {"id": case.id, "leak": case.leak, "pattern_truth": case.data["pattern"],
                  "error": "%s: %s" % (type(error).__name__, error)}
    result.update(python=python.name, mode=mode, seconds=round(time.monotonic() - started, 1))
    return result


def run_case_twice(harness, case, python, mode):
    """As run_case(), and once more where a leak was met with silence: "too early to tell" asks for another look."""
    result = run_case(harness, case, python, mode)
    silent = case.leak and "error" not in result and not result["reported"]
    return run_case(harness, case, python, mode) if silent else result


class Store:
    """Answers on disk, one file each, valid for one build of the program."""

    def __init__(self, program, fresh):
        self.digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()[:16]
        self.folder = ROOT / "build" / "leakbench"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.fresh = fresh

    def _path(self, case, python, mode):
        return self.folder / ("%s-%s-%s.json" % (case.id, python.name, mode))

    def find(self, case, python, mode):
        path = self._path(case, python, mode)
        if self.fresh or not path.exists():
            return None
        kept = json.loads(path.read_text())
        return kept["result"] if kept["digest"] == self.digest else None

    def keep(self, case, python, mode, result):
        path = self._path(case, python, mode)
        path.with_suffix(".new").write_text(json.dumps({"digest": self.digest, "result": result}))
        path.with_suffix(".new").rename(path)


def chosen_pythons(words):
    if words == "all":
        return interpreters()
    if words == "minors":
        return one_per_minor()
    wanted = words.split(",")
    return [python for python in interpreters() if python.name in wanted or python.minor in wanted]


def said(result):
    """One line on one run."""
    if "error" in result:
        outcome = "ERROR " + result["error"][:100]
    elif not result["leak"]:
        outcome = "FALSE ALARM" if result.get("false_alarm") else "quiet"
    elif result.get("hit@1"):
        outcome = "hit" + ("" if result.get("complete@1") else " (pattern or type differs)")
    else:
        outcome = "found as no. %d" % result["rank"] if result.get("rank") else "missed"
    first = (result.get("suspects") or [{}])[0]
    return "%-6s %-14s %-26s %-28s %s" % (result["mode"], result["python"], result["id"], outcome,
                                          first.get("path") or "")


def right(result):
    return "error" not in result and bool(result["hit@1"] if result["leak"] else not result["false_alarm"])


def rows_of(harness, results):
    """(mode, python, summary), one for each mode and interpreter and one for each mode."""
    for mode in MODES:
        of_mode = [r for r in results if r["mode"] == mode]
        names = list(dict.fromkeys(r["python"] for r in of_mode))
        for name in names:
            yield mode, name, harness.summarise([r for r in of_mode if r["python"] == name])
        if len(names) > 1:
            yield mode, "all", harness.summarise(of_mode)


def table(harness, results, markdown=False):
    head = ("mode", "interpreter", "leaks", *COLUMNS, "controls", "false alarms", "errors")
    lines = [head]
    for mode, name, summary in rows_of(harness, results):
        shares = ["%.0f %%" % (100 * summary[c]) if summary[c] is not None else "-" for c in COLUMNS]
        alarms = round((summary["false_alarm_rate"] or 0) * summary["controls"])
        lines.append((mode, name, summary["leaking_cases"], *shares, summary["controls"], alarms,
                      summary["errors"]))
    if markdown:
        text = ["| " + " | ".join(map(str, line)) + " |" for line in lines]
        return "\n".join([text[0], "|" + " --- |" * len(head), *text[1:]]) + "\n"
    widths = [max(len(str(line[n])) for line in lines) for n in range(len(head))]
    return "".join("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip() + "\n"
                   for line in lines)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--leakbench", default=FOLDER)
    parser.add_argument("--root", type=os.path.abspath)
    parser.add_argument("--modes", default="plain,busy,slow")
    parser.add_argument("--pythons", default="minors", help="all, minors, or names: 3.12,3.11.2-debian")
    parser.add_argument("--cases")
    parser.add_argument("--quick", action="store_true", help="eight cases, plain, one interpreter")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    return parser.parse_args()


def run_all(harness, options):
    store = Store(PROGRAM, options.fresh)
    names = options.cases.split(",") if options.cases else QUICK if options.quick else None
    pythons = chosen_pythons(options.pythons)[-1 if options.quick else 0:]
    cases = [case for case in harness.load_cases(options.root, names) if not lacking(case)]
    for case in harness.load_cases(options.root, names):
        if lacking(case):
            print("left out: %s needs %s" % (case.id, " ".join(lacking(case))))
    results, waiting = [], []
    for mode in ["plain"] if options.quick else options.modes.split(","):
        for python in pythons:
            for case in cases:
                if applies(case, python) and is_judged(case, mode):
                    kept = store.find(case, python, mode)
                    results.append(kept) if kept else waiting.append((case, python, mode))
    print("%d runs kept from before, %d to go" % (len(results), len(waiting)), flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(run_case, harness, *job): job for job in waiting}
        for future in concurrent.futures.as_completed(futures):
            results.append(future.result())
            if "error" not in future.result(): # to be tried again by the next run
                store.keep(*futures[future], future.result())
            print(said(future.result()), flush=True)
    return results


def main():
    options = parse_arguments()
    harness = harness_in(options.leakbench)
    if harness is None:
        sys.exit("leakbench: no harness.py in %s (set LEAKBENCH)" % options.leakbench)
    results = run_all(harness, options)
    wrong = [result for result in results if not right(result)]
    print("\nnot right:" if wrong else "")
    for result in sorted(wrong, key=lambda r: (r["mode"], r["id"], r["python"])):
        print(said(result))
    print("\n" + table(harness, results))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))
    if options.markdown:
        pathlib.Path(options.markdown).write_text(table(harness, results, markdown=True))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The programs of LeakBench through what people use today: who names the culprit?

    peers.py [--leakbench FOLDER] [--peers NAME,...] [--modes plain,busy] [--cases ID,...] [--jobs 2]
             [--fresh] [--markdown FILE]

tracemalloc, objgraph, pympler, guppy3 and memray, each as its documentation recommends
(tests/bench/peer_inside/sitecustomize.py), looking from inside at two moments with eight steps of work
between; holdfast from outside, for eight seconds. All are judged by the benchmark's own function. The
peers are installed by pip, pinned by hash (peers.txt), into an environment of the system's Python in the
cache. Answers are kept in build/peers, so that a run which was interrupted goes on where it stopped.

holder: the path to who holds what leaks is among the first answers (or what else the benchmark takes for a
hit). line: one of the first three names the place in the source where the leaking objects are made.
"""
import argparse
import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from tests.bench import leakbench  # noqa: E402 (run as a program)
from tests.e2e.targets import clean_environment  # noqa: E402

REQUIREMENTS = ROOT / "tests" / "bench" / "peers.txt"
INSIDE = ROOT / "tests" / "bench" / "peer_inside"
PEERS = ("holdfast", "guppy3", "objgraph", "pympler", "tracemalloc", "memray")
MODES = ("plain", "busy")
TIMEOUT = 600


def peers_python():
    """The system's Python with the peers beside its own packages."""
    name = "leakbench-" + hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    folder = pathlib.Path(os.path.expanduser("~/.cache/holdfast/peers")) / name
    executable = folder / "bin" / "python3"
    if (folder / "complete").exists():
        return str(executable)
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", folder], check=True,
                   env=clean_environment())
    subprocess.run([executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
                    "--ignore-installed", "--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS],
                   check=True, env=clean_environment())
    (folder / "complete").write_text("")
    return str(executable)


def ask(pid, moment, folder, out=None):
    """Sends the signal, and waits for what the peer has to say."""
    os.kill(pid, signal.SIGUSR1 if moment == "before" else signal.SIGUSR2)
    path = pathlib.Path(folder) / moment
    deadline = time.monotonic() + TIMEOUT
    while not path.exists():
        if time.monotonic() > deadline:
            sys.exit("no answer")
        time.sleep(0.05)
    said = path.read_text()
    if moment == "before":
        return 0 if said == "done" else sys.exit(said)
    if '"error"' in said[:12]:
        sys.exit(json.loads(said)["error"])
    pathlib.Path(out).write_text(said)
    return 0


def run_one(harness, case, peer, mode):
    """In a process of its own, since the environment is the program's."""
    if peer == "holdfast":
        return leakbench.run_case(harness, case, leakbench.system_python(), mode)
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        os.environ.update(HOLDFAST_PEER=peer, HOLDFAST_PEER_FOLDER=folder, PYTHONPATH=str(INSIDE))
        words = "%s %s --ask {pid} %%s %s" % (sys.executable, __file__, folder)
        try:
            result = harness.run_case(case, peers_python(), before=words % "before", after=words % "after" + " {out}",
                                      warm="settled", timeout=TIMEOUT, busy=mode == "busy")
        except Exception as error:  # one bad run must not end the series
            result = {"id": case.id, "leak": case.leak, "pattern_truth": case.data["pattern"],
                      "error": "%s: %s" % (type(error).__name__, str(error)[-200:])}
    return result


def judged(harness, case, result, peer, mode):
    """Also whether one of the first three names the line."""
    result.update(peer=peer, mode=mode)
    if case.leak:
        first = harness.accusations(result.get("suspects") or [])[:3]
        result["line@3"] = any(harness.judge(case, suspect)["site"] for suspect in first)
    return result


def place(peer, mode, case):
    folder = ROOT / "build" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / ("%s-%s-%s.json" % (peer, mode, case.id))


def work(case, peer, mode, options):
    path = place(peer, mode, case)
    subprocess.run([sys.executable, __file__, "--leakbench", options.leakbench, "--one", peer, mode, case.id, path],
                   stderr=subprocess.DEVNULL, timeout=3 * TIMEOUT, check=False)
    return json.loads(path.read_text()) if path.exists() else None


def word_of(result):
    if result is None:
        return "."
    if "error" in result:
        return "error"
    if not result["leak"]:
        return "accuses" if result["false_alarm"] else "quiet"
    if result["hit@1"]:
        return "1st"
    return "3" if result["hit@3"] else "line" if result["line@3"] else "-"


def by_case(cases, results, peers, mode):
    """One line a case: who names it?"""
    rows = [("case", *peers)]
    for case in cases:
        of_case = {r["peer"]: r for r in results if r["id"] == case.id and r["mode"] == mode}
        if of_case:
            rows.append((case.id, *(word_of(of_case.get(peer)) for peer in peers)))
    return rows


def summary(results, peers):
    rows = [("mode", "peer", "leaks", "holder 1st", "holder in 3", "line in 3", "pattern, type and holder 1st", "controls",
             "accused", "errors")]
    for mode in MODES:
        for peer in peers:
            of = [r for r in results if r["peer"] == peer and r["mode"] == mode]
            leaks, controls = [r for r in of if r["leak"]], [r for r in of if not r["leak"]]
            if not of:
                continue
            share = ["%.0f %%" % (100 * sum(bool(r.get(key)) for r in leaks) / len(leaks)) if leaks else "-"
                     for key in ("hit@1", "hit@3", "line@3", "complete@1")]
            rows.append((mode, peer, len(leaks), *share, len(controls),
                         sum(bool(r.get("false_alarm")) for r in controls), sum("error" in r for r in of)))
    return rows


def text(rows):
    widths = [max(len(str(row[n])) for row in rows) for n in range(len(rows[0]))]
    return "".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows)


def markdown(rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]) + "\n"


def run_all(harness, cases, options):
    waiting, results = [], []
    for mode in options.modes.split(","):
        for case in cases:
            for peer in options.peers.split(","):
                path = place(peer, mode, case)
                if path.exists() and not options.fresh:
                    results.append(json.loads(path.read_text()))
                else:
                    waiting.append((case, peer, mode))
    print("%d runs kept from before, %d to go" % (len(results), len(waiting)), flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(work, *job, options): job for job in waiting}
        for future in concurrent.futures.as_completed(futures):
            case, peer, mode = futures[future]
            result = future.result()
            print("%-6s %-12s %-26s %s" % (mode, peer, case.id, word_of(result)), flush=True)
            results += [result] if result else []
    return results


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--leakbench", default=leakbench.FOLDER)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--modes", default="plain")
    parser.add_argument("--cases")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--markdown")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--ask", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.ask:
        return ask(int(options.ask[0]), *options.ask[1:])
    harness = leakbench.harness_in(options.leakbench)
    if harness is None:
        sys.exit("peers: no harness.py in %s (set LEAKBENCH)" % options.leakbench)
    if options.one:
        peer, mode, name, path = options.one
        case, = harness.load_cases(None, [name])
        result = judged(harness, case, run_one(harness, case, peer, mode), peer, mode)
        pathlib.Path(path + ".new").write_text(json.dumps(result))
        os.rename(path + ".new", path)
        return 0
    peers_python()
    cases = [case for case in harness.load_cases(None, options.cases.split(",") if options.cases else None)
             if not leakbench.lacking(case) and leakbench.applies(case, leakbench.system_python())]
    results = run_all(harness, cases, options)
    peers = options.peers.split(",")
    print("\n" + "\n".join("%s\n%s" % (mode, text(by_case(cases, results, peers, mode)))
                           for mode in options.modes.split(",")) + text(summary(results, peers)))
    if options.markdown:
        head = "Measured on %s on the system's CPython 3.11.\n\n" % datetime.date.today().isoformat()
        pathlib.Path(options.markdown).write_text(
            head + markdown(summary(results, peers)) + "".join(
                "\n### Case by case, %s\n\n%s" % (mode, markdown(by_case(cases, results, peers, mode)))
                for mode in options.modes.split(",")))
    return 0


if __name__ == "__main__":
    sys.exit(main())

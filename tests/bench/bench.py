#!/usr/bin/env python3
"""The numbers of the README: what holdfast costs, beside os.fork() and in-process tools.

    bench.py [--python 3.11] [--rounds 20] [--objects 5000000] [--only pause,snapshot,decode,diagnose,dominators,peers]
             [--markdown FILE] [--json FILE]

Every number is a ratio or a rate within one run on one machine; a bar is what the project
promises. Peers are installed into a private environment in ~/.cache/holdfast/peers, or skipped with
the reason.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
from tests.e2e.targets import PROGRAM, Hung, clean_environment, target, tell  # noqa: E402
from tests.pythons import interpreters  # noqa: E402

HEAP_PROGRAM = ROOT / "tests" / "bench" / "heap_program.py"
PEERS = ("objgraph", "pympler", "guppy3")
MB = 1 << 20
PEER_TIMEOUT = 300


class Table:
    """Rows of what, measured, bar and whether it holds (None: nothing was promised)."""

    def __init__(self):
        self.rows = []

    def add(self, what, measured, bar="", holds=None):
        self.rows.append({"what": what, "measured": measured, "bar": bar, "holds": holds})
        verdict = {True: "ok", False: "MISSED", None: ""}[holds]
        print("%-58s %-34s %-24s %s" % (what, measured, bar, verdict), flush=True)

    def markdown(self, about):
        lines = ["", about, "", "| | measured | bar |", "| --- | --- | --- |"]
        for row in self.rows:
            missed = " (missed)" if row["holds"] is False else ""
            lines.append("| %s | %s%s | %s |" % (row["what"], row["measured"], missed, row["bar"]))
        return "\n".join(lines) + "\n"


def value_of(data, name):
    """The value of a key, wherever in a JSON answer it stands."""
    if isinstance(data, dict):
        if name in data:
            return data[name]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            found = value_of(item, name)
            if found is not None:
                return found
    return None


def used(*arguments):
    """Runs the program: (its JSON, what it used, as getrusage() tells it of it and its children)."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=out, stdin=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise RuntimeError("holdfast %s: status %d" % (arguments[0], process.returncode))
        out.seek(0)
        return json.loads(out.read() or b"{}"), usage


def run(*arguments):
    """Runs the program: (its JSON, CPU seconds, peak resident bytes)."""
    answer, usage = used(*arguments)
    return answer, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def snapshot(process, path, *options):
    return run("snapshot", process.pid, "-o", path, "--json", "-", "--max-pause", "10s", *options)


def ask(process, line, timeout=PEER_TIMEOUT):
    return json.loads(tell(process, line, "ANSWER", timeout).partition(" ")[2])


def heap(python, objects, blob_bytes=0):
    return target(python, HEAP_PROGRAM, objects, blob_bytes, timeout=600)


def bench_pause(table, python, options, scratch):
    """The pause against os.fork() of the same process, taken in turns."""
    for total in (500 * MB, 1000 * MB):
        objects = 500_000
        with heap(python, objects, total - objects * 90) as process:
            pauses, forks = [], []
            for _ in range(options.rounds):
                forks.append(ask(process, "fork")["ns"] / 1e6)
                answer, _, _ = snapshot(process, scratch / "pause.hfheap")
                pauses.append(value_of(answer, "pause_ms"))
        pause, fork = statistics.median(pauses), statistics.median(forks)
        p95 = sorted(pauses)[max(0, round(0.95 * len(pauses)) - 1)]
        table.add("pause of a %d MB process, median of %d" % (total // MB, len(pauses)),
                  "%.1f ms (p95 %.1f); os.fork() %.1f ms" % (pause, p95, fork),
                  "1.5 x os.fork() + 1 ms", pause <= 1.5 * fork + 1)


def bench_snapshot(table, python, options, scratch):
    """CPU, size and loading of one large heap."""
    whole, bare = scratch / "whole.hfheap", scratch / "bare.hfheap"
    with heap(python, options.objects) as process:
        answer, cpu, peak = snapshot(process, whole)
        snapshot(process, bare, "--no-values")
        paused = value_of(answer, "pause_ms") / 1e3
    loaded = helper("bench_graph", whole)
    count = loaded["objects"]
    millions = count / 1e6
    table.add("snapshot of %.1f M objects, attach to closed file" % millions, "%.2f s CPU" % cpu, "%.1f s CPU" % millions, cpu <= millions)
    table.add("its memory at most", "%.0f MB" % (peak / MB), "60 bytes per object + 100 MB",
              peak <= 60 * count + 100 * MB)
    table.add("the same process stood still", "%.4f s" % paused)
    table.add("file, with its %.1f M references" % (loaded["edges"] / 1e6),
              "%.2f bytes per object" % (bare.stat().st_size / count), "12 bytes per object",
              bare.stat().st_size <= 12 * count)
    table.add("values in the file, counted apart",
              "%.2f bytes per object" % ((whole.stat().st_size - bare.stat().st_size) / count))
    seconds = loaded["load"] + loaded["reverse"] + loaded["dominators"]
    table.add("loading, reverse edges, dominators", "%.2f + %.2f + %.2f s" % (
        loaded["load"], loaded["reverse"], loaded["dominators"]), "%.1f s" % (0.8 * millions),
        seconds <= 0.8 * millions)


def helper(name, *arguments):
    """The JSON that a program of tests/bench prints."""
    program = pathlib.Path(PROGRAM).parent / "tests" / name
    return json.loads(subprocess.run([program, *map(str, arguments)], check=True,
                                     stdout=subprocess.PIPE).stdout)


def bench_decode(table, python, options, scratch):
    """From copied memory to a closed file: how many objects a second of one processor."""
    with heap(python, options.objects) as process:
        told = helper("bench_walk", process.pid, scratch / "decode.hfheap", 3)
        _, whole, _ = snapshot(process, scratch / "whole.hfheap") # explains it too
    rates = [told["objects"] / told[name] / 1e6 for name in ("write_seconds", "walk_seconds")]
    table.add("from copied memory to the file, median of 3",
              "%.1f M objects a second and processor; without writing %.1f" % tuple(rates),
              "2.5 M", rates[0] >= 2.5)
    walk = told["explain_added"]
    share = walk / max(whole - walk, walk)
    table.add("memory walk, added to the CPU time of a snapshot",
              "%.1f %% (%.2f s)" % (100 * share, walk), "20 %", share <= 0.2)


BYTES_PER_OBJECT = 72 # of a process of heap_program.py without blobs


def resident(pid):
    """Bytes of RSS."""
    with open("/proc/%d/statm" % pid) as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def bench_diagnose(table, python, options, scratch):
    """From attach to verdict: looks at a heap of 1 GB, read, compared and judged; of few objects and of many."""
    for objects in (500_000, options.objects):
        blobs = max(0, 1000 * MB - objects * BYTES_PER_OBJECT)
        with heap(python, objects, blobs) as process:
            ask(process, "leak 500")
            answer, usage = used("diagnose", process.pid, "--for", "20s", "--json", "-", "--max-pause", "10s")
            rss = resident(process.pid)
        seconds = usage.ru_utime + usage.ru_stime
        table.add("diagnose of a leak in %d MB with %.1f M objects, %d snapshots" % (
                      rss // MB, answer["snapshots"][0]["objects"] / 1e6, len(answer["snapshots"])),
                  "%.1f s CPU: user %.1f, system %.1f" % (seconds, usage.ru_utime, usage.ru_stime), "10 s CPU",
                  seconds <= 10)
        table.add("its memory at most", "%.0f MB" % (usage.ru_maxrss * 1024 / MB))


def bench_dominators(table, _python, _options, _scratch):
    """Dominators and retained sizes of a made heap of ten million objects, on one processor."""
    told = helper("bench_graph", "--made", 10)
    table.add("dominators, retained sizes of %.0f M objects" % (told["objects"] / 1e6),
              "%.2f s CPU" % told["dominators"], "4 s CPU", told["dominators"] <= 4)
    memory = told["dominators_memory"] / told["objects"]
    table.add("their memory at most, beside the graph", "%.1f bytes per object" % memory, "24 bytes per object",
              memory <= 24.05) # the stack and what malloc keeps for itself


def peers_python(python):
    """An interpreter with the peers beside it, and why some are missing."""
    folder = pathlib.Path(os.path.expanduser("~/.cache/holdfast/peers")) / python.name
    executable, missing = folder / "bin" / "python3", {}
    if not executable.exists():
        made = subprocess.run([python.path, "-m", "venv", folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=clean_environment())
        if made.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return python.path, dict.fromkeys(PEERS, "no venv: " + (made.stdout.strip() or "?").splitlines()[-1])
    for peer in PEERS:
        done = subprocess.run([executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", peer],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=clean_environment())
        if done.returncode:
            missing[peer] = "pip: " + (done.stdout.strip() or "?").splitlines()[-1][:60]
    return str(executable), missing


def bench_peers(table, python, options, _scratch):
    """How long a process stands still when it looks at the same heap from inside."""
    executable, missing = peers_python(python)
    for peer in ("gc", *PEERS):
        what = "in-process %s, the same heap" % {"gc": "gc.get_objects() by type"}.get(peer, peer)
        if peer in missing:
            table.add(what, "not measured: " + missing[peer])
            continue
        try:
            with heap(executable, options.objects) as process:
                answer = ask(process, "look " + peer)
            table.add(what, "stood still %.1f s" % answer["seconds"] if "seconds" in answer
                      else "not measured: " + answer["error"])
        except Hung:
            table.add(what, "more than %d s, or out of memory" % PEER_TIMEOUT)


def machine(python):
    with open("/proc/cpuinfo") as stream:
        model = next((line.partition(":")[2].strip() for line in stream if line.startswith("model name")), "?")
    return "%s, %s, %d processors, Linux %s, CPython %s" % (
        datetime.date.today().isoformat(), model, os.cpu_count(), platform.release(),
        ".".join(map(str, python.version)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default="3.11", help="a name or a minor version of tests.pythons")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--objects", type=int, default=5_000_000)
    parser.add_argument("--only", default="pause,snapshot,decode,diagnose,dominators,peers")
    parser.add_argument("--markdown", default=str(ROOT / "build" / "bench.md"))
    parser.add_argument("--json", default=str(ROOT / "build" / "bench.json"))
    options = parser.parse_args()
    found = [python for python in interpreters() if options.python in (python.name, python.minor)]
    if not found:
        sys.exit("bench: no interpreter %s here" % options.python)
    python, table = found[0], Table()
    print(machine(python) + "\n")
    parts = {"pause": bench_pause, "snapshot": bench_snapshot, "decode": bench_decode, "diagnose": bench_diagnose,
             "dominators": bench_dominators, "peers": bench_peers}
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=ROOT / "build") as scratch:
        for name in options.only.split(","):
            parts[name](table, python, options, pathlib.Path(scratch))
    pathlib.Path(options.markdown).write_text(table.markdown(machine(python)))
    pathlib.Path(options.json).write_text(json.dumps(table.rows, indent=1))
    return 1 if any(row["holds"] is False for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())

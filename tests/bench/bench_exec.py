"""How long `holdfast exec` takes, from the request to the answer, and how long the process stands still for it.

    python3 tests/bench/bench_exec.py [--rounds 30] [--threads 1,16]

One line for each interpreter and kind of program: medians and 95th percentiles in milliseconds. `computes`
runs Python all the time in each of its threads; `serves` waits in select() and comes back every 10 ms.
`begun` is counted from when the threads run again until the code is seen to run, `whole` is the whole command.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.pythons import every_minor  # noqa: E402

HOLDFAST = os.environ.get("HOLDFAST") or str(ROOT / "build" / "holdfast")

PROGRAM = """
import select, sys, threading
def computes():
    while True:
        [i * i for i in range(100)]
def serves():
    while True:
        select.select([], [], [], 0.01)
work = globals()[sys.argv[1]]
for _ in range(int(sys.argv[2]) - 1):
    threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
work()
"""


def ninety_five(values):
    return sorted(values)[int(len(values) * 0.95)] if len(values) > 1 else values[0]


def measure(python, kind, threads, rounds):
    begun, pauses, whole = [], [], []
    with subprocess.Popen([python.path, "-c", PROGRAM, kind, str(threads)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        for _ in range(rounds):
            start = time.perf_counter()
            said = subprocess.run([HOLDFAST, "exec", str(process.pid), "-c", "pass", "--json", "-"], check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            whole.append((time.perf_counter() - start) * 1e3)
            told = json.loads(said.stdout)
            begun.append(told["served_after_ms"])
            pauses.append(told["pause_ms"] / told["stops"])
        process.kill()
    columns = ["%7.2f %7.2f" % (statistics.median(values), ninety_five(values)) for values in (begun, pauses, whole)]
    print("%-20s %-9s %7d   %s" % (python.name, kind, threads, "   ".join(columns)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", default="1,16")
    options = parser.parse_args()
    print("%-20s %-9s %7s   %15s   %15s   %15s" % ("python", "program", "threads", "begun p50, p95", "pause p50, p95",
                                                  "whole p50, p95"))
    for python in every_minor():
        if python.free_threaded:
            continue
        for kind in "computes", "serves":
            for threads in map(int, options.threads.split(",")):
                measure(python, kind, threads, options.rounds)


if __name__ == "__main__":
    main()

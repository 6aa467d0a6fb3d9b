"""The pause of an injected fork, held against os.fork() of the same process.

    python3 tests/bench/bench_pause.py [--rounds 20] [--megabytes 500,1000]

One line for each size: the medians, the 95th percentile, and the ratio. Forks and freezes take
turns, so that both meet the same machine.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("HOLDFAST") or
                     pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "holdfast")
FREEZE = str(BUILD.parent / "tests" / "tool_freeze")

# Small objects, as in a heap; forks itself when it is told to.
PROGRAM = """
import gc, os, sys, time
gc.disable()
def resident():
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * 4096
kept = []
while resident() < int(sys.argv[1]) << 20:
    kept.append([(i, str(i)) for i in range(10000)])
gc.freeze()
print("READY", flush=True)
for line in sys.stdin:
    start = time.perf_counter_ns()
    child = os.fork()
    if child == 0:
        os._exit(0)
    print(time.perf_counter_ns() - start, flush=True)
    os.waitpid(child, 0)
"""


def measure(megabytes, rounds):
    forks, pauses = [], []
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(megabytes)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "READY\n"
        for _ in range(rounds):
            process.stdin.write("fork\n")
            process.stdin.flush()
            forks.append(int(process.stdout.readline()) / 1e6)
            told = json.loads(subprocess.run(
                [FREEZE, str(process.pid), "--max-pause", "10000"], check=True,
                stdout=subprocess.PIPE).stdout)
            assert told["way"] == "fork", told
            pauses.append(told["pause"] / 1e6)
        predicted = told["predicted"] / 1e6
        process.stdin.close()
    fork, pause = statistics.median(forks), statistics.median(pauses)
    p95 = sorted(pauses)[round(0.95 * len(pauses)) - 1]
    print("%d MB: pause %.1f ms (p95 %.1f, predicted %.1f), os.fork() %.1f ms, ratio %.2f, "
          "1.5 x fork + 1 ms %s" % (megabytes, pause, p95, predicted, fork, pause / fork,
                                    "held" if pause <= 1.5 * fork + 1 else "missed"), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--megabytes", default="500,1000")
    options = parser.parse_args()
    for megabytes in options.megabytes.split(","):
        measure(int(megabytes), options.rounds)


if __name__ == "__main__":
    main()

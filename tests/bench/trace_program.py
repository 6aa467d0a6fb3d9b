"""The workloads of bench_trace.py: trace_program.py NAME SCALE prints the CPU seconds of the timed section.

churn: dicts, lists, texts and instances that live shortly; json: a round trip; cpu: calls that allocate
little; deep: allocations at each level of a recursion 450 deep.
"""
import json
import sys
import time


class Row:
    def __init__(self, values, name):
        self.values = values
        self.name = name


def churn(scale):
    rows = []
    for i in range(800_000 * scale // 10):
        values = {"number": i, "text": str(i), "items": [i, i + 1, i + 2]}
        rows.append(Row(values, "row %d" % i))
        if len(rows) > 1000:
            rows = []


def round_trip(scale):
    data = [{"id": i, "name": "user %d" % i, "tags": ["a", "b", str(i)], "weight": i * 1.5} for i in range(200)]
    for _ in range(2000 * scale // 10):
        json.loads(json.dumps(data))


def tak(x, y, z):
    return z if y >= x else tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def calls(scale):
    for _ in range(scale):
        tak(18, 12, 6)
        tak(22, 15, 9)


def descend(level):
    pair, text = [level, level + 1], "level %d" % level
    if level:
        descend(level - 1)
    return {text: pair}


def deep(scale):
    for _ in range(1500 * scale // 10):
        descend(450)


def main():
    workload = {"churn": churn, "json": round_trip, "cpu": calls, "deep": deep}[sys.argv[1]]
    if "--tracemalloc" in sys.argv:
        import tracemalloc

        tracemalloc.start(1)
    start = time.process_time()
    workload(int(sys.argv[2]))
    print("%.4f" % (time.process_time() - start))


main()

"""The workloads of bench_trace.py: trace_program.py NAME SCALE FILE [FRAMES] writes into FILE the seconds of processor
and of clock that the timed section took, and by how many bytes resident memory has grown. With FRAMES tracemalloc runs.

churn: dicts, lists, texts and instances that live shortly; json: a round trip; cpu: calls that allocate little;
deep: allocations at each level of a recursion 450 deep; service: eight threads that answer over sockets, and
eight that ask; sympy: a real library; numpy: four threads whose arrays malloc() gives; deltablue, raytrace, hexiom:
as pyperformance has them. hold is for what a live set takes, hot for profilers of lines.

A name with "+" behind it is run as memory_profiler wants it, with a function that calls the workload decorated; with
"++" the workload itself is. With "~" CPython tells a function of C of each line, which does nothing.
"""
import builtins
import ctypes
import importlib.util
import json
import pathlib
import socket
import sys
import threading
import time


class Row:
    def __init__(self, values, name):
        self.values = values
        self.name = name


def churn(scale):
    rows = []
    for i in range(16_000 * scale):
        values = {"number": i, "text": str(i), "items": [i, i + 1, i + 2]}
        rows.append(Row(values, "row %d" % i))
        if len(rows) > 1000:
            rows = []


def round_trip(scale):
    data = [{"id": i, "name": "user %d" % i, "tags": ["a", "b", str(i)], "weight": i * 1.5} for i in range(200)]
    for _ in range(35 * scale):
        json.loads(json.dumps(data))


def tak(x, y, z):
    return z if y >= x else tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def calls(scale):
    for _ in range(5 * scale):
        tak(18, 12, 6)


def descend(level):
    pair, text = [level, level + 1], "level %d" % level
    if level:
        descend(level - 1)
    return {text: pair}


def deep(scale):
    for _ in range(80 * scale):
        descend(450)


def answer(connection):
    with connection, connection.makefile("rwb") as stream:
        for line in stream:
            asked = json.loads(line)
            rows = [{"id": i, "name": "%s %d" % (asked["name"], i)} for i in range(asked["count"])]
            stream.write(json.dumps({"rows": rows, "sum": sum(row["id"] for row in rows)}).encode() + b"\n")
            stream.flush()


def ask(connection, requests):
    with connection, connection.makefile("rwb") as stream:
        for i in range(requests):
            stream.write(json.dumps({"name": "row", "count": i % 40}).encode() + b"\n")
            stream.flush()
            json.loads(stream.readline())


def in_threads(*work):
    threads = [threading.Thread(target=function, args=arguments) for function, *arguments in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def service(scale):
    pairs = [socket.socketpair() for _ in range(8)]
    in_threads(*((answer, server) for server, _ in pairs), *((ask, client, 20 * scale) for _, client in pairs))


def algebra(scale):
    import sympy
    from sympy.core.cache import clear_cache

    x, y = sympy.symbols("x y")
    for i in range(scale):
        clear_cache()
        sympy.expand((x + y + i) ** 4 * (x - y))
        sympy.diff(sympy.sin(x) * sympy.exp(x * y) / (x + i + 1), x)
        sympy.factor(x**3 + (i + 2) * x**2 + (i + 1) * x)


def compute(numpy, rounds):
    for i in range(rounds):
        numbers = numpy.arange(2000 + i % 7, dtype=float)
        numbers = numbers * 2 + numbers
        numpy.sqrt(numbers[: len(numbers) // 2] + 1)


def arrays(scale):
    import numpy

    in_threads(*((compute, numpy, 300 * scale) for _ in range(4)))


def performance(name):
    """A benchmark of pyperformance, as a module."""
    package = pathlib.Path(importlib.util.find_spec("pyperformance").origin).parent
    path = package / "data-files" / "benchmarks" / ("bm_" + name) / "run_benchmark.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def hold(scale):
    """A live set of the sizes that programs have: dicts, instances, lists, texts and numbers."""
    return [Row({"number": i, "weight": i / 3, "tags": ["a%d" % i, i]}, "row %d of those that are held" % i)
            for i in range(1000 * scale)]


def hot(scale):
    total = 0
    for i in range(50_000 * scale):
        total += i
        total ^= 3
    return total


def workload(name):
    """What is run for a scale; what it needs is there already."""
    if name == "sympy":
        __import__("sympy")
    if name == "numpy":
        __import__("numpy")
    if name in ("deltablue", "raytrace", "hexiom"):
        module = performance(name)
        return {"deltablue": lambda scale: module.delta_blue(400 * scale),
                "raytrace": lambda scale: module.bench_raytrace(scale, 20, 20, None),
                "hexiom": lambda scale: module.main(60 * scale, 2)}[name]
    return {"churn": churn, "json": round_trip, "cpu": calls, "deep": deep, "service": service, "sympy": algebra,
            "numpy": arrays, "hold": hold, "hot": hot}[name]


def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096


def main():
    name, scale, path = sys.argv[1].rstrip("+~"), int(sys.argv[2]), sys.argv[3]
    function = workload(name)
    if sys.argv[1].endswith("++"):
        function = builtins.profile(function)
    elif sys.argv[1].endswith("+"):
        inner = function

        @builtins.profile
        def function(scale):
            inner(scale)

    if sys.argv[1].endswith("~"):
        ctypes.pythonapi.PyEval_SetTrace(ctypes.CDLL(None).ffs, None)  # of its first argument, which is NULL: 0
    if len(sys.argv) > 4:
        import tracemalloc

        tracemalloc.start(int(sys.argv[4]))
    before = resident()
    clock, start = time.perf_counter(), time.process_time()
    kept = function(scale)
    spent, passed = time.process_time() - start, time.perf_counter() - clock
    grown = resident() - before
    del kept
    pathlib.Path(path).write_text("%.6f %.6f %d" % (spent, passed, grown))


if __name__ == "__main__":
    main()

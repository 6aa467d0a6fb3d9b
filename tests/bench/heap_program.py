"""The heaps that the benchmarks look at: `heap_program.py OBJECTS BYTES`.

OBJECTS objects of a realistic mix (records with a dict, lists, tuples, strings, numbers) and BYTES
more in blobs. Prints READY, then answers the lines of standard input:

    fork          median and all of: nanoseconds that os.fork() takes the process
    look NAME     seconds that an in-process tool needs to look at the heap: gc, objgraph, ...
    quit
"""
import gc
import importlib
import json
import os
import sys
import time


class Order:
    def __init__(self, number):
        self.number = number + 1000
        self.customer = "customer-%d" % number
        self.lines = [("sku-%d" % (number * 3), float(number)), ("sku-%d" % (number * 3 + 1), 1.5)]


OBJECTS_PER_ORDER = 8  # the order, number, customer, list, two tuples, two strings (and floats)
BLOB = 64 * 1024


def grow(objects, blob_bytes):
    gc.disable()  # or building takes minutes; the finished heap is the same
    orders = {"order-%d" % n: Order(n) for n in range(objects // (OBJECTS_PER_ORDER + 3))}
    blobs = [b"%d" % n * (BLOB // len(b"%d" % n)) for n in range(blob_bytes // BLOB)]
    gc.enable()
    return orders, blobs


def forked():
    """Nanoseconds of one os.fork(), as the parent feels it."""
    begin = time.perf_counter_ns()
    child = os.fork()
    if child == 0:
        os._exit(0)
    took = time.perf_counter_ns() - begin
    os.waitpid(child, 0)
    return took


def look_gc():
    counts = {}
    for thing in gc.get_objects():
        name = type(thing).__name__
        counts[name] = counts.get(name, 0) + sys.getsizeof(thing)
    return len(counts)


def look_objgraph():
    return len(importlib.import_module("objgraph").most_common_types(limit=20))


def look_pympler():
    muppy, summary = importlib.import_module("pympler.muppy"), importlib.import_module("pympler.summary")
    return len(summary.summarize(muppy.get_objects()))


def look_guppy3():
    heap = importlib.import_module("guppy").hpy().heap()
    return len(str(heap))


def look(name):
    function = globals()["look_" + name]
    try:
        importlib.import_module({"gc": "gc", "pympler": "pympler.muppy", "guppy3": "guppy"}.get(name, name))
    except ImportError as error:
        return {"error": str(error)}
    begin = time.perf_counter()
    function()
    return {"seconds": time.perf_counter() - begin}


def main():
    kept = grow(int(sys.argv[1]), int(sys.argv[2]))
    print("READY", flush=True)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "quit":
            break
        answer = {"ns": forked()} if word == "fork" else look(rest[0])
        print("ANSWER " + json.dumps(answer), flush=True)
    return kept


if __name__ == "__main__":
    main()

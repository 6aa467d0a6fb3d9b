"""The heaps that the benchmarks look at: `heap_program.py OBJECTS BYTES`.

OBJECTS objects of a realistic mix (records with a dict, lists, tuples, strings, numbers) and BYTES
more in blobs. Prints READY, then answers the lines of standard input:

    fork          median and all of: nanoseconds that os.fork() takes the process
    leak COUNT    from now on COUNT orders more each second, which nobody lets go of
    look NAME     seconds that an in-process tool needs to look at the heap: gc, objgraph, ...
    quit
"""
import gc
import importlib
import json
import os
import random
import sys
import threading
import time


class Order:
    def __init__(self, number, chance):
        self.number = number + 1000
        self.customer = "customer-%d" % chance.randrange(1 << 30)
        self.placed_at = 1.7e9 + chance.random() * 1e6
        self.lines = [("sku-%d" % chance.randrange(1 << 20), chance.randrange(10000) / 100)
                      for _ in range(chance.randrange(5))]
        if chance.random() < 0.2:
            self.note = {"text": "n" * chance.randrange(100), "author": self.customer}


OBJECTS_PER_ORDER = 12.3
CHURN = 0.3
BLOB = 64 * 1024


def grow(objects, blob_bytes):
    """Orders of all sizes; a part of them is replaced, so that the heap is scattered as by use."""
    gc.disable()  # or building takes minutes; the finished heap is the same
    chance = random.Random(1)
    count = int(objects / OBJECTS_PER_ORDER)
    orders = {"order-%d" % n: Order(n, chance) for n in range(count)}
    for n in chance.sample(range(count), int(count * CHURN)):
        orders["order-%d" % n] = Order(n, chance)
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


unsent = []


def leak(count):
    """Adds to unsent for ever, a tenth each tenth of a second."""
    chance = random.Random(2)
    while True:
        unsent.extend(Order(n, chance) for n in range(count // 10))
        time.sleep(0.1)


def start_leak(count):
    threading.Thread(target=leak, args=(count,), daemon=True).start()
    return {"started": count}


def main():
    kept = grow(int(sys.argv[1]), int(sys.argv[2]))
    print("READY", flush=True)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "quit":
            break
        if word == "leak":
            answer = start_leak(int(rest[0]))
        else:
            answer = {"ns": forked()} if word == "fork" else look(rest[0])
        print("ANSWER " + json.dumps(answer), flush=True)
    return kept


if __name__ == "__main__":
    main()

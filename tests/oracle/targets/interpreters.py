"""Several interpreters in one process, of each kind that this Python makes: each fills a heap, and
writes down what it says of it, to FILE.1, FILE.2, ...; last the main one, to FILE. FILE.ids lists
{id: kind}. All wait in the middle of a function until standard input closes."""
import json
import os
import sys
import threading

import heap_dump

try:
    import _interpreters as interpreters # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters

MODULES = """collections json re asyncio datetime decimal logging dataclasses enum functools itertools
sqlite3 ssl xml.etree.ElementTree ctypes random uuid typing weakref contextvars threading""".split()

SCRIPT = """
import os, sys, weakref
number = %(number)d
kept = []
for name in %(modules)r:
    try:
        kept.append(__import__(name))
    except ImportError:
        pass # not for an interpreter with a lock of its own
sys.path.insert(0, %(folder)r)
import heap_dump

class Node:
    registry = {}
    def __init__(self, i):
        self.i, self.text = i, "%%d of interpreter %%d" %% (i, number)
        Node.registry[i] = weakref.ref(self)

class Words(dict):
    __slots__ = ("note",)

def generate():
    own = {"only": "in a generator"}
    yield own

nodes = [Node(i) for i in range(500)]
words = Words((str(n), [n]) for n in range(100))
words.note = (lambda x: lambda: x)(nodes)
running = generate(); next(running)

def stand():
    inside = ["local of interpreter %%d" %% number]
    os.write(%(filled)d, b"f") # only then: modules that were made for one interpreter share dicts
    os.read(%(go)d, 1)
    heap_dump.dump(%(path)r)
    os.write(%(filled)d, b"d")
    os.read(%(wait)d, 1)

stand()
"""


def create():
    """[(id, kind)] of two legacy interpreters and, from 3.12 on, two with locks of their own. Up to
    3.12 an id is an object, with which the interpreter ends."""
    if sys.version_info >= (3, 13):
        ways = [("legacy", lambda: interpreters.create("legacy")),
                ("own GIL", lambda: interpreters.create("isolated"))]
    elif sys.version_info >= (3, 12):
        ways = [("legacy", lambda: interpreters.create(isolated=False)),
                ("own GIL", lambda: interpreters.create(isolated=True))]
    else:
        ways = [("legacy", interpreters.create)]
    return [(way(), kind) for kind, way in ways for _ in range(2)]


def fill(one, **places):
    script = SCRIPT % {"number": int(one), "modules": MODULES,
                       "folder": os.path.dirname(os.path.abspath(__file__)), **places}
    failure = interpreters.run_string(one, script)
    if failure: # 3.13 returns it, before it was raised
        os.write(2, str(failure).encode())
        os._exit(1)


def main():
    path = sys.argv[1]
    made = create()
    wait, _ = os.pipe()
    steps, filled = os.pipe()
    doors = []
    for one, _ in made:
        go, door = os.pipe()
        doors.append(door)
        threading.Thread(target=fill, args=(one,), daemon=True,
                         kwargs={"path": "%s.%d" % (path, int(one)), "wait": wait, "go": go,
                                 "filled": filled}).start()
        os.read(steps, 1)
    for door in doors:
        os.write(door, b"g")
        os.read(steps, 1)
    with open(path + ".ids", "w", encoding="utf-8") as out:
        json.dump({int(one): kind for one, kind in made}, out)
    heap_dump.dump(path)
    sys.stdin.read()


main()

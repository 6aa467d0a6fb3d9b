"""Allocates under tracemalloc, and says what tracemalloc itself says of it: argv[1] frames, into the file
argv[2]. A forked copy tells, so that telling changes nothing in the process that is looked at."""
import collections
import gc
import json
import os
import sys
import tracemalloc

tracemalloc.start(int(sys.argv[1]))


class Node:
    def __init__(self, number):
        self.number = number
        self.name = "node %d" % number


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a
        self.b = [a]


def make_nodes(count):
    return [Node(number) for number in range(count)]


nodes = make_nodes(1200)
slotted = [Slotted(number) for number in range(800)]
texts = {"key %d" % number: number * 1000003 for number in range(1500)}
blobs = [bytes(700 + number) for number in range(50)]
queue = collections.deque(tuple([number, -number]) for number in range(500))
recycled = [[float(number)] for number in range(900)]
del recycled[::2]
recycled += [[float(number)] for number in range(300)]
code = compile("made = [object() for _ in range(800)]\nlater = [{n} for n in range(300)]", "/opt/ünï/☃.py", "exec")
odd = {}
exec(code, odd)
decoded = json.loads("[%s]" % ",".join('{"n": %d.5}' % number for number in range(400)))
track = None
try:
    import ctypes

    track = ctypes.pythonapi.PyTraceMalloc_Track
except (ImportError, AttributeError):
    pass
if track:
    track.argtypes = [ctypes.c_uint, ctypes.c_size_t, ctypes.c_size_t]
    for number in range(40):
        track(4711, 0x1000 + 64 * number, 10000)


def tell(path):
    lines = collections.defaultdict(lambda: [0, 0])
    snapshot = tracemalloc.take_snapshot()
    for trace in snapshot.traces:
        frame = trace.traceback[-1]
        counts = lines["%s:%d" % (frame.filename, frame.lineno)]
        counts[0] += 1
        counts[1] += trace.size
    objects = {}
    for kept in (nodes, slotted, recycled, odd["made"], odd["later"], decoded, queue, [texts, queue]):
        for one in kept:
            frames = tracemalloc.get_object_traceback(one)
            if frames is None and type(one) is Node and sys.version_info[:2] == (3, 11):
                # 3.11 asks for the wrong block: it forgets the words in front of the collector's header.
                made = make_nodes.__code__.co_firstlineno + 1
                objects[hex(id(one))] = ["%s:%d" % (__file__, made)]
            else:
                objects[hex(id(one))] = ["%s:%d" % (f.filename, f.lineno) for f in reversed(frames or ())]
    with open(path, "w") as stream:
        json.dump({"lines": lines, "objects": objects, "tracked": bool(track)}, stream)


gc.collect()
gc.disable()
if os.fork() == 0:
    tell(sys.argv[2])
    os._exit(0)
os.wait()
print("READY", flush=True)
sys.stdin.read()

"""Brings one of the peers into a program of LeakBench, which knows nothing of it: what a person would have
added to the program by that peer's documentation.

HOLDFAST_PEER names it. SIGUSR1 is the moment before, SIGUSR2 the moment after; handlers run while the
program waits for its next step. The answer goes to HOLDFAST_PEER_FOLDER.
"""
import json
import os
import signal
import sys
import traceback

TOLD = 10
FOLDER = os.environ.get("HOLDFAST_PEER_FOLDER", "")


class Tracemalloc:
    """docs.python.org/3/library/tracemalloc.html: take two snapshots, compare_to(first, "lineno")."""

    def __init__(self):
        import tracemalloc
        tracemalloc.start()

    def before(self):
        import tracemalloc
        self.first = tracemalloc.take_snapshot()

    def after(self):
        import tracemalloc
        own = (tracemalloc.Filter(False, tracemalloc.__file__), tracemalloc.Filter(False, __file__),
               tracemalloc.Filter(False, "<frozen importlib._bootstrap>"))
        changes = tracemalloc.take_snapshot().filter_traces(own).compare_to(self.first.filter_traces(own), "lineno")
        for change in changes[:TOLD]:
            if change.size_diff > 0:
                frame = change.traceback[0]
                yield {"site": "%s:%d" % (frame.filename, frame.lineno), "retained_bytes": change.size_diff}


class Objgraph:
    """objgraph.readthedocs.io: show_growth() twice, then a chain from a module to an object of the type that grew."""

    def before(self):
        import objgraph
        objgraph.growth(limit=TOLD)

    def after(self):
        import random
        import objgraph
        for name, _, more in objgraph.growth(limit=TOLD):
            found = objgraph.by_type(name)
            chain = objgraph.find_backref_chain(random.choice(found), objgraph.is_proper_module) if found else []
            yield {"type": name, "path": self.said(chain), "count": more}
            del found, chain

    @staticmethod
    def said(chain):
        import types
        words = []
        for holder, held in zip(chain, chain[1:]):
            if isinstance(holder, types.ModuleType):
                words.append("module " + holder.__name__)
            elif isinstance(holder, dict):
                words += [str(key)[:60] for key, value in list(holder.items()) if value is held][:1]
            else:
                words.append(type(holder).__name__)
                words += [key for key, value in list(getattr(holder, "__dict__", {}).items()) if value is held][:1]
        return ".".join(words)


class Pympler:
    """pympler.readthedocs.io: a SummaryTracker, and its diff()."""

    def before(self):
        from pympler import tracker
        self.tracker = tracker.SummaryTracker()

    def after(self):
        rows = sorted(self.tracker.diff(), key=lambda row: -row[2])
        for name, _, size in rows[:TOLD]:
            if size > 0:
                yield {"type": name, "retained_bytes": size}


class Guppy:
    """github.com/zhuyifei1999/guppy3: setrelheap(), heap(), and the shortest paths to what is in its rows."""

    def __init__(self):
        from guppy import hpy
        self.hpy = hpy()

    def before(self):
        self.hpy.setrelheap()

    def after(self):
        heap = self.hpy.heap()
        for number in range(min(TOLD // 2, len(heap.parts))):
            row = heap[number]
            yield {"type": str(row.kind), "path": str(row.byid[0].sp)[:2000], "retained_bytes": row.size}


class Memray:
    """bloomberg.github.io/memray: --leaks with Python's allocator traced: what was allocated and not freed."""

    def before(self):
        import memray
        self.path = os.path.join(FOLDER, "capture.bin")
        self.tracker = memray.Tracker(self.path, trace_python_allocators=True)
        self.tracker.__enter__()

    def after(self):
        import memray
        self.tracker.__exit__(None, None, None)
        records = memray.FileReader(self.path).get_leaked_allocation_records(merge_threads=True)
        for record in sorted(records, key=lambda record: -record.size)[:TOLD]:
            frames = record.stack_trace(max_stacks=4)
            yield {"site": " ".join("%s:%d in %s" % (file, line, function) for function, file, line in frames),
                   "retained_bytes": record.size}


PEERS = {"tracemalloc": Tracemalloc, "objgraph": Objgraph, "pympler": Pympler, "guppy3": Guppy, "memray": Memray}


def write(name, content):
    path = os.path.join(FOLDER, name)
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write(content)
    os.rename(path + ".new", path)


def begin(peer):
    def before(*_):
        try:
            peer.before()
            write("before", "done")
        except BaseException:  # pylint: disable=broad-except; it must be told, whatever it is
            write("before", traceback.format_exc())

    def after(*_):
        try:
            write("after", json.dumps(list(peer.after())))
        except BaseException:  # pylint: disable=broad-except
            write("after", json.dumps({"error": traceback.format_exc()}))

    signal.signal(signal.SIGUSR1, before)
    signal.signal(signal.SIGUSR2, after)


if os.environ.get("HOLDFAST_PEER") in PEERS and FOLDER and sys.argv[:1] != ["-m"]:
    begin(PEERS[os.environ["HOLDFAST_PEER"]]())

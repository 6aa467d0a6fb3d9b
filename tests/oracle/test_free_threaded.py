"""What only free-threaded interpreters do: several threads at once, counts in two parts, no lists of
the collector, objects that become immortal."""
import collections
import json

from tests.e2e.targets import target, wait_until
from tests.oracle.test_walk import LISTING, tool

def walked(process, folder, *options):
    """(summary, {address: (type, refcount, flags)}, roots)."""
    run = tool("tool_walk", process.pid, "--objects", folder / "objects", "--roots", folder / "roots",
               *options)
    objects = {}
    for line in (folder / "objects").read_text(errors="replace").splitlines():
        _, address, kind, _, _, _, refcount, _, flags = line.split("\t")[:9]
        objects[int(address, 16)] = kind, int(refcount), int(flags)
    roots = [line.split("\t") for line in (folder / "roots").read_text().splitlines()]
    return json.loads(run.stdout), objects, roots


def written(path):
    """{address: count} of lines "ADDRESS COUNT"."""
    return {int(address, 16): int(count) for address, count in
            (line.split() for line in path.read_text().splitlines())}


DEAD_THREADS = """
import threading
class Left: pass
class Dropped: pass
kept = []
def work():
    kept.extend(Left() for _ in range(500))
    gone = [Dropped() for _ in range(500)]
for _ in range(20):
    thread = threading.Thread(target=work)
    thread.start(); thread.join()
wait()
"""


def test_objects_of_ended_threads_are_told(free_threaded, tmp_path):
    with target(free_threaded, DEAD_THREADS) as process:
        summary, objects, _ = walked(process, tmp_path)
    kinds = collections.Counter(kind for kind, _, _ in objects.values())
    assert kinds["__main__.Left"] == 10000
    assert kinds["__main__.Dropped"] == 0
    assert summary["lists_repaired"] == summary["overcounted"] == 0


def test_blocks_are_what_mimalloc_spends(free_threaded):
    """All but few: a block that was made smaller may stay where it is."""
    with target(free_threaded, LISTING, "/dev/null") as process:
        lines = tool("tool_mimalloc", process.pid).stdout.splitlines()
    segments, *tags, sizes = [line.split() for line in lines if not line.startswith("wrong")]
    assert segments[5] == "0" and int(segments[3]) == sum(int(tag[3]) for tag in tags)
    assert {tag[1] for tag in tags} == {"0", "1", "2", "3"}
    assert int(sizes[1]) > 10000
    assert int(sizes[3]) * 50 < int(sizes[1])


# Counts that one thread gave and others took away: part of them is negative, part merged.
SHARED = """
import sys, threading
class Thing: pass
things = [Thing() for _ in range(600)]
mine = [things[i] for i in range(0, 600, 2)]      # of the thread that made them
theirs = []
def take(offset):
    theirs.extend([things[i] for i in range(offset, 600, 3)] * 2)
for offset in range(3):
    thread = threading.Thread(target=take, args=(offset,))
    thread.start(); thread.join()
def made_elsewhere():
    things.extend(Thing() for _ in range(300))
thread = threading.Thread(target=made_elsewhere)
thread.start(); thread.join()
def drop():
    del mine[::2]
    del theirs[::5]
thread = threading.Thread(target=drop)
thread.start(); thread.join()
texts = ["text %d" % i for i in range(300)]
more = texts[::2] + texts[::3]
with open(sys.argv[1], "w") as out:
    for thing in things + texts:
        out.write("%x %d\\n" % (id(thing), sys.getrefcount(thing) - 3))  # `thing`, argument, sum
del thing
wait()
"""


def test_counts_in_two_parts_are_what_python_says(free_threaded, tmp_path):
    with target(free_threaded, SHARED, tmp_path / "counts") as process:
        summary, objects, _ = walked(process, tmp_path)
    said = written(tmp_path / "counts")
    assert len(said) == 1200
    assert {address: objects[address][1] for address in said} == said
    assert summary["balanced"] > 5000
    assert summary["overcounted"] == 0


# From the second thread on 3.13 makes functions and code immortal: what is made and dropped stays.
DROPPED_FUNCTIONS = """
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
space = {}
for number in range(300):
    exec("def dropped(): return %d" % number, space)
del space["dropped"]
wait()
"""


def test_dropped_objects_that_are_immortal_are_told(free_threaded, tmp_path):
    with target(free_threaded, DROPPED_FUNCTIONS) as process:
        _, objects, roots = walked(process, tmp_path)
    held = [root for root in roots if root[0] == "interpreter" and root[2] == "immortal"]
    numbered = list(objects.values())
    kinds = collections.Counter(numbered[int(root[1])][0] for root in held)
    if free_threaded.minor == "3.13t":
        assert 300 <= kinds["builtins.function"] < 450
        assert 300 <= kinds["builtins.code"] < 450
    else:
        assert kinds["builtins.function"] < 300


THREADS = """
import gc, threading
class Node: pass
def churn(slots):
    number = 0
    while True:
        number += 1
        node = Node()
        node.items = [Node() for _ in range(number % 7)]
        slots[number % 500] = node
for _ in range(4):
    threading.Thread(target=churn, args=([None] * 500,), daemon=True).start()
def collect():
    while True:
        gc.collect()
threading.Thread(target=collect, daemon=True).start()
kept = [[i] for i in range(20000)]
wait()
"""


def test_a_process_whose_threads_all_run_is_read(free_threaded, tmp_path):
    """No copy may be made in the midst of a collection, which uses the headers for itself."""
    for _ in range(3):
        with target(free_threaded, THREADS) as process:
            summary, objects, _ = walked(process, tmp_path)
        kinds = collections.Counter(kind for kind, _, _ in objects.values())
        assert summary["way"] == 0
        assert kinds["__main__.Node"] > 1000
        assert kinds["builtins.list"] > 20000
        assert summary["implausible"] + summary["unreadable"] <= 16
        counted = summary["balanced"] + summary["c_held"] + summary["overcounted"]
        assert summary["balanced"] / counted > 0.97
        assert summary["overcounted"] <= 40


def test_at_rest_means_that_no_thread_is_in_the_interpreter(free_threaded, tmp_path):
    program = "import threading\nfor _ in range(5): threading.Thread(target=threading.Event().wait, daemon=True).start()"
    with target(free_threaded, program) as process: # until all have come to wait
        wait_until(lambda: walked(process, tmp_path)[0]["at_rest"] == 1, timeout=60, what="rest")
    with target(free_threaded, "import threading\ndef spin():\n    while True: pass\n"
                               "threading.Thread(target=spin, daemon=True).start()") as process:
        summary, _, _ = walked(process, tmp_path)
    assert summary["at_rest"] == 0

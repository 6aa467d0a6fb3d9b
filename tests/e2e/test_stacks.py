"""What only the evaluation stack of a running call holds, of which no more than a register knows the depth."""
import pathlib

from tests.e2e.targets import holdfast, target, wait_until

# Two threads that wait in C: one goes through a list that has no name, one has given a list to select().
PROGRAM = """
import os, select, threading, time
class Row: pass
class Pipe:
    def __init__(self): self.ends = os.pipe()
    def fileno(self): return self.ends[0]
class Kept: pass
kept = []
def rows(): return [Row() for _ in range(1000)]
def reader():
    kept.append(Kept())
    for row in rows(): time.sleep(1000)
def waiter():
    select.select([Pipe()], [], [])
for function in (reader, waiter):
    threading.Thread(target=function, name=function.__name__, daemon=True).start()
wait()
"""


def do_all_wait(pid, count):
    """Whether so many threads are there and none of them runs, or may."""
    states = [stat.read_text().rpartition(")")[2].split()[0] for stat in pathlib.Path("/proc/%d/task" % pid).glob("*/stat")]
    return states == ["S"] * count


def paths_of(snapshot, name):
    rows = holdfast("objects", snapshot, "--type", "*." + name, "--top", "2000", "--json", "-", expect=0).json
    return [row["path"] for row in rows["objects"]]


def test_what_only_the_stack_holds_is_told_of_its_call(every_minor, tmp_path):
    heap = tmp_path / "heap"
    with target(every_minor, PROGRAM) as process:
        wait_until(lambda: do_all_wait(process.pid, 3), what="both threads wait in C")
        holdfast("snapshot", process.pid, "-o", heap, expect=0)
    paths = paths_of(heap, "Row")
    on_stack = [path for path in paths if path.startswith("stack of reader (")]
    assert len(paths) == 1000 and len(on_stack) >= 999, paths[:5] # one has a name, too: row
    path, = paths_of(heap, "Pipe")
    assert path.startswith("stack of waiter (") and path.endswith("thread waiter: list[0]"), path
    # What has left the stack is held by what holds it.
    assert paths_of(heap, "Kept") == ["module __main__.kept[0]"]
    shown = holdfast("refcounts", heap, "--json", "-").json
    assert not [row for row in shown["types"] if row["type"].endswith(("Row", "Pipe", "Kept", "list_iterator"))]

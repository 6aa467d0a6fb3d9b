"""threads, against threading and sys._current_frames() in the process."""
import json

from tests.e2e.targets import holdfast, target, tell

PROGRAM = """
import concurrent.futures, json, queue, sys, threading, time
local = threading.local()
stop = threading.Event()
begun = threading.Barrier(4)
def worker(n):
    load = bytearray(100000 * n)
    mine = [bytes(1000) for _ in range(100)]
    local.data = bytes(50000)
    begun.wait()
    stop.wait()
def leaf(depth):
    if depth: return leaf(depth - 1)
    begun.wait()
    stop.wait()
threads = [threading.Thread(target=worker, args=(n,), name="worker-%d" % n, daemon=n == 2) for n in (1, 2)]
threads.append(threading.Thread(target=leaf, args=(30,), name="deep"))
for t in threads: t.start()
begun.wait()
class Job(threading.Thread):
    def run(self): self.result = bytes(7000)
ended = [Job() for _ in range(5)]
for t in ended: t.start()
for t in ended: t.join()
never = threading.Thread(target=worker)
pool = concurrent.futures.ThreadPoolExecutor(2)
jobs = [pool.submit(stop.wait) for _ in range(2)]
while pool._work_queue.qsize(): time.sleep(0.01)
jobs += [pool.submit(stop.wait) for _ in range(9)]
def frames(f):
    found = []
    while f:
        found.append([getattr(f.f_code, "co_qualname", f.f_code.co_name), f.f_lineno])
        f = f.f_back
    return found
def state():
    current = sys._current_frames()
    return [{"name": t.name, "native_id": t.native_id, "daemon": t.daemon, "address": "%#x" % id(t),
             "stack": frames(current[t.ident])} for t in threading.enumerate()]
ready()
for line in sys.stdin: print("STATE " + json.dumps(state()), flush=True)
"""


def look(process, *options):
    return holdfast("threads", process.pid, "--top", 1000, "--json", "-", *options, expect=0).json


def placed(text):
    name, _, rest = text.rpartition(" (")
    return [name, int(rest.rstrip(")").rpartition(":")[2])]


def test_threads_are_those_of_threading(python_minor):
    with target(python_minor, PROGRAM) as process:
        found, hidden = look(process), look(process, "--no-values")
        text = holdfast("threads", process.pid, expect=0).stdout
        state = json.loads(tell(process, "state", "STATE").split(" ", 1)[1])
    rows = {row["native_id"]: row for row in found["threads"]}
    assert found["running"] == len(state) == len(rows) == 6
    for said in state:
        row = rows[said["native_id"]]
        assert (row["name"], row["object"]) == (said["name"], said["address"])
        assert row["daemon"] == said["daemon"]
        if said["name"] != "MainThread": # which went on since
            stack = [placed(place) for place in row["stack"]]
            if python_minor.version < (3, 11): # code does not know its qualified name
                stack = [[name.rpartition(".")[2], line] for name, line in stack]
            assert stack == said["stack"]
    one, two, deep = (next(r for r in found["threads"] if r["name"] == n) for n in ("worker-1", "worker-2", "deep"))
    for row, load in ((one, 100000), (two, 200000)):
        mine = load + 100 * 1000
        assert mine < row["private_bytes"] < mine * 1.2 + 10000
        assert 50000 < row["local_data_bytes"] < 51000
    assert deep["private_bytes"] < 20000 and deep["stack_depth"] >= 33 and not deep["local_data_bytes"]
    assert [r for r in hidden["threads"] if r["object"] == one["object"]]
    others = found["objects_without_thread"]
    assert sorted(row["state"] for row in others) == ["ended"] * 5 + ["not begun"]
    assert all(row["retained_bytes"] > 7000 and row["path"].startswith("module __main__.")
               for row in others if row["state"] == "ended")
    assert found["ended"] == 5 and 5 * 7000 < found["saved_bytes"] < 5 * 11000
    executor, = found["executors"]
    assert (executor["queued"], executor["workers"], executor["most_workers"]) == (9, 2, 2)
    assert executor["path"] == "module __main__.pool"
    text = " ".join(text.split())
    assert text.startswith("HELD 6 threads run Python") and "5 Thread objects of threads that have ended" in text


def test_the_stacks_in_memory_are_those_of_the_kernel(python_minor):
    """A thread that has touched much of its stack has as much of it in memory."""
    program = """
import ctypes, threading
stop, done = threading.Event(), threading.Event()
def run():
    # A function of C that takes 2 MB of the stack, and gives them back: qsort() sorts beside.
    data = (ctypes.c_char * (1 << 20))()
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda a, b: 0)
    ctypes.CDLL(None).qsort(data, 2, 1000, compare)
    done.set()
    stop.wait()
def nested(n):
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(
        lambda a, b: nested(n - 1) or 0 if n else 0)
    ctypes.CDLL(None).qsort((ctypes.c_char * 2000)(), 2, 1000, compare)
def deep():
    nested(100)
    run()
threads = [threading.Thread(target=deep, name="deep"), threading.Thread(target=stop.wait, name="flat")]
for t in threads: t.start()
done.wait()
ready()
stop.wait()
"""
    with target(python_minor, program) as process:
        held = {row["name"]: row["c_stack_resident_bytes"] for row in look(process)["threads"]}
        parts = holdfast("memory", process.pid, "--json", "-", expect=0).json
    assert 4096 <= held["flat"] < 100000 < held["deep"] < 8 << 20
    assert held["MainThread"] >= 4096 and sum(held.values()) > 150000
    assert str(sum(held.values())) in json.dumps(parts) # all stacks together, as memory tells them


def test_the_main_thread_has_a_name_without_threading(python_minor):
    with target(python_minor, "import sys\nassert 'threading' not in sys.modules") as process:
        main, = look(process)["threads"]
    assert main["name"] == "MainThread" and main["native_id"] == process.pid


def test_data_of_threads_that_are_gone(python_minor):
    with target(python_minor, "import threading") as process:
        found = look(process)
    assert found["verdict"] == "running" and found["running"] == 1 and not found["objects_without_thread"]
    main, = found["threads"]
    assert main["name"] == "MainThread" and main["native_id"] == process.pid
    assert main["stack"][0].startswith("wait ")

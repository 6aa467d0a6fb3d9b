"""tasks, against what asyncio in the process says: all_tasks(), cr_await, _state."""
import json
import re
import subprocess

import pytest

from tests.e2e.targets import clean_environment, holdfast, target, tell

# The process tells of itself from a thread, while its loop waits.
SAY = """
import asyncio, gc, json, sys, threading, types
def place(c):
    if isinstance(c, types.AsyncGeneratorType): return c.__qualname__, c.ag_frame.f_lineno
    return c.__qualname__, (c.gi_frame if hasattr(c, "gi_frame") else c.cr_frame).f_lineno
def chain(c):
    found = []
    while c is not None:
        kind = type(c).__name__
        if kind in ("coroutine", "generator", "async_generator"):
            found.append(place(c))
            c = c.cr_await if kind == "coroutine" else c.gi_yieldfrom if kind == "generator" else c.ag_await
        elif kind in ("async_generator_asend", "coroutine_wrapper"):
            c = [r for r in gc.get_referents(c) if type(r).__name__ in ("coroutine", "async_generator")][0]
        else:
            c = None
    return found
def state():
    tasks = {}
    for t in gc.get_objects():
        if isinstance(t, asyncio.Task) or isinstance(t, asyncio.tasks._PyTask):
            suspended = t._coro.cr_frame is not None and not t._coro.cr_running
            tasks["%#x" % id(t)] = {
                "state": t._state, "failed": t._exception is not None,
                "function": t._coro.__qualname__, "awaits": chain(t._coro) if suspended else None,
                "waiter": "%#x" % id(t._fut_waiter) if t._fut_waiter is not None else None}
    return tasks
def serve():
    for line in sys.stdin:
        print("STATE " + json.dumps(state()), flush=True)
threading.Thread(target=serve, daemon=True).start()
"""
PROGRAM = SAY + """
async def inner(q):
    return await q.get()
async def middle(q):
    async with asyncio.Lock():
        return await inner(q)
async def worker(q):
    return await middle(q)
async def items(q):
    while True:
        yield await q.get()
async def consumer(q):
    async for x in items(q): pass
@types.coroutine
def old(q):
    return (yield from worker(q))
async def through_old(q): await old(q)
async def gathered(q): await asyncio.gather(worker(q), worker(q))
async def python_future(): await asyncio.futures._PyFuture()
async def fail(): raise KeyError(1)
async def quick(): return bytes(5000)
async def sleeper(): await asyncio.sleep(1000)
async def waits_for(task): await task
class Awaitable:
    def __init__(self, c): self.c = c
    def __await__(self): return self.c.__await__()
async def through_object(q): await Awaitable(inner(q))
done = []
async def main():
    q = asyncio.Queue()
    tasks = [asyncio.create_task(worker(q)) for i in range(5)]
    tasks += [asyncio.create_task(c) for c in (consumer(q), through_old(q), gathered(q), python_future(),
                                               sleeper(), through_object(q))]
    tasks.append(asyncio.create_task(waits_for(tasks[0])))
    tasks.append(asyncio.tasks._PyTask(worker(q), loop=asyncio.get_running_loop()))
    done.extend(asyncio.create_task(quick()) for _ in range(10))
    done.append(asyncio.create_task(fail()))
    done.append(asyncio.create_task(sleeper()))
    await asyncio.sleep(0.05)
    done[-1].cancel()
    done[-2].exception
    await asyncio.sleep(0.05)
    ready()
    await asyncio.sleep(1000)
begun = (i for i in range(10)); next(begun)
asyncio.run(main())
"""
WORDS = {"PENDING": "pending", "FINISHED": "finished", "CANCELLED": "cancelled"}


def look(process, *options):
    return holdfast("tasks", process.pid, "--top", 1000, "--json", "-", *options, expect=0).json


def placed(text):
    """("worker", 12) of "worker (<string>:12)"."""
    found = re.fullmatch(r"(.*) \(.*:(\d+)\)", text)
    return [found[1], int(found[2])]



def test_tasks_are_those_of_asyncio(python_minor):
    with target(python_minor, PROGRAM) as process:
        found, hidden = look(process), look(process, "--no-values")
        text = holdfast("tasks", process.pid, expect=0).stdout
        state = json.loads(tell(process, "state", "STATE").split(" ", 1)[1])
    assert len(state) == 28
    for answer in (found, hidden):
        rows = {row["address"]: row for group in answer["functions"] if group["function"]
                for row in group["tasks"]}
        assert rows.keys() == state.keys()
        for address, said in state.items():
            row = rows[address]
            wanted = "failed" if said["failed"] else WORDS[said["state"]]
            assert row["state"] == wanted, row
            if said["awaits"] is not None:
                assert [placed(place) for place in row["awaits"]] == said["awaits"]
            if said["waiter"]:
                assert row["waits_for"] == said["waiter"]
        groups = {row["function"].split(" ")[0]: row for row in answer["functions"] if row["function"]}
        assert groups["worker"]["pending"] == 8 and groups["worker"]["alike"] == 8
        assert groups["quick"]["finished"] == 10
        assert 10 * 5000 < groups["quick"]["saved_bytes"] < 10 * 6000
        assert groups["quick"]["path"].startswith("module __main__.done[")
        assert groups["fail"]["failed"] == 1 and groups["sleeper"]["cancelled"] == 1
        assert (answer["pending"], answer["finished"], answer["failed"], answer["cancelled"]) == (16, 10, 1, 1)
        assert any(row["type"] == "generator" and row["place"].startswith("<genexpr>") and row["count"] == 1
                   for row in answer["not_run_by_tasks"])
        assert not [r for r in answer["not_run_by_tasks"] if r["type"] == "coroutine"]
    assert text.startswith("HELD  28 tasks: 16 pending, 10 finished, 1 failed, 1 cancelled")


def test_it_is_what_asyncio_ps_says(tmp_path, python_minor):
    """python -m asyncio ps, which 3.14 has, is somebody else who reads the process from outside."""
    if python_minor.version < (3, 14) or python_minor.free_threaded:
        pytest.skip("python -m asyncio ps came with 3.14")
    with target(python_minor, PROGRAM) as process:
        done = subprocess.run([python_minor.path, "-m", "asyncio", "ps", str(process.pid)], timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
                              check=False)
        found = look(process)
    if done.returncode or b"Traceback" in done.stderr:
        pytest.skip("asyncio ps cannot look: %r" % done.stderr[-300:])
    told = {}
    for line in done.stdout.decode().splitlines():
        columns = re.match(r"\d+\s+(0x[0-9a-f]+)\s+(\S+)\s+(.*)", line)
        if columns:
            stack = re.split(r"\s{2,}", columns[3].strip())[0].split(" -> ")
            told.setdefault(int(columns[1], 16), [name.rpartition(".")[2] for name in reversed(stack)])
    rows = {int(row["address"], 16): row for group in found["functions"] for row in group["tasks"]}
    assert len(told) >= 12
    for address, stack in told.items():
        row = rows[address]
        names = [place.split(" ")[0].rpartition(".")[2] for place in row["awaits"]]
        # It does not see generators, plain or asynchronous, nor behind them.
        beyond = names[len(stack):]
        assert names[:len(stack)] == stack and (not beyond or beyond[0] in ("items", "old", "__await__"))


def test_a_program_without_tasks(python_minor):
    with target(python_minor, "x = [1]") as process:
        answer = holdfast("tasks", process.pid, expect=0)
    assert answer.stdout.startswith("NONE  There are no tasks and no futures of asyncio.")

"""holdfast.profile, trace and memory_usage: within a process, with and without `holdfast run`."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import pytest

from tests.e2e.captures import answer, holdfast
from tests.e2e.package import package
from tests.e2e.targets import PROGRAM, ROOT

MIB = 1024 * 1024


@pytest.fixture
def run(python, tmp_path):
    """Runs a script, which prints JSON as its last line; with traced under `holdfast run`, with that option."""
    if python.free_threaded:
        pytest.skip("the module is of the limited API, which builds without a GIL do not load")
    folder = package()
    if not folder:
        pytest.skip("no compiler, or no headers of any Python")

    def run(text, traced=False):
        script = tmp_path / "script.py"
        script.write_text(text)
        words = [PROGRAM, "run", *([traced] if traced is not True else []), "-o", tmp_path / "run.hftrace"] if traced else []
        done = subprocess.run([*words, python.path, script], cwd=tmp_path, text=True, timeout=120,
                              env={**os.environ, "PYTHONPATH": str(folder), "TMPDIR": str(tmp_path)},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr[-3000:]
        run.output = done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    return run


TRACE = """
import json, threading, holdfast
old = [bytes(1000) for i in range(500)]
with holdfast.trace("block.hftrace") as t:
    kept = [bytes(1000) for i in range(1000)]  # kept
    del old
    for i in range(100):
        bytearray(5000)  # gone
    with holdfast.trace() as inner:
        thread = threading.Thread(target=lambda: kept.append(bytes(50_000)))
        thread.start(); thread.join()
more = [bytes(1000) for i in range(777)]
rows = {}
for row in t.lines():
    if row.file == __file__:  # comprehensions are functions of their own before 3.12
        of = rows.setdefault(row.line, [0, 0, 0])
        of[:] = of[0] + row.allocated, of[1] + row.count, of[2] + row.live
print(json.dumps({"rows": rows, "live": t.live, "allocated": t.allocated, "peak": t.peak, "complete": t.complete,
                  "inner": [inner.live, inner.allocated], "summary": t.summary()}))
"""


NATIVE_TRACE = """
import json, lzma, holdfast
with holdfast.trace() as t:
    packed = lzma.compress(bytes(100_000))  # packed
print(json.dumps([[row.file, row.line, row.function, row.allocated] for row in t.lines()]))
"""


def test_lines_of_a_native_run_are_one_each(run):
    rows = run(NATIVE_TRACE, "--native")
    assert len({tuple(row[:3]) for row in rows}) == len(rows)
    assert any(row[0].endswith("lzma.py") and row[3] > 1_000_000 for row in rows)


@pytest.mark.parametrize("traced", [False, True])
def test_trace_knows_the_block_and_nothing_else(run, traced, tmp_path):
    said = run(TRACE, traced)
    kept, gone = said["rows"]["5"], said["rows"]["8"]
    assert 1_033_000 <= kept[2] <= 1_050_000 and 1000 <= kept[1] <= 2900
    assert 500_000 <= gone[0] <= 520_000 and gone[2] <= 1000
    assert "4" not in said["rows"] or said["rows"]["4"][0] < 1000  # old ones are no part of it, nor is their end
    assert 1_080_000 <= said["live"] <= 1_150_000 + 60_000 and said["allocated"] >= said["live"] + 500_000
    assert 50_000 <= said["inner"][0] <= 70_000
    assert said["complete"] is traced
    assert traced == ("malloc() by itself was not seen" not in said["summary"])
    if not traced:
        assert 1_000_000 <= said["peak"] <= 1_200_000
    assert sum(row["all"]["live"]["bytes"] for row in answer("table", tmp_path / "block.hftrace", "--leaks", "--top",
                                                                 100000)["lines"]) \
        == said["live"]
    assert holdfast("tree", tmp_path / "block.hftrace", "--total").returncode == 0
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".holdfast-run")]
    if traced:  # what is in a block is in the run as well
        rows = answer("table", tmp_path / "run.hftrace", "--total", "--top", 100000)["lines"]
        assert sum(row["all"]["total"]["bytes"] for row in rows
                   if row.get("file", "").endswith("script.py") and row["line"] == 8) >= 500_000


PROFILE = """
import asyncio, io, json, holdfast
out = io.StringIO()
@holdfast.profile(stream=out, precision=3)
def plain(n):
    a = [0] * n
    b = bytearray(8 * n)
    del b
    for i in range(10):
        c = i
    return a
class Store:
    @holdfast.profile(stream=out)
    def method(self, depth):
        self.kept = bytearray(1000)
        return self.method(depth - 1) if depth else "deep"
    @holdfast.profile(stream=out)
    @staticmethod
    def static():
        return 7
@holdfast.profile(stream=out)
def generator():
    x = yield 1
    y = yield x + 1
    return y
@holdfast.profile(stream=out)
async def coroutine():
    data = bytearray(3_000_000)
    await asyncio.sleep(0)
    return len(data)
@holdfast.profile(stream=out)
def fails():
    raise KeyError("mine")
plain(1_000_000)
text = out.getvalue()
said = {"method": Store().method(3), "static": Store.static(), "coroutine": asyncio.run(coroutine()), "text": text,
        "name": plain.__name__}
g = generator()
said["generator"] = [next(g), g.send(5)]
try:
    g.send(9)
except StopIteration as stop:
    said["returned"] = stop.value
try:
    fails()
except KeyError as error:
    said["raised"] = error.args[0]
said["reports"] = out.getvalue().count("Line Contents")
print(json.dumps(said))
"""




@pytest.mark.parametrize("traced", [False, True])
def test_profile(run, traced):
    said = run(PROFILE, traced)
    assert (said["method"], said["static"], said["coroutine"], said["name"]) == ("deep", 7, 3_000_000, "plain")
    assert said["generator"] == [1, 6] and said["returned"] == 9 and said["raised"] == "mine"
    assert said["reports"] == 6
    assert said["text"].splitlines()[2].split("  ")[0] == "Line #"
    rows = {line.split()[-1]: line.split() for line in said["text"].splitlines() if "MiB" in line}
    first = next(c for c in rows.values() if c[-3:] == ["=", "[0]", "*", "n"][-3:])
    assert abs(float(first[3]) - 7.629) < (0.002 if traced else 0.6) and first[5] == "1"  # increment, occurrences
    assert abs(float(first[6]) - 7.629) < 0.002  # allocated, by the tracer: in both
    freed = next(c for c in rows.values() if c[-2:] == ["del", "b"])
    assert abs(float(freed[3]) + 7.629) < (0.002 if traced else 0.6)
    loop = next(line.split() for line in said["text"].splitlines() if "for i in range(10)" in line)
    assert loop[5] == "11"


HOT = """
import io, json, holdfast
out = io.StringIO()
@holdfast.profile(stream=out, traced=False)
def hot(n):
    total = 0
    for i in range(n):
        total += i
    return total
assert hot(50000) == sum(range(50000))
print(json.dumps({"text": out.getvalue()}))
"""


def test_every_execution_is_counted(run):
    said = run(HOT)
    for text, count in (("total += i", 50000), ("for i in", 50001), ("return total", 1)):
        assert next(line for line in said["text"].splitlines() if text in line).split()[5] == str(count)


def test_lines_are_counted_as_settrace_tells_of_them(every_minor):
    if every_minor.free_threaded:
        pytest.skip("the module is of the limited API, which builds without a GIL do not load")
    done = subprocess.run([every_minor.path, ROOT / "tests" / "e2e" / "line_cases.py"], text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(package())}, stdout=subprocess.PIPE, check=True)
    assert json.loads(done.stdout) == {}


COMPREHENSION = """
import json
from holdfast.memory_profiler import LineProfiler
def made(n):
    return {i
            for i in range(n)}
profiler = LineProfiler()
profiler.add_function(made)
with profiler:
    assert made(5) == set(range(5))
(rows,) = profiler.code_map.values()
print(json.dumps([row[2] for line, row in sorted(rows.items())][1:]))
"""


def test_lines_of_a_comprehension_count_as_their_version_has_compiled_it(python, run):
    """Five elements; and the line of `return`: a function of its own is called and left, up to 3.11, and its loop is at that line; it
    is up to 3.12. From 3.13 on the loop is at the line of `for`, which was there before for the range. What is left of that is that the
    set is made, and returned; from 3.14 on settrace() does not tell of the latter: the loop's last instruction was of that line."""
    usual = [13, 6] if python.version < (3, 12) else [11, 6] if python.version < (3, 13) else [7, 7]
    assert run(COMPREHENSION) == (usual if python.version < (3, 14) else [6, 7])


SAME = """
import json, pickle, traceback
from holdfast.memory_profiler import LineProfiler
def fails(rows):
    rest = [1,
            2]
    try:
        return (rows["x"]["y"] +
                rest.missing)
    finally:
        rest = rows
def makes(x):
    def inner(y):
        return x + y
    return inner
def told(rows):
    try:
        fails(rows)
    except Exception:
        return traceback.format_exc()
profiler = LineProfiler()
for function in fails, makes:
    profiler.add_function(function)
cases = {}, {"x": {"y": 1}}, {"x": 3}
plain = [told(rows) for rows in cases]
with profiler:
    profiled = [told(rows) for rows in cases]
    inner = makes(3)
code = inner.__code__
sent = type(inner)(code.replace(co_consts=pickle.loads(pickle.dumps(code.co_consts))), {}, closure=inner.__closure__)
probe, = {type(c) for c in code.co_consts} - {type(None)}
refused = []
try:
    probe()
except TypeError:
    refused.append(probe.__name__)
print(json.dumps({"plain": plain, "profiled": profiled, "inner": inner(4), "sent": sent(4), "refused": refused}))
"""


def test_a_profiled_function_raises_as_ever_and_can_be_sent(run):
    said = run(SAME)
    assert said["plain"] == said["profiled"] and "missing" in said["plain"][1]
    assert said["inner"] == 7 and said["sent"] == 7  # as other processes run it that are sent its code
    assert said["refused"] == ["probe"]


ODD = """
import json, sys, warnings
from holdfast import bytecode, profile, probing
from holdfast.memory_profiler import LineProfiler
BODY = "def f(n):\\n    return [n]\\n"
functions = []
for name in "a.py", "b.py":
    space = {}
    exec(compile(BODY, name, "exec"), space)
    functions.append(space["f"])
profiler = LineProfiler()
for f in functions:
    profiler.add_function(f)
with profiler:
    functions[0](1), functions[1](2), functions[1](3)
files = [f.__code__.co_filename for f in functions]
counts = [row[2] for probed in profiler._rows for row in profiler._rows[probed].values()]

def later(n):
    return n
later_profiler = LineProfiler()
later_profiler.add_function(later)
later.__code__ = (lambda n: n + 1).__code__
with later_profiler:
    patched = later(1)
patched_after = later(1)

bytecode.NEWEST = probing.NEWEST = (3, 0)  # as a Python that is not known yet
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    @profile
    def unknown(n):
        return n
    unknown_says = [unknown(1), unknown(2)]
print(json.dumps({"files": files, "counts": counts, "patched": [patched, patched_after], "unknown": unknown_says,
                  "said": [str(one.message) for one in said if one.category is RuntimeWarning]}))
"""


def test_functions_that_are_alike_patched_or_unknown_run_as_ever(run):
    said = run(ODD)
    assert said["files"] == ["a.py", "b.py"] and said["counts"] == [1, 1, 2, 2]  # the line of `def`, and the other
    assert said["patched"] == [2, 2]
    assert said["unknown"] == [1, 2] and len(said["said"]) == 2
    assert all("unknown is not profiled: code of Python 3." in text for text in said["said"])


RAISES = """
import json, threading
from holdfast.memory_profiler import LineProfiler
def inner(keep):
    keep.append(bytearray(1_000_000))
    raise KeyError
def outer(keep):
    try:
        inner(keep)
    except KeyError:
        keep.append(bytearray(2_000_000))
    keep.append(bytearray(3_000_000))
def waits(n):
    for i in range(n):
        yield i
def counts(n):
    total = 0
    for i in waits(n):
        total += i
    return lambda: total
keep, profiler = [], LineProfiler()
for function in inner, outer, waits, counts:
    profiler.add_function(function)
codes = [inner.__code__, outer.__code__, waits.__code__, counts.__code__]
with profiler:
    outer(keep)
    threads = [threading.Thread(target=counts, args=(1000,)) for i in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    kept = counts(1)
rows = {"%s:%d" % (code.co_name, line - code.co_firstlineno): row
        for code in codes for line, row in profiler.code_map[code].items()}
print(json.dumps({"rows": rows, "restored": codes == [f.__code__ for f in (inner, outer, waits, counts)],
                  "later": kept() + counts(3)()}))
"""


def test_lines_of_calls_that_raise_wait_and_run_in_threads(run):
    said = run(RAISES, True)
    rows = said["rows"]
    for line, increment in (("inner:1", 1), ("outer:2", 1), ("outer:4", 2), ("outer:5", 3)):
        assert abs(rows[line][0] - increment * 1_000_000 / MIB) < 0.02, line
    for line, count in (("inner:2", 1), ("waits:1", 4004 + 2), ("waits:2", 4001), ("counts:2", 4005 + 1), ("counts:3", 4001),
                        ("counts:4", 5), ("counts:0", 5)):
        assert rows[line][2] == count, line
    assert said["restored"] and said["later"] == 3


ENDED = """
import json, threading
from holdfast.memory_profiler import LineProfiler
threading.excepthook = lambda arguments: None
def ends():
    raise KeyError
def handles():
    try:
        raise KeyError
    except KeyError:
        return 1
profiler, kept = LineProfiler(), []
profiler.add_function(ends)
profiler.add_function(handles)
with profiler:
    for target in ends, ends, ends, handles, handles:
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
        kept.append(bytearray(50_000_000))
first = ends.__code__.co_firstlineno
print(json.dumps({line - first: row for line, row in profiler.code_map[ends.__code__].items()}))
"""


def test_what_a_thread_has_left_is_not_the_next_one_s(run):
    """glibc gives the next thread the block of the one that has ended by an exception."""
    rows = run(ENDED, True)
    assert rows["1"][2] == 3 and abs(rows["1"][0]) < 1


OUTLIVES = """
import json
from holdfast.memory_profiler import LineProfiler
def makes(free):
    def adds(a, b=1, *, c=2):
        total = a + b + c + free
        return total
    adds.mark = 5
    return adds, lambda: [free for i in range(2)]
profiler = LineProfiler()
profiler.add_function(makes)
with profiler:
    adds, second = makes(10)[0], makes(20)[0]
    said = [adds(1), second(1)]
def is_probed(function):
    return any("probe" in type(constant).__name__ for constant in function.__code__.co_consts)
before = [is_probed(adds), is_probed(second)]
for i in range(12_000):
    adds(i)
print(json.dumps({"before": before, "after": [is_probed(adds), is_probed(second)], "said": said + [adds(1, 2, c=3), second(0)],
                  "mark": adds.mark, "plain": adds.__code__ in makes.__code__.co_consts,
                  "counts": [row[2] for line, row in sorted(profiler.code_map[makes.__code__].items())]}))
"""


def test_functions_that_outlive_the_profiled_one_lose_its_probes(run):
    said = run(OUTLIVES)
    assert said["before"] == [True, True] and said["after"] == [False, False]
    assert said["said"] == [14, 24, 16, 23] and said["mark"] == 5 and said["plain"]
    assert said["counts"] == [2, 2, 2, 2, 2, 2]


GIVEN_UP = """
import json
from holdfast import _self
def size():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
def made():
    table = _self.lines_add(1, 1 << 18)
    body = _self.lines_body(table)
    probes = [_self.lines_probe(body, 0, 7), _self.lines_probe(body, 2, 0)]
    del table, body
    return probes
made()
before = size()
for i in range(50):
    made()
print(json.dumps(size() - before))
"""


def test_probes_that_are_given_up_take_no_memory(run):
    assert run(GIVEN_UP) < 50_000_000  # fifty tables have 300 MB


USAGE = """
import io, json, os, subprocess, sys, time, holdfast
def work(n, step=1):
    data = bytearray(n)
    for i in range(0, n, 4096):
        data[i] = 1
    time.sleep(0.3)
    return step
said = {"most": holdfast.memory_usage((work, (50_000_000,), {"step": 3}), interval=.02, max_usage=True, retval=True),
        "list": holdfast.memory_usage((work, (1000,)), interval=.05, timestamps=True),
        "pid": holdfast.memory_usage(-1, timeout=.2, interval=.1), "one": holdfast.memory_usage(os.getpid()),
        "max": holdfast.memory_usage(max_usage=True)}
child = subprocess.Popen([sys.executable, "-c", "import time; x = bytearray(30_000_000); time.sleep(1)"])
said["popen"] = max(holdfast.memory_usage(child, interval=.1))
stream = io.StringIO()
said["none"] = holdfast.memory_usage((work, (1000,)), stream=stream, max_iterations=1)
said["stream"] = stream.getvalue()
try:
    holdfast.memory_usage((work, ("x",)))
except TypeError:
    said["raised"] = True
with open("/proc/self/statm") as statm:
    said["real"] = int(statm.read().split()[1]) * 4096 / 1048576
print(json.dumps(said))
"""


def test_memory_usage(run):
    said = run(USAGE)
    most, returned = said["most"]
    assert returned == 3 and said["real"] + 45 <= most <= said["real"] + 60
    assert len(said["list"]) > 4 and all(len(reading) == 2 for reading in said["list"])
    assert len(said["pid"]) == 2 and len(said["one"]) == 1 and isinstance(said["max"], float)
    assert said["popen"] > 30 and said["none"] is None and said["stream"].startswith("MEM ") and said["raised"]


def test_forked_within_a_block(run):
    said = run("""
import json, os, warnings, holdfast
reader, writer = os.pipe()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with holdfast.trace() as t:
        pid = os.fork()
        data = bytearray(100_000)
    if not pid:
        os.write(writer, json.dumps([str(w.message) for w in caught]).encode())
        os._exit(0)
os.waitpid(pid, 0)
print(json.dumps({"live": t.live, "child": json.loads(os.read(reader, 10000))}))
""")
    assert said["live"] >= 100_000 and "forked within the block" in said["child"][0]


TESTS = ("as async attributes exception func gen global import increment_display loop loop_decorated memory_usage "
         "nested precision_command_line precision_import stream_unicode tracemalloc unicode").split()


@pytest.fixture(scope="session")
def others_tests(tmp_path_factory):
    """memory_profiler's own tests, of its source distribution."""
    folder = tmp_path_factory.mktemp("memory_profiler")
    done = subprocess.run([sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "-q", "--no-deps",
                           "--no-binary", ":all:", "-d", folder, "memory_profiler==0.61.0"], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300)
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode or not archives:
        pytest.skip("memory_profiler cannot be had: " + done.stderr.strip()[-200:])
    with tarfile.open(archives[0]) as archive:
        for member in archive.getmembers():
            if "/test/" in member.name and member.isfile() and ".." not in member.name:
                (folder / pathlib.PurePath(member.name).name).write_bytes(archive.extractfile(member).read())
    (folder / "memory_profiler.py").write_text("from holdfast.memory_profiler import *\n"
                                               "from holdfast.memory_profiler import main\n"
                                               "if __name__ == '__main__':\n    main()\n")
    return folder


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_of_memory_profiler(others_tests, every_minor, name):
    if every_minor.free_threaded:
        pytest.skip("the module is of the limited API, which builds without a GIL do not load")
    script = others_tests / ("test_%s.py" % name)
    words = [] if "memory_profiler" in script.read_text() else ["-m", "memory_profiler"]
    done = subprocess.run([every_minor.path, *words, script], cwd=others_tests, timeout=300, check=False, text=True,
                          env={**os.environ, "PYTHONPATH": "%s:%s" % (package(), others_tests)},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr[-3000:]
    assert name in ("exception", "global", "increment_display", "memory_usage", "tracemalloc", "attributes", "stream_unicode") or \
        "Line Contents" in done.stdout


def teardown_module():
    if package.cache_info().currsize and package():
        shutil.rmtree(package(), ignore_errors=True)

"""A heap whose process runs under `holdfast run`: every object with the stack that created it."""
import json
import os
import signal
import subprocess
import time

import pytest

from tests.e2e.captures import answer, holdfast
from tests.e2e.targets import PROGRAM

SCRIPT = """
import sys, time
class Order:
    def __init__(self, n):
        self.n = n
class Slim:
    __slots__ = ("n",)
def orders():
    return [Order(i) for i in range(2000)]  # orders
def slims():
    return [Slim() for i in range(1000)]  # slims
def lists():
    kept = []
    for i in range(1500):
        kept.append([i])  # lists
    return kept
def temporary():
    for i in range(300):
        x = [[i] for k in range(80)]  # temporary
temporary()
kept = orders(), slims(), lists(), {i: str(i) * 10 for i in range(3000)}  # dict
print("ready", flush=True)
held, small = [], []
for line in sys.stdin:
    held.extend([Order(i) for i in range(int(line))])  # grows
    small.append(object())
    print("done", time.time(), flush=True)
"""


def line_of(mark):
    return next(n for n, line in enumerate(SCRIPT.splitlines(), 1) if line.endswith("# " + mark))


@pytest.fixture
def traced(python, tmp_path, request):
    if python.free_threaded:
        pytest.skip("free-threaded builds run untraced")
    script = tmp_path / "app.py"
    script.write_text(SCRIPT)
    words = getattr(request, "param", ())
    process = subprocess.Popen([PROGRAM, "run", *words, "-o", tmp_path / "a.hftrace", python.path, script], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    assert process.stdout.readline() == "ready\n"
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as children:
        process.target = int(children.read().split()[0])
    process.script = str(script)
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.stdin.close()
    process.stdout.close()
    process.wait()


def grow(process, count):
    """More orders; the time at which they were there, as the program says."""
    process.stdin.write("%d\n" % count)
    process.stdin.flush()
    return float(process.stdout.readline().split()[1])


def take(process, path):
    """A snapshot, and the time at which it was taken."""
    assert holdfast("snapshot", process.target, "-o", path).returncode == 0
    return answer("info", path)["taken_at_ms"] / 1000


def births(process, snapshot, kind, count):
    """{line of the script: objects} of the objects of a type."""
    rows = answer("objects", snapshot, "--type", kind, "--top", count, "--sort", "size")["objects"]
    lines = {}
    for row in rows:
        frames = [f["line"] for f in row.get("allocated_at", ()) if f["file"] == process.script]
        lines[frames[0] if frames else 0] = lines.get(frames[0] if frames else 0, 0) + 1
    return lines


def test_objects_with_the_line_that_created_them(traced, python, tmp_path):
    snapshot = tmp_path / "a.hfheap"
    done = holdfast("snapshot", traced.target, "-o", snapshot)
    assert done.returncode == 0, done.stderr
    assert births(traced, snapshot, "__main__.Order", 5000).get(line_of("orders"), 0) >= 1999
    assert births(traced, snapshot, "__main__.Slim", 5000).get(line_of("slims"), 0) == 1000
    lists = births(traced, snapshot, "list", 100000)
    if python.version >= (3, 13):  # objects that reuse memory are charged to who created them
        assert lists.get(line_of("lists"), 0) >= 1495
    else:
        assert lists.get(line_of("lists"), 0) >= 1300
    assert "holdfast run" in holdfast("info", snapshot).stdout
    assert answer("info", snapshot)["tracemalloc"] == "agent"


def test_path_and_types_tell_the_stack(traced):
    orders = answer("objects", traced.target, "--type", "__main__.Order", "--top", 1)["objects"]
    path = holdfast("path", traced.target, orders[0]["address"])
    assert "allocated at" in path.stdout and "app.py:%d" % line_of("orders") in path.stdout
    assert "called from" in path.stdout
    sites = holdfast("types", traced.target, "--by-site", "--type", "__main__.Slim")
    assert "app.py:%d" % line_of("slims") in sites.stdout


def test_diagnose_names_where_suspects_are_born(traced, tmp_path):
    names = []
    for i in range(4):
        grow(traced, 20000)
        names.append(tmp_path / ("%d.hfheap" % i))
        assert holdfast("snapshot", traced.target, "-o", names[-1]).returncode == 0
    done = holdfast("diagnose", *names)
    assert done.returncode == 1
    assert "app.py:%d" % line_of("grows") in done.stdout


def test_objects_that_were_born_since_a_time(traced, python, tmp_path):
    before = take(traced, tmp_path / "a.hfheap")
    time.sleep(1)
    made = grow(traced, 500)
    now = take(traced, tmp_path / "b.hfheap")
    snapshot = tmp_path / "b.hfheap"
    since = "%dms" % ((now - before) * 1000 - 100)
    told = answer("objects", snapshot, "--born-since", since, "--type", "__main__.Order", "--top", 9999)
    assert told["born"]["objects"] == told["matching"] == len(told["objects"]) == 500
    line = told["born"]["by_line"][0]
    assert (line["file"], line["line"], line["objects"]) == (traced.script, line_of("grows"), 500)
    assert line["bytes"] == sum(row["block"] + row["external"] for row in told["objects"])
    # The program's own clock: nobody is told to be younger than he is.
    assert all(now - made - 0.01 <= row["age"] <= now - before for row in told["objects"])
    every = answer("objects", snapshot, "--born-since", "1h", "--type", "__main__.Order")["born"]
    assert every["objects"] == 2500 and every["not_known"] == 0
    lists = answer("objects", snapshot, "--born-since", "1h", "--type", "list")["born"]
    assert lists["by_block"] == (python.version < (3, 13))
    text = holdfast("objects", snapshot, "--born-since", since, "--type", "__main__.Order").stdout
    assert "500 objects" in text and "app.py:%d" % line_of("grows") in text
    assert ("--creators" in text) == (python.version < (3, 13))


def test_times_after_the_start(traced, tmp_path):
    snapshot = tmp_path / "a.hfheap"
    take(traced, snapshot)
    all_of_it = answer("objects", snapshot, "--born-since", "start+1ms", "--type", "__main__.Order")["born"]
    assert all_of_it["objects"] == 2000
    later = holdfast("objects", snapshot, "--born-since", "start+20h")
    assert later.returncode == 2 and "is after the snapshot" in later.stderr
    for nonsense in "yesterday", "start+", "-3s", "0s", "start-3s", "now":
        done = holdfast("objects", snapshot, "--born-since", nonsense)
        assert done.returncode == 2 and "--born-since needs a time" in done.stderr
    assert holdfast("objects", snapshot, "--born-since", "1s", "--address", "0x1234").returncode == 2


def test_what_has_no_room_for_a_time_is_told(traced, tmp_path):
    grow(traced, 1)
    snapshot = tmp_path / "a.hfheap"
    take(traced, snapshot)
    small = answer("objects", snapshot, "--born-since", "1h", "--type", "object")["born"]
    assert small["objects"] == 0 and small["not_known"] >= 1
    assert "no room" in holdfast("objects", snapshot, "--born-since", "1h", "--type", "object").stdout


def test_without_a_watcher_later_births_are_unknown(traced, tmp_path):
    """Who tells the time is `holdfast run`: what is born after its end has none."""
    os.kill(traced.pid, signal.SIGKILL)
    grow(traced, 300)
    time.sleep(1.5)
    snapshot = tmp_path / "a.hfheap"
    now = take(traced, snapshot)
    told = answer("objects", snapshot, "--born-since", "1h", "--type", "__main__.Order")
    assert told["born"]["not_known"] >= 300
    assert told["born"]["objects"] + told["born"]["not_known"] == 2300
    assert "has ended" in holdfast("objects", snapshot, "--born-since", "1h", "--type", "__main__.Order").stdout
    assert now


def test_types_over_time_while_it_is_watched(traced, python):
    """The program itself says how many there are: before the first look, and after the last."""
    watch = subprocess.Popen([PROGRAM, "types", str(traced.target), "--type", "__main__.*", "--every", "500ms", "--for",
                              "3s", "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watch.stderr.readline(), watch.stderr.readline()  # announced: the first look follows
    made = 0
    while watch.poll() is None:
        grow(traced, 10)
        made += 10
        time.sleep(0.05)
    told = json.loads(watch.communicate()[0])
    orders = next(row for row in told["types"] if row["type"] == "__main__.Order")
    counts = orders["objects"]
    assert len(counts) == len(told["looks"]) == 7
    assert all(a <= b for a, b in zip(counts, counts[1:]))
    assert 2000 <= counts[0] < counts[-1] <= 2000 + made
    steps = [(b - a, d - c) for a, b, c, d in zip(counts, counts[1:], orders["bytes"], orders["bytes"][1:]) if b > a]
    assert len({size / count for count, size in steps}) == 1  # each new one takes the same
    slims = next(row for row in told["types"] if row["type"] == "__main__.Slim")
    assert set(slims["objects"]) == {1000}
    new = [row for row in told["new"]["by_line"] if row["type"] == "__main__.Order"]
    assert [(row["line"], row["objects"]) for row in new] == [(line_of("grows"), counts[-1] - counts[0])]


def test_types_over_snapshots(traced, tmp_path):
    names = [tmp_path / ("%d.hfheap" % i) for i in range(3)]
    for name in names:
        take(traced, name)
        grow(traced, 700)
    told = answer("types", *names, "--type", "__main__.Order")
    assert told["types"][0]["objects"] == [2000, 2700, 3400]
    assert told["all"]["objects"] == [2000, 2700, 3400] and told["new"]["objects"] == 1400
    text = holdfast("types", *names, "--type", "__main__.Order").stdout
    assert "+1,400  __main__.Order" in text and "app.py:%d" % line_of("grows") in text
    modules = answer("types", *names, "--by-module")["modules"]
    main = next(row for row in modules if row["module"] == "__main__")
    assert main["objects"][2] - main["objects"][0] == 1400
    assert holdfast("types", names[1], names[0]).returncode == 2
    assert holdfast("types", names[0], "--for", "3s").returncode == 2
    assert holdfast("types", names[0], traced.target).returncode == 2
    assert holdfast("types", *names, "--by-site").returncode == 2


def test_types_over_time_of_who_is_not_traced(any_python, tmp_path):
    code = "kept = []\nfor line in open(0): kept.extend([[n] for n in range(int(line))]); print(1, flush=True)"
    idle = subprocess.Popen([any_python.path, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        names = [tmp_path / "a.hfheap", tmp_path / "b.hfheap"]
        for name in names:
            idle.stdin.write("300\n")
            idle.stdin.flush()
            idle.stdout.readline()
            assert holdfast("snapshot", idle.pid, "-o", name).returncode == 0
        told = answer("types", *names, "--type", "list")
        counts = told["types"][0]["objects"]
        assert counts[1] - counts[0] == 300 and "new" not in told
    finally:
        idle.kill()
        idle.communicate()


@pytest.mark.parametrize("traced", [("--sample", "4K")], indirect=True)
def test_a_sample_of_objects_with_weights(traced, tmp_path):
    """Estimates hold the truth, which is known: within five deviations of what the design says."""
    made, mean, asked = 20000, 4096, 48
    grow(traced, made)
    snapshot = tmp_path / "a.hfheap"
    take(traced, snapshot)
    rows = answer("objects", snapshot, "--type", "__main__.Order", "--top", 99999)["objects"]
    sampled = [row for row in rows if row["sampled"]]
    assert len(rows) == made + 2000 and 50 < len(sampled) < len(rows) / 10
    for row in rows:
        assert bool(row["allocated_at"]) == row["sampled"] == (row["stands_for"] > 0)
    grown = [row for row in sampled if row["allocated_at"][0]["line"] == line_of("grows")]
    deviation = (made * mean / asked) ** 0.5
    assert abs(sum(row["stands_for"] for row in grown) - made) < 5 * deviation
    assert all(10 < row["stands_for"] < 110 for row in grown)
    by_line = answer("objects", snapshot, "--born-since", "1h", "--type", "__main__.Order")["born"]["by_line"]
    row = next(row for row in by_line if row["line"] == line_of("grows"))
    assert row["sampled"] == len(grown) and abs(row["objects"] - made) < 5 * deviation
    expected = 1.96 * row["bytes"] / row["objects"] * deviation  # of a design that is the same for each object
    assert 0.7 * expected < row["margin"] < 1.4 * expected
    sites = answer("types", snapshot, "--by-site", "--type", "__main__.Order")["lines"]
    assert abs(next(s["objects"] for s in sites if s["line"] == line_of("grows")) - made) < 5 * deviation
    assert "(not sampled)" in holdfast("objects", snapshot, "--type", "__main__.Order", "--top", 9999).stdout
    one = next(row for row in rows if not row["sampled"])["address"]
    assert "not sampled" in holdfast("path", snapshot, one).stdout
    assert "this object stands for" in holdfast("path", snapshot, sampled[0]["address"]).stdout


def test_nothing_is_said_of_who_is_not_traced(any_python, tmp_path):
    idle = subprocess.Popen([any_python.path, "-c", "print(1, flush=True); input()"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    try:
        idle.stdout.readline()
        snapshot = tmp_path / "a.hfheap"
        assert holdfast("snapshot", idle.pid, "-o", snapshot).returncode == 0
        assert answer("info", snapshot)["tracemalloc"] == "off"
        told = json.dumps(answer("objects", snapshot, "--top", 5))
        assert "allocated_at" not in told and "age" not in told
        done = holdfast("objects", snapshot, "--born-since", "1s")
        assert done.returncode == 3 and "holdfast run" in done.stderr
    finally:
        idle.kill()
        idle.communicate()

"""Reports of a process that still runs under `holdfast run`: what it has done so far, without disturbing it."""
import json
import os
import signal
import subprocess
import time

import pytest

from tests.e2e.captures import answer, holdfast
from tests.e2e.targets import PROGRAM
from tests.e2e.targets import holdfast as ended

# Each line on standard input is a step; what was done is told on standard output.
PROGRAM_TEXT = """
import os, sys
held = []
def keep(n):
    held.extend(bytearray(1000) for i in range(n))  # kept
def work():
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        keep(int(line))
        print("done", flush=True)
if "fork" in sys.argv and not os.fork():
    keep(3000)
    import time; time.sleep(600)
work()
"""


class Run:
    def __init__(self, python, folder, *words):
        self.script = folder / "app.py"
        self.script.write_text(PROGRAM_TEXT)
        self.capture = folder / "app.hftrace"
        self.process = subprocess.Popen(
            [PROGRAM, "run", "-o", self.capture, python.path, self.script, *words], cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.pid = int(self.process.stdout.readline())

    def step(self, n):
        self.process.stdin.write("%d\n" % n)
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def kept(self, operand=None, *words):
        """Bytes and blocks held of the marked line."""
        report = answer("table", operand or self.pid, "--leaks", "--top", 100000, *words)
        rows = [row for row in report["lines"] if row.get("file") == str(self.script) and row["line"] == 5]
        return sum(r["chosen"]["bytes"] for r in rows), sum(r["chosen"]["blocks"] for r in rows)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


@pytest.fixture
def start(python, tmp_path):
    if python.free_threaded:
        pytest.skip("free-threaded builds run untraced")
    runs = []

    def start(*words):
        runs.append(Run(python, tmp_path, *words))
        return runs[-1]

    yield start
    for run in runs:
        run.end()


def test_who_stands_beside_the_script_names_the_process_by_it(start, tmp_path):
    run = start()
    run.step(100)
    beside = ended("table", run.script.name, "--leaks", "--json", "-", cwd=tmp_path, expect=0).json
    assert any(row.get("file") == str(run.script) for row in beside["lines"])
    run.end()
    told = ended("table", run.script.name, cwd=tmp_path, expect=3).stderr
    assert "'app.py' is a script, and no process that we may see runs it" in told
    (tmp_path / "app").mkdir()
    assert "it is a folder" in ended("table", "app", cwd=tmp_path, expect=3).stderr


def test_every_report_of_a_running_process(start, tmp_path):
    run = start()
    run.step(1000)
    size, blocks = run.kept()
    assert 2000 <= blocks <= 2100 and 1_050_000 <= size <= 1_150_000  # an object and its bytes each
    run.step(1000)
    assert run.kept()[1] - blocks in range(2000, 2010)
    for command in "summary", "table", "stats":
        assert holdfast(command, run.pid).stdout.count("It goes on: ") == 1
    flags = answer("summary", run.pid)["processes"][0]["flags"]
    assert "running" in flags and "cut-off" not in flags
    assert answer("stats", run.pid)["all"]["total"]["bytes"] > size
    lines = answer("lines", run.pid, "--function", "keep*")
    assert lines["functions"]
    assert len(answer("tree", run.pid)["nodes"]) > 3
    assert answer("plot", run.pid)["processes"]
    for name, words in {"a.html": ("flamegraph",), "b.html": ("plot",), "c.gz": ("export", "--format", "pprof"),
                        "d.json": ("export", "--format", "speedscope"), "e.txt": ("export", "--format", "folded"),
                        "f.json": ("export", "--format", "json"), "g.hftrace": ("export", "--format", "hftrace")}.items():
        done = holdfast(words[0], run.pid, *words[1:], "-o", tmp_path / name)
        assert done.returncode == 0 and (tmp_path / name).stat().st_size > 100, (name, done.stderr)
    before = run.kept(tmp_path / "g.hftrace")
    run.step(500)
    changes = answer("diff", tmp_path / "g.hftrace", run.pid, "--leaks")["rows"]
    row = next(r for r in changes if r.get("file") == str(run.script) and r["line"] == 5)
    assert row["before"]["bytes"] <= before[0]
    assert 500 <= row["now"]["blocks"] - row["before"]["blocks"] <= 1010


def test_the_run_goes_on_as_if_nobody_had_looked(start):
    run = start()
    run.step(1000)
    for _ in range(5):
        run.kept()
    run.process.stdin.close()
    assert run.process.wait(60) == 0
    assert "has the run" in run.process.stderr.read()
    blocks = run.kept(run.capture)[1]
    assert 2000 <= blocks <= 2100
    flags = answer("summary", run.capture)["processes"][0]["flags"]
    assert "running" not in flags and "cut-off" not in flags
    assert sorted(os.listdir(run.capture.parent)) == ["app.hftrace", "app.py"]


def test_one_process_or_all(start):
    run = start("fork")
    run.step(1000)
    deadline = time.monotonic() + 60
    while run.kept(run.process.pid)[1] < 8000 and time.monotonic() < deadline:  # the child is as fast as it is
        time.sleep(0.1)
    one, both = run.kept()[1], run.kept(run.process.pid)[1]
    assert 2000 <= one <= 2100 and 8000 <= both <= 8200
    pids = {p["pid"] for p in answer("summary", run.process.pid)["processes"]}
    child = (pids - {run.pid}).pop()
    assert 6000 <= run.kept(child)[1] <= 6100
    assert run.kept(run.process.pid, "--pid", child) == run.kept(child)


def test_its_runner_was_killed(start):
    """The states are still there, and the process goes on: only the timeline is gone."""
    run = start()
    run.step(1000)
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    run.step(200)
    assert 2400 <= run.kept()[1] <= 2500
    names = os.listdir(run.capture.parent)
    assert any(name.startswith(".holdfast-run-") for name in names)
    os.kill(run.pid, signal.SIGKILL)


def test_the_runner_hangs(start):
    """A stopped runner does not answer: the states do, after a while."""
    run = start()
    run.step(1000)
    os.kill(run.process.pid, signal.SIGSTOP)
    try:
        assert 2000 <= run.kept()[1] <= 2100
    finally:
        os.kill(run.process.pid, signal.SIGCONT)


def test_untraced_processes(tmp_path):
    done = holdfast("table", os.getpid())
    assert done.returncode == 3 and "is not traced: 'holdfast run' starts a program that is" in done.stderr
    assert "no process has the pid" in holdfast("summary", 99999999).stderr
    assert holdfast("export", os.getpid(), "--format", "folded", "-o", tmp_path / "x").returncode == 2


def test_a_strangers_state(tmp_path, any_python):
    """Whoever maps a file of such a name is believed nothing."""
    folder = tmp_path / ".holdfast-run-aaaaaa"
    folder.mkdir()
    (folder / "1-0.state").write_bytes(b"HFSTATE\n" + os.urandom(8192))
    code = "import mmap, sys; f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); print(1, flush=True); input()"
    stranger = subprocess.Popen([any_python.path, "-c", code, str(folder / "1-0.state")], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)
    try:
        stranger.stdout.readline()
        done = holdfast("table", stranger.pid)
        assert done.returncode == 3 and done.stderr.startswith("holdfast: ")
        assert json.dumps(done.stdout) == '""'
    finally:
        stranger.kill()
        stranger.communicate()

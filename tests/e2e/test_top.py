"""`holdfast top`: a live table in the terminal, and plain text where there is none."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from tests.e2e.captures import answer, holdfast
from tests.e2e.targets import PROGRAM
from tests.e2e.test_running import Run

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def run(any_python, tmp_path):
    run = Run(any_python, tmp_path)
    run.step(2000)
    yield run
    run.end()


class Terminal:
    """The command in a terminal of its own."""

    def __init__(self, *words, rows=24, columns=100):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.modes = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = subprocess.Popen([PROGRAM, "top", *map(str, words)], stdin=self.slave, stdout=self.slave,
                                        stderr=self.slave, env={**os.environ, "TERM": "xterm"}, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.seen += os.read(self.master, 65536)

    def until(self, pattern, start=0):
        """Where `pattern` is found behind `start`; it must come within a minute."""
        deadline = time.monotonic() + 60
        while not (found := re.search(pattern, self.seen[start:])):
            assert time.monotonic() < deadline and self.process.poll() is None, self.seen[-3000:]
            self.read(0.2)
        return start + found.end()

    def press(self, keys):
        os.write(self.master, keys)

    def end(self):
        """Everything that was printed; the terminal must be as it was."""
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.1)
        for _ in range(50):
            self.read(0.02)
        assert self.process.poll() is not None
        assert self.seen.count(ENTER) == self.seen.count(LEAVE)
        assert termios.tcgetattr(self.slave) == self.modes
        return self.seen

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    opened = []

    def terminal(*words, **size):
        opened.append(Terminal(*words, **size))
        return opened[-1]

    yield terminal
    for one in opened:
        one.close()


def test_keys_choose_the_order_and_q_ends(run, terminal):
    t = terminal(run.pid)
    at = t.until(rb"OWN +TOTAL +BLOCKS +GROWTH +ALLOCATES")
    at = t.until(rb"keep", at)
    for key, name in ((b"t", b"total"), (b"b", b"blocks"), (b"g", b"growth"), (b"a", b"allocates"), (b"o", b"own")):
        t.press(key)
        at = t.until(b"by " + name, at)
    t.press(b"q")
    seen = t.end()
    assert t.process.returncode == 0
    assert b"FUNCTION" in seen[seen.rindex(LEAVE):]  # what it said last is still there


def test_numbers_follow_the_program(run, terminal):
    t = terminal(run.pid, "--every", "200ms")
    at = t.until(rb"2\.\d MiB +2\.\d MiB +[0-9,]+ +\S+ .*keep")
    run.step(4000)
    at = t.until(rb"6\.\d MiB +6\.\d MiB +[0-9,]+ +.*keep", at)
    t.press(b"\x03")  # Ctrl-C
    t.end()
    assert t.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV])
def test_a_signal_leaves_a_good_terminal(run, terminal, number):
    t = terminal(run.pid)
    t.until(rb"FUNCTION")
    t.process.send_signal(number)
    t.end()
    assert t.process.returncode == -number


def test_stopped_and_continued(run, terminal):
    t = terminal(run.pid, "--every", "200ms")
    at = t.until(rb"FUNCTION")
    os.kill(t.process.pid, signal.SIGTSTP)
    at = t.until(re.escape(LEAVE), at)
    deadline = time.monotonic() + 30
    while termios.tcgetattr(t.slave) != t.modes and time.monotonic() < deadline:
        time.sleep(0.05)
    assert termios.tcgetattr(t.slave) == t.modes
    os.kill(t.process.pid, signal.SIGCONT)
    at = t.until(re.escape(ENTER), at)
    t.until(rb"FUNCTION", at)
    t.press(b"q")
    t.end()


def test_another_size(run, terminal):
    t = terminal(run.pid, "--every", "30s", rows=10)
    at = t.until(rb"q quit")
    t.resize(30, 60)
    t.process.send_signal(signal.SIGWINCH)
    at = t.until(rb"q quit", at)
    last = t.seen[t.seen.rindex(b"\x1b[H", 0, at):at]
    assert last.count(b"\n") > 15
    t.press(b"q")
    t.end()


def test_it_survives_the_end_of_the_program(run, terminal):
    t = terminal(run.pid, "--every", "200ms")
    t.until(rb"FUNCTION")
    run.process.stdin.close()
    run.process.wait(60)
    seen = t.end()
    assert t.process.returncode == 0
    assert b"has ended" in seen[seen.rindex(LEAVE):] and b"keep" in seen[seen.rindex(LEAVE):]


def test_plain_text_without_a_terminal(run):
    done = holdfast("top", run.pid, "--for", "1s", "--every", "200ms", "--top", 2)
    assert done.returncode == 0 and "\x1b" not in done.stdout
    tables = done.stdout.split("\n\n")
    assert done.stdout.count("FUNCTION") >= 2 and len(tables) >= 4
    assert "keep" in tables[1]


def test_json_of_one_process_and_of_all(run):
    one, both = answer("top", run.pid, "--every", "100ms"), answer("top", run.process.pid, "--every", "100ms")
    keep = next(f for f in one["functions"] if f["function"].endswith("keep"))
    assert keep["file"] == str(run.script)
    assert keep["total"]["bytes"] >= 2_000_000 >= keep["own"]["bytes"] or keep["own"]["bytes"] >= 2_000_000
    assert one["processes"] == both["processes"] == 1 and one["held"]["bytes"] == both["held"]["bytes"]
    assert one["resident"] > one["held"]["bytes"] // 2 and both["resident"] == 0


def test_who_is_not_traced(tmp_path):
    done = holdfast("top", os.getpid())
    assert done.returncode == 3 and "is not traced" in done.stderr
    (tmp_path / "file").write_text("")
    assert "is empty" in holdfast("top", tmp_path / "file").stderr
    (tmp_path / "file").write_text("text")
    assert "is a file" in holdfast("top", tmp_path / "file").stderr
    assert json.dumps(done.stdout) == '""'

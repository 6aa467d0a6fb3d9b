"""Starting a Python program as a target, and being sure that it is gone afterwards.

    with target(python, "x = [1]; ready()") as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "a.holdfast")

The program gets two functions: ready() says READY to the test, and wait() blocks until the
test closes its standard input. A program that does not call them is ready when it has run to its
end, and then waits.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("HOLDFAST") or str(ROOT / "build" / "holdfast")

_BEFORE = """
import ctypes as _ctypes, sys as _sys
_ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: never outlive the test
_ready = []
def ready():
    if not _ready:
        _ready.append(True)
        print("READY", flush=True)
def wait():
    ready()
    _sys.stdin.read()
"""
_AFTER = "\nwait()\n"


class Hung(Exception):
    """A target or a command that did not answer in time."""


def await_line(stream, word, timeout=60):
    """Reads until a line that starts with word; returns it."""
    deadline = time.monotonic() + timeout
    seen = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            raise Hung("no %r within %g s; it said %r" % (word, timeout, seen[-500:]))
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            raise Hung("the target ended before it said %r; it said %r" % (word, seen[-500:]))
        seen += chunk
        for line in seen.decode(errors="replace").splitlines():
            if line.startswith(word):
                return line


def kill(process):
    """Ends a process for certain and reaps it."""
    if process.poll() is None:
        process.kill()
    for stream in (process.stdin, process.stdout):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()
    process.wait(10)


def clean_environment(**more):
    """Ours without what would change how Python starts."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYENV_VERSION"))}
    kept.update(PYTHONDONTWRITEBYTECODE="1", **more)
    return kept


@contextlib.contextmanager
def target(python, program, *arguments, timeout=60, environment=None, bare=False,
           stderr=None):
    """Runs `program` (source text, or a path) until it is ready; kills it in the end.

    python: an Interpreter of tests.pythons, or a path. bare: the program as it is, without
    ready() and wait(); it must print READY itself."""
    path = getattr(python, "path", python)
    if isinstance(program, pathlib.Path):
        command = [path, str(program)]
    else:
        command = [path, "-c", program if bare else _BEFORE + program + _AFTER]
    process = subprocess.Popen(command + [str(a) for a in arguments], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=stderr,
                               env=environment or clean_environment())
    try:
        await_line(process.stdout, "READY", timeout)
        yield process
    finally:
        kill(process)


def tell(process, line, answer=None, timeout=60):
    """Sends a line to a target and, if `answer` is given, waits for a line that starts so."""
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    return await_line(process.stdout, answer, timeout) if answer else None


@dataclasses.dataclass
class Answer:
    """What a run of holdfast said."""
    status: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return json.loads(self.stdout)


def holdfast(*arguments, timeout=120, environment=None, cwd=None, expect=None):
    """Runs the program; with `expect`, the exit status (or one of several) that it must have."""
    run = subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=timeout,
                         env=environment, cwd=cwd)
    answer = Answer(run.returncode, run.stdout.decode(errors="replace"),
                    run.stderr.decode(errors="replace"))
    if expect is not None:
        wanted = expect if isinstance(expect, (tuple, set, list)) else (expect,)
        assert answer.status in wanted, "holdfast %s: status %s\n%s%s" % (
            " ".join(map(str, arguments)), answer.status, answer.stdout, answer.stderr)
    return answer


def state_of(pid):
    """The letter of /proc/PID/stat ("S", "R", "T", "Z", ...), or None when it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            return stream.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def children_of(pid):
    """The pids whose parent is pid."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open("/proc/%s/stat" % name) as stream:
                    if int(stream.read().rpartition(")")[2].split()[1]) == pid:
                        found.append(int(name))
    return found


def is_traced(pid):
    with open("/proc/%d/status" % pid) as stream:
        return "TracerPid:\t0\n" not in stream.read()


def wait_until(condition, timeout=10, what="condition"):
    """Polls until condition() is true; returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Hung("%s did not come true within %g s" % (what, timeout))
        time.sleep(0.01)


def end_politely(process, timeout=10):
    """Closes standard input, as wait() expects, and returns the exit status."""
    process.stdin.close()
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        raise Hung("the target did not end by itself") from None

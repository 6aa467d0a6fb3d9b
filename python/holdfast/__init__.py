"""holdfast tells why the memory of a running Python process grows.

The work is done by a program that comes with this package, as a process of its own:

    holdfast.diagnose(4711)             what leaks in a process, as a dict
    holdfast.diagnose()                 ... in this one
    holdfast.snapshot(path="a.hfheap")  its heap, as a file
    holdfast.diagnose("a.hfheap", "b.hfheap")
    holdfast.run("types", "a.hfheap")   any command of it; its result as a dict

Looking at this very process works while other threads of it go on; the thread that asks waits. What the
results mean stands in `holdfast COMMAND --help` and in the man pages.
"""
import json
import os
import sys
import tempfile
import threading

from holdfast import _self

__all__ = ["HoldfastError", "__version__", "diagnose", "program", "run", "snapshot"]

OK, SUSPECTS, USAGE, FAILED, TOO_EARLY = range(5)
_one_at_a_time = threading.Lock()  # a process names one tracer


class HoldfastError(Exception):
    """What the program says when it cannot do what was asked; `status` is its exit status."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


def program():
    """The path of the program."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "holdfast")


def _version():
    from importlib import metadata

    try:
        return metadata.version("holdfast")
    except metadata.PackageNotFoundError:
        return "unknown"


__version__ = _version()


def _wait(pid):
    """The exit status; a signal's number below 0."""
    try:
        status = os.waitpid(pid, 0)[1]
    except ChildProcessError:  # somebody else has reaped it: SIGCHLD ignored
        return None
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)


def _run(words):
    """(exit status, standard output, standard error)"""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        pid = _self.spawn([os.fsencode(word) for word in words], output.fileno(), errors.fileno())
        try:
            status = _wait(pid)
        finally:
            _self.forbid()
        output.seek(0)
        errors.seek(0)
        return status, output.read(), errors.read().decode(errors="replace")


def _is_path(argument):
    return isinstance(argument, (str, bytes, os.PathLike))


def run(command, *arguments):
    """Runs one command of the program with its arguments, and returns its JSON as Python objects.

    Raises HoldfastError where it cannot look. Leaks are a result, not an error."""
    words = [program(), command, "--json", "-"]
    words += [os.fspath(a) if _is_path(a) else str(a) for a in arguments]
    with _one_at_a_time:
        status, output, errors = _run(words)
    if status in (OK, SUSPECTS, TOO_EARLY) or (status is None and output):
        return json.loads(output)
    lines = [line[len("holdfast: "):] for line in errors.splitlines() if line.startswith("holdfast: ")]
    message = lines[-1] if lines else "%s did not do it (%s)" % (words[0], status)
    raise HoldfastError(message, status)


def _options(no_values, max_pause, live, allow_stop):
    words = []
    if no_values:
        words.append("--no-values")
    if max_pause is not None:
        words += ["--max-pause", "%gs" % max_pause]
    if live:
        words.append("--live")
    if allow_stop:
        words.append("--allow-stop")
    return words


def snapshot(pid=None, path=None, *, no_values=False, max_pause=None, live=False, allow_stop=False):
    """Writes the heap of a process (None: of this one) into a file, and returns what `holdfast snapshot --json`
    says of it. path None: PID.hfheap in the current folder. max_pause is in seconds."""
    pid = os.getpid() if pid is None else pid
    path = "%s.hfheap" % pid if path is None else path
    return run("snapshot", pid, "-o", path, *_options(no_values, max_pause, live, allow_stop))


def diagnose(*targets, seconds=None, keep=None, no_values=False, max_pause=None, live=False, allow_stop=False):
    """What leaks: `targets` is a pid, or snapshot files, oldest first; none: this process, watched for
    `seconds` (30). Returns what `holdfast diagnose --json` says: "verdict" is "suspects", "no-leak" or
    "too-early", "suspects" a list, worst first."""
    words = list(targets) or [os.getpid()]
    if seconds is not None:
        words += ["--for", "%gs" % seconds]
    if keep is not None:
        words += ["--keep", keep]
    return run("diagnose", *words, *_options(no_values, max_pause, live, allow_stop))


if not sys.platform.startswith("linux"):
    raise ImportError("holdfast looks at processes of Linux only")

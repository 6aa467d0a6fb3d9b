"""holdfast tells why the memory of a running Python process grows.

The work is done by a program that comes with this package, as a process of its own:

    holdfast.diagnose(4711)             what leaks in a process, as a dict
    holdfast.diagnose()                 ... in this one
    holdfast.snapshot(path="a.hfheap")  its heap, as a file
    holdfast.diagnose("a.hfheap", "b.hfheap")
    holdfast.run("types", "a.hfheap")   any command of it; its result as a dict

Within this process, line by line:

    @holdfast.profile                   memory at each line, as memory_profiler's
    with holdfast.trace() as t: ...     what a part of the program allocates
    holdfast.memory_usage((f, (1,)))    memory while a function runs

Looking at this very process works while other threads of it go on; the thread that asks waits. What the
results mean stands in `holdfast COMMAND --help` and in the man pages.
"""
import os
import sys

if not sys.platform.startswith("linux"):
    raise ImportError("holdfast looks at processes of Linux only")

from holdfast._program import HoldfastError, program, run
from holdfast.profiling import profile
from holdfast.tracing import trace
from holdfast.usage import memory_usage

__all__ = ["HoldfastError", "__version__", "diagnose", "memory_usage", "profile", "program", "run", "snapshot", "trace"]


def _version():
    from importlib import metadata

    try:
        return metadata.version("holdfast")
    except metadata.PackageNotFoundError:
        return "unknown"


__version__ = _version()


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

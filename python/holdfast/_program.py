"""The program that does the work, as a process of its own."""
import json
import os
import sys
import tempfile
import threading

from holdfast import _self

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


def _wait(pid):
    """The exit status; a signal's number below 0."""
    try:
        status = os.waitpid(pid, 0)[1]
    except ChildProcessError:  # somebody else has reaped it: SIGCHLD ignored
        return None
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)


def _run(words):
    """(exit status, standard output, standard error)"""
    # Without buffers, which are 128 KiB each from 3.14 on, and would count in a block of holdfast.trace() that goes on.
    with tempfile.TemporaryFile(buffering=0) as output, tempfile.TemporaryFile(buffering=0) as errors:
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
    raise _error(words, status, errors)


def text(command, *arguments):
    """What a command prints."""
    words = [program(), command, *(os.fspath(a) if _is_path(a) else str(a) for a in arguments)]
    with _one_at_a_time:
        status, output, errors = _run(words)
    if status in (OK, SUSPECTS, TOO_EARLY) or (status is None and output):
        return output.decode(errors="replace")
    raise _error(words, status, errors)


def _error(words, status, errors):
    lines = [line[len("holdfast: "):] for line in errors.splitlines() if line.startswith("holdfast: ")]
    message = lines[-1] if lines else "%s did not do it (%s)" % (words[0], status)
    return HoldfastError(message, status)

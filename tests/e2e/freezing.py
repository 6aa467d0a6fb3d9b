"""Freezing from a test: the helper programs tool_freeze and tool_target, and what is left behind."""
import contextlib
import json
import os
import pathlib
import re
import select
import subprocess

from tests.e2e.targets import PROGRAM, children_of, kill, state_of

TOOLS = pathlib.Path(PROGRAM).resolve().parent / "tests"
FREEZE = str(TOOLS / "tool_freeze")
TARGET = str(TOOLS / "tool_target")


def freeze(pid, *arguments, timeout=60, program=FREEZE, **how):
    """Runs tool_freeze; returns what it said (a dict), or None when it was killed."""
    run = subprocess.run([program, str(pid), *map(str, arguments)], stdout=subprocess.PIPE,
                         timeout=timeout, **how)
    lines = run.stdout.decode().splitlines()
    return json.loads(lines[-1]) if run.returncode >= 0 and lines else None


@contextlib.contextmanager
def checker(work, *arguments, program=TARGET, **how):
    """A running tool_target; it must end well."""
    process = subprocess.Popen([program, work, *arguments], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
    try:
        assert select.select([process.stdout], [], [], 30)[0]
        ready, *process.counters = process.stdout.readline().decode().split()
        assert ready == "READY"
        yield process
    finally:
        kill(process)


def end_well(process, timeout=60):
    """Closes the target's input; it must find that it was not harmed. Returns what it said on standard error."""
    if process.poll() is None:
        process.stdin.close()
    status = process.wait(timeout)
    said = process.stderr.read().decode() if process.stderr else ""
    assert status == 0, "the target was harmed: status %d, it said %r" % (status, said)
    return said


def zombies_of(pid):
    return [child for child in children_of(pid) if state_of(child) == "Z"]


def running_children_of(pid):
    return [child for child in children_of(pid) if state_of(child) not in ("Z", "X", None)]


def tracer_of(pid):
    with open("/proc/%d/status" % pid) as stream:
        return int(re.search(r"TracerPid:\s+(\d+)", stream.read()).group(1))


def is_root():
    return os.geteuid() == 0

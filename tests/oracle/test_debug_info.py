"""A build that no row was made for, and whose binary was not stripped: its debug information makes one.

Held against what a compiler said of the same build from its headers, number by number, starting from a row
with all members wrong; and against the snapshot that the right row gives, starting from rows that nobody could
calibrate.
"""
import os
import signal
import subprocess

import pytest

from tests.e2e.targets import wait_until
from tests.oracle import comparison
from tests.oracle.test_wrong_layouts import TOOL, all_stopped

# What every build must be able to tell; the rest is in structs of extension modules.
LEAST = 300


def binary_of(python):
    """The file that the interpreter's code is in, if it has debug information of it."""
    maps = subprocess.run([python.path, "-c", "print(open('/proc/self/maps').read())"],
                          capture_output=True, text=True, timeout=60, check=True).stdout
    paths = {line.split()[-1] for line in maps.splitlines() if "/libpython" in line}
    path = paths.pop() if paths else python.path
    sections = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, timeout=60).stdout
    sizes = [int(line.split(".debug_info")[1].split()[3], 16) for line in sections.splitlines()
             if " .debug_info " in line]
    if not sizes or sizes[0] < 100_000:
        pytest.skip("its binary has no debug information")
    return path


def test_debug_information_tells_what_the_compiler_tells(python):
    path = binary_of(python)
    version = "%02x%02x%02xf0" % python.version
    flavour = ["debug"] * python.debug + ["free-threaded"] * python.free_threaded
    run = subprocess.run([str(TOOL.parent / "tool_debug_info"), path, version, *flavour],
                         capture_output=True, text=True, timeout=600)
    rows = run.stdout.split("row ")[1:]
    if not rows:
        pytest.skip("no row was made for this very version")
    assert run.returncode == 0, run.stdout + run.stderr
    exact = [row for row in rows if "differs " not in row]
    assert exact, run.stdout
    assert int(exact[0].split("told ")[1].split()[0]) > LEAST


def test_a_told_row_gives_the_true_snapshot(python, tmp_path):
    binary_of(python)
    target, _ = comparison.run_target(python, "zoo.py", str(tmp_path))
    try:
        os.kill(target.pid, signal.SIGSTOP)
        wait_until(lambda: all_stopped(target.pid), what="the stop")
        run = subprocess.run([str(TOOL), str(target.pid), "--debug-info"], capture_output=True, text=True,
                             timeout=7200)
    finally:
        target.kill()
        target.wait()
    assert run.returncode == 0, run.stderr
    told = [line for line in run.stdout.splitlines() if line.startswith("told tried")][0].split()
    tried, refused, same, accepted = map(int, told[2::2])
    assert tried == same == 4 and not refused and not accepted, run.stdout
    assert run.stdout.count(": debug information of ") == 4, run.stdout

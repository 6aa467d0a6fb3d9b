"""No wrong layout is accepted: a row is refused, or its snapshot is the true one to the last byte.

A wrong table still finds 98 % of a heap. So rows with one number wrong, two swapped, or the members
of a struct moved together are offered as the only row for a heap that has something of everything.
HOLDFAST_WRONG_LAYOUTS=all tries every such row; without it one in 20, others on each interpreter.
"""
import os
import pathlib
import signal
import subprocess
import zlib

from tests.e2e.targets import ROOT, wait_until
from tests.oracle import comparison

TOOL = pathlib.Path(os.environ.get("HOLDFAST_TOOLS") or ROOT / "build" / "tests") / "tool_wrong_table"
ONE_IN = 1 if os.environ.get("HOLDFAST_WRONG_LAYOUTS") == "all" else 20


def all_stopped(pid):
    tasks = pathlib.Path("/proc/%d/task" % pid).iterdir()
    return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def test_no_wrong_layout_is_accepted(python, tmp_path):
    target, _ = comparison.run_target(python, "zoo.py", str(tmp_path))
    try:
        os.kill(target.pid, signal.SIGSTOP)
        wait_until(lambda: all_stopped(target.pid), what="the stop")
        run = subprocess.run([str(TOOL), str(target.pid), "--one-in", str(ONE_IN),
                              "--seed", str(zlib.crc32(python.name.encode()))],
                             capture_output=True, text=True, timeout=7200)
    finally:
        target.kill()
        target.wait()
    assert run.returncode == 0, run.stderr
    totals = {line.split()[0]: [int(n) for n in line.split()[2::2]]
              for line in run.stdout.splitlines() if " tried " in line}
    print(python.name, *run.stdout.splitlines()[-5:], sep="\n") # shown by pytest -rP
    assert totals["rows"][0] > 0 and totals["shifted"][0] * ONE_IN > 2000
    accepted = [line for line in run.stdout.splitlines() if line.startswith("accepted ")]
    assert accepted == []

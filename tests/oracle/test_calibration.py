"""A build that no row was made for: the row is calibrated and gives the true snapshot, or is refused.

The right row is taken away. Offered are the rows of all other patches of the minor version, and the right
one with the members of the runtime, an interpreter, a thread or the collector moved from some place on, as
a patch release or a build option would move them, in one struct or two. HOLDFAST_WRONG_LAYOUTS=all tries
every place; without it one in 20, others on each interpreter.
"""
import os
import signal
import subprocess
import zlib

from tests.e2e.targets import wait_until
from tests.oracle import comparison
from tests.oracle.test_wrong_layouts import ONE_IN, TOOL, all_stopped


def test_a_calibrated_row_gives_the_true_snapshot(python, tmp_path):
    target, _ = comparison.run_target(python, "zoo.py", str(tmp_path))
    try:
        os.kill(target.pid, signal.SIGSTOP)
        wait_until(lambda: all_stopped(target.pid), what="the stop")
        run = subprocess.run([str(TOOL), str(target.pid), "--calibrate", "--one-in", str(ONE_IN),
                              "--seed", str(zlib.crc32(python.name.encode()))],
                             capture_output=True, text=True, timeout=7200)
    finally:
        target.kill()
        target.wait()
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    totals = {line.split()[0]: [int(n) for n in line.split()[2::2]] for line in lines if " tried " in line}
    print(python.name, *lines[-3:], sep="\n") # shown by pytest -rP
    assert [line for line in lines if line.startswith("accepted ")] == []
    tried, refused, same, _ = map(sum, zip(totals["moved"], totals["twice"]))
    assert tried > 20
    # What is refused: members moved apart that no source has apart, or where nothing tells two places.
    assert same >= tried // 2, "only %d of %d moved rows were read" % (same, tried)
    assert any(": calibrated from " in line for line in lines)

"""Pools, blocks and arenas of pymalloc, walked from outside, against what CPython's own allocator
says in the process (sys._debugmallocstats), and their sum against what the kernel says."""
import pathlib
import re
import subprocess

import pytest

from tests.e2e import targets

TOOL = pathlib.Path(targets.PROGRAM).resolve().parent / "tests" / "tool_memory"

# Fragmented: of objects of several sizes each second one is freed.
PROGRAM = """
import sys, threading
kept = [[i, str(i) * 3, {i: i}, (i, i + 1)] for i in range(30000)]
del kept[::2]
bulk = [bytes(3000) for _ in range(2000)]
del bulk[::3]
threads = [threading.Thread(target=threading.Event().wait, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
buffer = bytearray(4 << 20)
ready()
sys._debugmallocstats()
sys.stderr.write("END\\n")
sys.stderr.flush()
"""
# "    3     64        2376          306025        299855": class, size, pools, in use, free
CLASS = re.compile(r"^\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$", re.M)
ARENAS = re.compile(r"# arenas allocated current\s*=\s*([\d,]+)")
ANONYMOUS = re.compile(r"^Anonymous:\s+(\d+) kB", re.M)


def measure(pid):
    said = subprocess.run([TOOL, str(pid)], stdout=subprocess.PIPE, check=True, timeout=120).stdout.decode()
    return [line.split() for line in said.splitlines()]


def run(python, tmp_path, environment=None):
    """What the allocator says, what we say, what the kernel says."""
    stats = tmp_path / "stats"
    with open(stats, "w") as errors, targets.target(python, PROGRAM, environment=environment,
                                                    stderr=errors) as process:
        targets.wait_until(lambda: "END" in stats.read_text(), what="the statistics")
        lines = measure(process.pid)
        rollup = pathlib.Path("/proc/%d/smaps_rollup" % process.pid).read_text()
        return stats.read_text(), lines, int(ANONYMOUS.search(rollup)[1]) * 1024


@pytest.mark.parametrize("allocator", ["pymalloc", "pymalloc_debug"])
def test_pools_are_those_of_the_allocator(python_minor, allocator, tmp_path):
    if python_minor.free_threaded:
        pytest.skip("free-threaded builds have mimalloc and no pymalloc")
    stats, lines, kernel = run(python_minor, tmp_path, targets.clean_environment(PYTHONMALLOC=allocator))
    theirs = {tuple(map(int, found)) for found in CLASS.findall(stats)}
    ours = {(int(size), int(pools), int(in_use), int(blocks) - int(in_use))
            for name, size, pools, blocks, in_use in (line for line in lines if line[0] == "class")}
    assert len(theirs) > 20
    # Writing the statistics allocates: a block more or less is not ours to explain.
    differing = theirs ^ ours
    assert len({found[0] for found in differing}) <= 2, (theirs - ours, ours - theirs)
    for size, pools, in_use, free in theirs - ours:
        found = [row for row in ours if row[0] == size]
        assert found and abs(found[0][2] - in_use) <= 4, (size, in_use, found)
    arenas = int(ARENAS.search(stats)[1].replace(",", ""))
    pools = next(line for line in lines if line[0] == "pools")
    assert int(pools[pools.index("arenas") + 1]) == arenas
    assert int(pools[pools.index("broken") + 1]) == 0


def test_parts_add_up_to_what_the_kernel_says(python_minor, tmp_path):
    _, lines, kernel = run(python_minor, tmp_path)
    parts = {int(line[1]): int(line[2]) for line in lines if line[0] == "part"}
    unexplained, unread, unknown = parts[19], parts[20], parts[11]
    assert abs(sum(parts.values()) - kernel) <= kernel // 50
    assert unexplained + unread + unknown <= kernel // 50, parts
    pools = next(line for line in lines if line[0] == "pools")
    assert int(pools[pools.index("stacks") + 1]) == 5

"""What a suspect says of where it was allocated."""
import subprocess

import pytest

from tests.e2e.targets import holdfast, target, tell

PROGRAM = """
import time%s
class Quote:
    def __init__(self, n):
        self.n = n
        self.text = "quote %%d" %% n
cache = {}
def quote_for(n):
    cache[n] = Quote(n)
ready()
n = 0
while True:
    for _ in range(100):
        n += 1
        quote_for(n)
    time.sleep(0.01)
"""


@pytest.mark.parametrize("traced", [True, False], ids=["traced", "not-traced"])
def test_the_lines_of_a_suspect(python_minor, traced, tmp_path):
    program = tmp_path / "leaky.py"
    program.write_text((PROGRAM % (", tracemalloc; tracemalloc.start()" if traced else "")).replace(
        "ready()", "print('READY', flush=True)"))
    made = next(i for i, line in enumerate(program.read_text().splitlines(), 1) if "cache[n] = " in line)
    with target(python_minor, program) as process:
        answer = holdfast("diagnose", process.pid, "--for", "5s", "--json", "-", "--max-pause", "5s",
                          expect=(1, 4)).json
    first = answer["suspects"][0]
    assert first["path"] == "module __main__.cache", answer["suspects"]
    assert ("allocated" in first) == traced
    if traced:
        assert "leaky.py:%d (" % made in first["allocated"]
        assert first["site"].startswith("leaky.py:") and " in " not in first["site"]
        assert not [s for s in answer["suspects"] if s["pattern"] == "native-leak"], \
            "tracemalloc's own tables are no leak of the program"
    else:
        assert first["site"].startswith("leaky.py:") and first["site"].endswith(" in quote_for")


def test_python_started_with_it(any_python, tmp_path):
    heap = tmp_path / "heap.hfheap"
    with subprocess.Popen([any_python.path, "-X", "tracemalloc=3", "-c",
                           "import sys\nkept = [[n] for n in range(9)]\nprint('READY', flush=True)\nsys.stdin.read()"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        holdfast("snapshot", process.pid, "-o", heap, expect=0)
        process.stdin.close()
    lines = holdfast("types", heap, "--by-site", "-n", 100000, "--json", "-", expect=0).json["lines"]
    assert ["<string>", 2] in [[row["file"], row["line"]] for row in lines]
    rows = holdfast("types", heap, "--by-site", "--type", "list", "-n", 100000, expect=0).stdout
    assert "<string>:2" in rows and "BLOCKS" not in rows
    holdfast("types", heap, "--by-site", "--by-module", expect=2)


GROWING = """
import sys, tracemalloc
tracemalloc.start()
kept = []
ready()
for line in sys.stdin:
    kept.extend([n] for n in range(60000))
    print("GREW", flush=True)
"""


def test_tables_are_found_at_every_size(every_minor, tmp_path):
    """A table that has just grown has no entries in large parts, its first thousands of buckets too."""
    with target(every_minor, GROWING) as process:
        for step in range(12 if every_minor.version < (3, 12) else 2): # then their addresses are known
            tell(process, "grow", "GREW")
            holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--max-pause", "5s", expect=0)
            rows = holdfast("types", tmp_path / "heap", "--by-site", "-n", 1, expect=0).stdout
            assert "<string>:" in rows, "at step %d: %s" % (step, rows)

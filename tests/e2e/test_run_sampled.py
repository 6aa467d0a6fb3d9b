"""Reports of a sampled run: each estimate is shown with its range, wherever it is shown."""
import collections
import csv
import json
import os
import re
import subprocess

import pytest

from tests.e2e.captures import answer, holdfast
from tests.e2e.targets import PROGRAM

MEAN = 16 << 10
PROGRAM_TEXT = """
import time
def make():
    return [[i] for i in range(60000)]
kept = make()
time.sleep(0.5)
"""


@pytest.fixture
def gil_python(python):
    if python.free_threaded:
        pytest.skip("free-threaded builds run untraced")
    return python


@pytest.fixture
def capture(gil_python, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(PROGRAM_TEXT)
    path = tmp_path / "a.hftrace"
    done = subprocess.run([PROGRAM, "run", "--sample", "16K", "-o", path, gil_python.path, script], stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return path


def margin(count):
    """As the design has it: the variance of B bytes is at most B times the mean distance of samples."""
    return 1.96 * (count * MEAN) ** 0.5


def counts_in(value):
    """Every {"bytes": ..., "blocks": ...} in an answer."""
    if isinstance(value, dict):
        if "blocks" in value and "bytes" in value:
            yield value
        for item in value.values():
            yield from counts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from counts_in(item)


@pytest.mark.parametrize("words", [("table",), ("tree",), ("tree", "--inverted"), ("summary",), ("stats",),
                                   ("lines", "--function", "make")], ids=" ".join)
def test_each_number_of_json_has_its_margin(capture, words):
    counts = list(counts_in(answer(words[0], capture, *words[1:])))
    assert counts
    for count in counts:
        assert count["margin"] == pytest.approx(margin(count["bytes"]), abs=1)


def test_tables_and_pages_show_it(capture, tmp_path):
    assert "GIVE OR TAKE" in holdfast("tree", capture).stdout and "GIVE OR TAKE" in holdfast("table", capture).stdout
    assert "±" in holdfast("lines", capture, "--function", "make").stdout
    assert re.search(r"most held \S+ \S+ give or take \d", holdfast("plot", capture).stdout)
    for command in "flamegraph", "plot":
        page = tmp_path / (command + ".html")
        assert holdfast(command, capture, "-o", page).returncode == 0
        data = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page.read_text(), re.S).group(1))
        assert data["sample"] == MEAN


def test_exports_have_it(capture):
    rows = list(csv.DictReader(holdfast("export", capture, "--format", "csv", "-o", "-").stdout.splitlines()))
    for row in rows:
        for part in "own", "total":
            assert int(row["live_%s_margin" % part]) == pytest.approx(margin(int(row["live_%s_bytes" % part])), abs=1)
    assert json.loads(holdfast("export", capture, "--format", "json", "-o", "-").stdout)["sample_bytes"] == MEAN
    speedscope = json.loads(holdfast("export", capture, "--format", "speedscope", "-o", "-").stdout)
    assert all("give or take" in profile["name"] for profile in speedscope["profiles"] if profile["endValue"])


def test_an_exact_run_has_no_margins(gil_python, tmp_path):
    path = tmp_path / "a.hftrace"
    done = subprocess.run([PROGRAM, "run", "-o", path, gil_python.path, "-c", "x = [0] * 9999"], stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert "margin" not in json.dumps([answer("table", path), answer("tree", path), answer("stats", path)])
    assert "margin" not in holdfast("export", path, "--format", "csv", "-o", "-").stdout


GROWING = """
import sys
def make():
    return [bytes(1000) for _ in range(int(sys.argv[1]))]  # make
kept = make()
"""


def sampled_pair(folder, python, sample):
    """Captures of two runs, of 1500 and of 3000 blocks."""
    script = folder / "app.py"
    script.write_text(GROWING)
    paths = folder / "before.hftrace", folder / "now.hftrace"
    for path, count in zip(paths, ("1500", "3000")):
        done = subprocess.run([PROGRAM, "run", *sample, "-o", path, python.path, script, count], stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
    return paths


def change_of(paths):
    """How much more make() holds, and its range."""
    row = next(row for row in answer("diff", *paths, "--by", "function")["rows"] if "make" in row["function"])
    return row["now"]["bytes"] - row["before"]["bytes"], row.get("change_margin")


@pytest.mark.parametrize("older, newer", [(("--sample", "16K"), ("--sample", "16K")), ((), ("--sample", "16K"))], ids=["both", "newer"])
def test_a_difference_has_its_range(any_python, tmp_path, older, newer):
    (tmp_path / "other").mkdir()
    paths = sampled_pair(tmp_path, any_python, older)[0], sampled_pair(tmp_path / "other", any_python, newer)[1]
    told = answer("diff", *paths)
    for row in [told, *told["rows"]]:
        before, now = row["before"]["bytes"], row["now"]["bytes"]
        assert row["change_margin"] == pytest.approx(margin(before + now if older else max(before, now)), abs=1)
        assert ("margin" in row["before"]) == bool(older) and row["now"]["margin"] == pytest.approx(margin(row["now"]["bytes"]), abs=1)
    done = holdfast("diff", *paths)
    assert done.stdout.splitlines()[0].split("  ")[1].strip() == "GIVE OR TAKE"
    assert re.search(r"[\d,]+ of [\d,]+ changes (is|are) within the range that chance makes", done.stdout) and "estimates" not in done.stderr


def test_the_true_difference_lies_within(any_python, tmp_path):
    exact, no_range = change_of(sampled_pair(tmp_path, any_python, ()))
    assert no_range is None and exact > 1_500_000
    within = 0
    for _ in range(8):  # each with a chance of 19 in 20: four misses would come once in 2,700 times
        change, found = change_of(sampled_pair(tmp_path, any_python, ("--sample", "16K")))
        within += abs(change - exact) <= found
    assert within >= 5


def test_stats_have_ranges(capture):
    done = holdfast("stats", capture)
    assert done.stdout.count("GIVE OR TAKE") == 5 and len(re.findall(r"\(give or take [\d.]+ \w+\)", done.stdout)) == 2
    assert "estimates" in done.stdout and done.stderr == ""


MAKING = """
import sys
kept = []
for i in range(300):
    names = {}
    exec(compile("def made():\\n    return [bytes(40) for _ in range(300)]\\n", "generated_%03d.py" % i, "exec"), names)
    kept.append(names["made"]())
"""


@pytest.mark.parametrize("sample", [(), ("--sample", "2K")], ids=["exact", "sampled"])
def test_codes_that_die_do_not_give_their_names_to_others(gil_python, tmp_path, sample):
    """Each code comes to lie where the one before it has died."""
    script, path = tmp_path / "app.py", tmp_path / "a.hftrace"
    script.write_text(MAKING)
    done = subprocess.run([PROGRAM, "run", *sample, "-o", path, gil_python.path, script], stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    blocks = collections.Counter()
    for row in answer("table", path, "--leaks", "--by", "file", "--top", 9999)["lines"]:
        if "generated_" in row.get("file", ""):
            blocks[row["file"]] += row["chosen"]["blocks"]
    assert len(blocks) >= (290 if sample else 300)
    assert sum(blocks.values()) == pytest.approx(300 * 300, rel=0.1)
    assert sample or all(300 <= count < 310 for count in blocks.values())


def test_a_program_that_runs_tracemalloc_is_sampled(gil_python, tmp_path):
    script = tmp_path / "app.py"
    script.write_text("import tracemalloc\nkept = [str(i) * 10 for i in range(50000)]\nprint(tracemalloc.is_tracing())\n")
    path = tmp_path / "a.hftrace"
    done = subprocess.run([PROGRAM, "run", "--sample", "1K", "-o", path, gil_python.path, script], timeout=120, text=True,
                          env={**os.environ, "PYTHONTRACEMALLOC": "3"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"  # it stays as it was
    first = answer("table", path)["lines"][0]
    assert first["file"].endswith("app.py") and first["line"] == 2

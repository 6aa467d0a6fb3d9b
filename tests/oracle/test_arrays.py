"""Arrays of numpy: sizes against sys.getsizeof(), bytes against nbytes, references against base,
dtype and items. numpy belongs to an interpreter, so this runs on those that have it."""
import csv
import json
import subprocess

import pytest

from tests.e2e.targets import clean_environment, holdfast
from tests.oracle import comparison


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_arrays_are_what_numpy_says(python, tmp_path):
    if subprocess.run([python.path, "-c", "import numpy"], stderr=subprocess.DEVNULL,
                      env=clean_environment(), check=False).returncode:
        pytest.skip("this interpreter has no numpy")
    target, path = comparison.run_target(python, "arrays.py", str(tmp_path))
    try:
        holdfast("snapshot", target.pid, "-o", tmp_path / "heap", expect=0)
    finally:
        target.kill()
        target.communicate()
    holdfast("export", tmp_path / "heap", "--format", "csv", "-o", tmp_path / "csv", expect=0)
    with open(path, encoding="utf-8") as file:
        truth = json.load(file)
    found = {int(row["address"], 16): row for row in rows_of(tmp_path / "csv" / "objects.csv")}
    assert len(truth["sizes"]) > 10
    for address, size, owned in truth["sizes"]:
        row = found[address]
        assert int(row["size"]) == size, row
        assert owned <= int(row["external"]) <= owned + 32, row
    edges = {(int(row["source"], 16), int(row["target"], 16)): row["kind"]
             for row in rows_of(tmp_path / "csv" / "refs.csv")}
    missed = [edge for edge in map(tuple, truth["references"]) if edge not in edges]
    assert not missed
    guessed = [edge for edge, kind in edges.items() if edge[0] in truth["exact"] and "scanned" in kind]
    assert not guessed, "numbers of an iterator were taken for references"
    own = [edge for edge, kind in edges.items() if edge[0] == edge[1] and "scanned" in kind]
    assert not own, "words by which C finds the object itself were taken for references"
    shown = {kind: ["small-view" in found[address]["flags"] for address in truth[kind]]
             for kind in ("small", "whole")}
    assert all(shown["small"]) and not any(shown["whole"]), shown

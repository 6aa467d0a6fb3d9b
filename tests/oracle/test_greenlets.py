"""What waiting greenlets hold, against what their functions say. greenlet belongs to an
interpreter, so this runs on those that have it."""
import csv
import json
import subprocess

import pytest

from tests.e2e.targets import clean_environment, holdfast
from tests.oracle import comparison


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_frames_of_waiting_greenlets_are_read(python, tmp_path):
    if subprocess.run([python.path, "-c", "import greenlet"], stderr=subprocess.DEVNULL,
                      env=clean_environment(), check=False).returncode:
        pytest.skip("this interpreter has no greenlet")
    target, path = comparison.run_target(python, "greenlets.py", str(tmp_path))
    try:
        holdfast("snapshot", target.pid, "-o", tmp_path / "heap", expect=0)
    finally:
        target.kill()
        target.communicate()
    holdfast("export", tmp_path / "heap", "--format", "csv", "-o", tmp_path / "csv", expect=0)
    with open(path, encoding="utf-8") as file:
        expected = {tuple(row) for row in json.load(file)}
    assert len(expected) == 416
    counts = {int(row["address"], 16): int(row["refcount"])
              for row in rows_of(tmp_path / "csv" / "objects.csv")}
    found, holders = set(), {}
    for row in rows_of(tmp_path / "csv" / "refs.csv"):
        source, held = int(row["source"], 16), int(row["target"], 16)
        found.add((source, held, row["label"] if row["kind"] == "local" else ""))
        if not row["kind"].startswith("weak:"):
            holders[held] = holders.get(held, 0) + 1
    assert not expected - found
    for greenlet, held, _ in expected:
        assert holders[greenlet] <= counts[greenlet] and holders[held] <= counts[held]

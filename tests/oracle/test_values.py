"""What a snapshot says of single objects and references, through `export --format csv`."""
import csv
import json
import os
import subprocess

import pytest

from tests.oracle import comparison

PROGRAM = os.environ.get("HOLDFAST", os.path.join(comparison.ROOT, "build", "holdfast"))
LIMIT = 80


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """(what the target expects, {address: value}, {(source, target): {(kind, label)}})."""
    made = {}

    def export(python):
        if python.name not in made:
            folder = str(tmp_path_factory.mktemp("values"))
            target, path = comparison.run_target(python, "values.py", folder)
            snapshot, out = os.path.join(folder, "snapshot"), os.path.join(folder, "csv")
            try:
                subprocess.run([PROGRAM, "snapshot", str(target.pid), "-o", snapshot], check=True,
                               capture_output=True, timeout=120)
            finally:
                target.kill()
                target.communicate()
            subprocess.run([PROGRAM, "export", snapshot, "--format", "csv", "-o", out], check=True,
                           capture_output=True, timeout=120)
            with open(path, encoding="utf-8") as file:
                expected = json.load(file)
            made[python.name] = expected, read_values(out), read_labels(out)
        return made[python.name]
    return export


def read_values(folder):
    with open(os.path.join(folder, "objects.csv"), encoding="utf-8", newline="") as file:
        return {int(row["address"], 16): row["value"] for row in csv.DictReader(file)}


def read_labels(folder):
    found = {}
    with open(os.path.join(folder, "refs.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pair = int(row["source"], 16), int(row["target"], 16)
            found.setdefault(pair, set()).add((row["kind"], row["label"]))
    return found


def test_values_read_as_python_writes_them(python, exports):
    expected, values, _ = exports(python)
    assert len(expected["values"]) > 200
    wrong = [(text, values.get(address)) for address, text in expected["values"] if values.get(address) != text]
    assert not wrong


def test_references_are_named_as_in_python(python, exports):
    expected, _, labels = exports(python)
    assert len(expected["labels"]) > 12
    wrong = []
    for source, target, kind, text in expected["labels"]:
        found = labels.get((source, target), set())
        if not any(k == kind and text in (None, l) for k, l in found):
            wrong.append((kind, text, found))
    assert not wrong

"""What a snapshot says of single objects and references, through `export --format csv`."""
import csv
import json
import os
import subprocess

import pytest

from tests.oracle import comparison

PROGRAM = os.environ.get("HOLDFAST", os.path.join(comparison.ROOT, "build", "holdfast"))


def export(python, folder):
    """(what the target expects, {address: value}, {(source, target): {(kind, label)}})."""
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
        return json.load(file), read_values(out), read_labels(out)


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


def test_objects_and_references_read_as_in_python(python, tmp_path):
    expected, values, labels = export(python, str(tmp_path))
    assert len(expected["values"]) > 200 and len(expected["labels"]) > 12
    wrong = [(text, values.get(address)) for address, text in expected["values"] if values.get(address) != text]
    assert not wrong
    missing = []
    for source, target, kind, text in expected["labels"]:
        found = labels.get((source, target), set())
        if not any(k == kind and text in (None, l) for k, l in found):
            missing.append((kind, text, found))
    assert not missing

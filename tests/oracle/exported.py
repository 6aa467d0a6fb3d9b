"""What holdfast exports of a target, beside what the target wrote down itself as JSON."""
import csv
import json
import subprocess

import pytest

from tests.e2e.targets import clean_environment, holdfast


def skip_without(python, module):
    """Libraries belong to an interpreter: tests of one run on those that have it."""
    if subprocess.run([python.path, "-c", "import " + module], stderr=subprocess.DEVNULL,
                      env=clean_environment(), check=False).returncode:
        pytest.skip("this interpreter has no " + module)


def _rows(path, key):
    with open(path, encoding="utf-8", newline="") as file:
        return [(key(row), row) for row in csv.DictReader(file)]


def look(target, truth, folder):
    """(what the target says, {address: row of the object}, [((source, target), row of the reference)]); takes a
    snapshot of it, into folder/heap, and ends it."""
    try:
        holdfast("snapshot", target.pid, "-o", folder / "heap", expect=0)
    finally:
        target.kill()
        target.communicate()
    holdfast("export", folder / "heap", "--format", "csv", "-o", folder / "csv", expect=0)
    with open(truth, encoding="utf-8") as file:
        said = json.load(file)
    objects = dict(_rows(folder / "csv" / "objects.csv", lambda row: int(row["address"], 16)))
    references = _rows(folder / "csv" / "refs.csv", lambda row: (int(row["source"], 16), int(row["target"], 16)))
    return said, objects, references


def kinds(references):
    """{(source, target): kind}."""
    return {edge: row["kind"] for edge, row in references}

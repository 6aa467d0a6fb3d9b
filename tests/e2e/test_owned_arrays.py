"""Arrays of references that objects of extensions keep in memory of malloc, and structures with one: told where counts of references prove whose they
are. tests/extensions/arrays.c makes them, and what only looks like one."""
import collections
import csv
import re

import pytest

from tests import extensions
from tests.e2e.targets import holdfast, target

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import arrays
def texts(what):
    return ["%s, number %d" % (what, n) for n in range(2000)]
owner = arrays.Array(texts("owned") * 2, True)
kept = texts("kept by a list")
stale = arrays.Array(kept, False)
behind_decoy = texts("behind a decoy")
decoy = arrays.Decoy(behind_decoy, False)
first = arrays.Array(texts("shared"), True)
second = arrays.share(first)
class Thing:
    pass
handles = [arrays.handle(text, True) for text in texts("in a structure")]
seen = texts("seen in a structure")
stale_handles = [arrays.handle(text, False) for text in seen]
listed = arrays.Array([Thing() for n in range(300)], True)
ready()
sys.stdin.readline()
"""


@pytest.fixture
def told(python_minor, tmp_path):
    """{address: row} of the objects, {address of a target: Counter of the types of its sources}."""
    if python_minor.free_threaded:
        pytest.skip("counts of references are in two parts, and blocks of mimalloc are not looked into")
    folder = extensions.build("arrays.c", python_minor, tmp_path)
    if not folder:
        pytest.skip("this interpreter has no headers to build an extension with")
    with target(python_minor, PROGRAM, str(folder)) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", expect=0)
    holdfast("export", tmp_path / "heap", "--format", "csv", "-o", tmp_path / "csv", expect=0)
    with open(tmp_path / "csv" / "objects.csv", encoding="utf-8", newline="") as file:
        objects = {row["address"]: row for row in csv.DictReader(file)}
    sources = collections.defaultdict(collections.Counter)
    with open(tmp_path / "csv" / "refs.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sources[row["target"]][objects[row["source"]]["type"]] += 1
    return objects, sources


def test_arrays_are_told_where_counts_prove_whose_they_are(told):
    objects, sources = told
    held = collections.defaultdict(list)
    for address, row in objects.items():
        text = re.fullmatch(r"(.*), number \d+", row["value"])
        if text or row["type"] == "__main__.Thing":
            held[text[1] if text else "things"].append(dict(sources[address]))
    kinds = {"owned": 2000, "kept by a list": 2000, "behind a decoy": 2000, "shared": 2000, "things": 300}
    assert {key: len(held[key]) for key in kinds} == kinds
    assert all(holders == {"arrays.Array": 2} for holders in held["owned"])
    assert all(holders == {"list": 1} for holders in held["kept by a list"])
    assert all(holders == {"list": 1} for holders in held["behind a decoy"])  # not by the name of its type alone
    assert all(holders == {} for holders in held["shared"])
    assert all(holders == {"arrays.Array": 1} for holders in held["things"])


def test_structures_are_told_where_counts_prove_whose_they_are(told):
    objects, sources = told
    held = collections.Counter(tuple(sources[address].items()) for address, row in objects.items()
                               if re.fullmatch(r"in a structure, number \d+", row["value"]))
    assert held == {(("PyCapsule", 1),): 2000}
    stale = collections.Counter(tuple(sources[address].items()) for address, row in objects.items()
                                if re.fullmatch(r"seen in a structure, number \d+", row["value"]))
    assert stale == {(("list", 1),): 2000}

"""Objects that no list, no root and no object leads to are found by their blocks; those in arrays of C by who has the array."""
import collections
import csv
import re

import pytest

from tests.e2e.targets import holdfast, target

FORGET = """
import ctypes
forget = ctypes.pythonapi.Py_IncRef
forget.restype = None
def lose(make, count):
    for n in range(count): forget(ctypes.py_object(make(n)))
lose(lambda n: "a text that is forgotten %d" % n, 300)
lose(lambda n: {"number": "of the record %d" % n}, 200)
lose(lambda n: b"%d" % n * 2000, 100)
lose(lambda n: bytes(300000 + n), 20)
"""

# An array of references in memory of malloc, and a word in the data of libc that leads to it: getopt's optarg.
ARRAY = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
COUNT = 400
array = (ctypes.c_void_p * COUNT).from_address(libc.malloc(8 * COUNT))
forget = ctypes.pythonapi.Py_IncRef
forget.restype = None
for n in range(COUNT):
    text = "registered by C, number %d" % n
    forget(ctypes.py_object(text))
    array[n] = id(text)
ctypes.c_void_p.in_dll(libc, "optarg").value = ctypes.addressof(array)
del array, text
"""


def look(process):
    rows = holdfast("refcounts", process.pid, "--top", 100, "--json", "-", expect=0).json["types"]
    return {row["type"]: row for row in rows}


def test_forgotten_objects_of_all_sizes(python_minor):
    if python_minor.free_threaded:
        pytest.skip("blocks of mimalloc are not looked into")
    with target(python_minor, FORGET) as process:
        rows = look(process)
    assert rows["str"]["alone"] >= 300 and rows["dict"]["alone"] == 200
    assert 120 <= rows["bytes"]["alone"] <= 124 and rows["bytes"]["retained_bytes"] > 20 * 300000 + 100 * 2000


def test_what_an_array_of_c_has_is_held_by_the_data_that_leads_to_it(python_minor):
    if python_minor.free_threaded:
        pytest.skip("blocks of mimalloc are not looked into")
    with target(python_minor, ARRAY) as process:
        held = holdfast("objects", process.pid, "--type", "str", "--top", 100000, "--json", "-", expect=0).json
    texts = [row for row in held["objects"] if re.search(r"registered by C, number \d+.?$", row.get("value", ""))]
    assert len(texts) == 400 and all("C static in libc" in row["path"] for row in texts)


# An object that leads to its array by two words, as a queue does by its head and its tail.
TWICE = ARRAY + """
api, place = ctypes.pythonapi, ctypes.c_void_p.in_dll(libc, "optarg").value
ctypes.c_void_p.in_dll(libc, "optarg").value = None
api.PyCapsule_New.restype = ctypes.py_object
api.PyCapsule_New.argtypes = [ctypes.c_void_p] * 3
api.PyCapsule_SetContext.argtypes = [ctypes.py_object, ctypes.c_void_p]
capsule = api.PyCapsule_New(place, None, None)
api.PyCapsule_SetContext(capsule, place)
del place
"""


def test_what_an_array_has_is_told_once(python_minor, tmp_path):
    if python_minor.free_threaded:
        pytest.skip("blocks of mimalloc are not looked into")
    with target(python_minor, TWICE) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", expect=0)
    holdfast("export", tmp_path / "heap", "--format", "csv", "-o", tmp_path / "csv", expect=0)
    with open(tmp_path / "csv" / "objects.csv", encoding="utf-8", newline="") as file:
        texts = {row["address"] for row in csv.DictReader(file) if re.fullmatch(r"registered by C, number \d+", row["value"])}
    with open(tmp_path / "csv" / "refs.csv", encoding="utf-8", newline="") as file:
        told = collections.Counter(row["target"] for row in csv.DictReader(file) if row["target"] in texts)
    assert len(texts) == 400 and set(told.values()) == {1}

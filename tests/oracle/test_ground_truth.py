"""What holdfast finds in a process against what the interpreter itself says of it.

zoo.py is the heap that the decoders were made on; other_zoo.py and rare_zoo.py are held out, to see that
they were not made for it: programs of other kinds, and objects that few programs have.
"""
import csv
import json
import os
import subprocess

import pytest

from tests.e2e.targets import holdfast, target
from tests.oracle import comparison, flavours


@pytest.mark.parametrize("script", ["zoo.py", "other_zoo.py", "rare_zoo.py"])
def test_heap_is_what_the_interpreter_says(python, script, tmp_path):
    target, path = comparison.run_target(python, script, str(tmp_path))
    try:
        found = comparison.take(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    verdict(comparison.compare(comparison.read_truth(path), found))


@pytest.mark.parametrize("allocator", ["malloc", "debug", "jemalloc", "mimalloc", "tcmalloc"])
def test_heap_of_another_allocator(python_minor, allocator, tmp_path):
    variables, why_not = flavours.environment(allocator)
    if why_not:
        pytest.skip(why_not)
    loaded = subprocess.run([python_minor.path, "-c", ""], env={**os.environ, **variables}, timeout=60,
                            capture_output=True, text=True)
    if "version `GLIBC_" in loaded.stderr:
        pytest.skip("the C library that this interpreter brings is older than what %s needs" % allocator)
    target, path = comparison.run_target(python_minor, "zoo.py", str(tmp_path), variables)
    try:
        found = comparison.take(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    verdict(comparison.compare(comparison.read_truth(path), found))


def verdict(rows, interpreters=1):
    wrong = comparison.judge(rows, interpreters=interpreters)
    if wrong:
        pytest.fail("\n".join(wrong) + "\n\n" + comparison.table(rows), pytrace=False)


def test_heaps_of_all_interpreters_are_what_each_says(python, tmp_path):
    target, path = comparison.run_target(python, "interpreters.py", str(tmp_path))
    try:
        found = comparison.take(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    with open(path + ".ids", encoding="utf-8") as file:
        kinds = json.load(file)
    assert len(kinds) >= 2
    truth = comparison.read_truth(path)
    for number in kinds:
        inside = comparison.read_truth("%s.%s" % (path, number))
        assert sum(1 for thing in inside.values() if thing.type == "__main__.Node") == 500
        truth.update(inside)
    verdict(comparison.compare(truth, found), 1 + len(kinds))


PROFILED = """
import cProfile
profile, space = cProfile.Profile(), {}
exec("\\n".join("def made_%d(n):\\n    return len([n])" % n for n in range(40)), space)
profile.enable()
for n in range(40):
    space.pop("made_%d" % n)(1)
profile.disable()
"""


def test_code_that_only_a_profile_has_is_found(python, tmp_path):
    with target(python, PROFILED) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--max-pause", "5s", expect=0)
    holdfast("export", tmp_path / "heap", "--format", "csv", "-o", tmp_path / "csv", expect=0)
    with open(tmp_path / "csv" / "objects.csv", encoding="utf-8", newline="") as file:
        made = {row["address"] for row in csv.DictReader(file) if row["type"] == "code" and row["value"].startswith("made_")}
    assert len(made) == 40
    with open(tmp_path / "csv" / "refs.csv", encoding="utf-8", newline="") as file:
        assert {row["target"] for row in csv.DictReader(file) if row["label"] == "called"} >= made


# An object at the start of a multiple of 4 GB, and half of its address behind a flag of C that is 0:
# what is left there where malloc() reuses memory. isbytes of Modules/_sre/sre.h is at 72.
STALE_HALF = """
import ctypes, mmap, re
HIGH, BLOCK = 0x3a7, 1 << 16
MAP = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100000   # MAP_FIXED_NOREPLACE
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
assert libc.mmap(HIGH << 32, BLOCK, 3, MAP, -1, 0) == HIGH << 32
size = object.__basicsize__
model = object()
ctypes.memmove(HIGH << 32, id(model), size)
kept = [ctypes.cast(HIGH << 32, ctypes.py_object).value]
patterns = [re.compile("number %d" % n) for n in range(3)]
assert ctypes.c_int.from_address(id(re.compile(b"bytes")) + 72).value == 1
for pattern in patterns:
    assert ctypes.c_int.from_address(id(pattern) + 72).value == 0
    ctypes.c_int.from_address(id(pattern) + 76).value = HIGH
"""


def test_a_number_beside_stale_bytes_is_no_reference(python, tmp_path):
    with target(python, STALE_HALF) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--max-pause", "5s", expect=0)
    holdfast("export", tmp_path / "heap", "--format", "csv", "-o", tmp_path / "csv", expect=0)
    with open(tmp_path / "csv" / "refs.csv", encoding="utf-8", newline="") as file:
        told = [row for row in csv.DictReader(file) if int(row["target"], 16) == 0x3a7 << 32]
    assert [row["label"] for row in told] == ["0"], told

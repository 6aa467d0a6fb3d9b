"""Versions and flavours of CPython that a run of the tests leaves out: that their heaps are read, no more.
HOLDFAST_TEST_PYTHONS=ends or =all tests them like the others."""
import pytest

from tests.e2e.targets import holdfast, target
from tests.pythons import left_out

NEWEST = {(python.minor, python.debug): python for python in left_out()}

PROGRAM = """
class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [("sku-%d" % number, number * 0.5)]
orders = {number: Order(number) for number in range(500)}
wait()
"""


@pytest.mark.parametrize("other", list(NEWEST.values()) or [pytest.param(
    None, marks=pytest.mark.skip(reason="no other version of CPython here: tools/fetch_pythons has some"))], ids=str)
def test_a_heap_is_read(other, tmp_path):
    with target(other, PROGRAM) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", expect=0)
    shown = holdfast("objects", tmp_path / "heap", "--type", "*.Order", "--top", "1000", expect=0).stdout
    assert shown.count("__main__.orders[") >= 500, shown


def test_the_rest_is_tested_elsewhere():
    if left_out():
        pytest.skip("%d interpreters are only looked at: HOLDFAST_TEST_PYTHONS=all tests them"
                    % len(left_out()))


def test_an_interpreter_without_site(every_minor, tmp_path):
    """Before 3.11 nothing then makes the types of iterators ready: they have no base and no Py_TPFLAGS_READY."""
    script = tmp_path / "without-site"
    script.write_text('#!/bin/sh\nexec %s -S -I "$@"\n' % every_minor.path)
    script.chmod(0o700)
    program = ("import sys\nempty = [1]\nq = [iter(empty), iter((1,)), iter({1: 2}), iter({1}), iter(b'a'), iter('a'),"
               " iter(bytearray(b'a')), iter(memoryview(b'a')) if sys.version_info >= (3, 10) else None, iter(int, 1),"
               " reversed(empty), iter(range(3)), list[int]]\n"
               "sys.stdout.write('READY\\n'); sys.stdout.flush(); sys.stdin.read()\n")
    with target(str(script), program, bare=True) as process:
        types = holdfast("types", process.pid, "--top", "1000", "--json", "-", expect=0).json["types"]
    counts = {row["type"].rpartition(".")[2]: row["objects"] for row in types}
    for name in ("list_iterator", "tuple_iterator", "dict_keyiterator", "set_iterator", "bytes_iterator",
                 "bytearray_iterator", "list_reverseiterator", "GenericAlias"):
        assert counts.get(name, 0) >= 1, (name, counts)

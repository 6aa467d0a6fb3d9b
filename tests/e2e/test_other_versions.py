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

"""What the end-to-end tests share: the program, and one run of a test per interpreter.

A test that takes `python` runs on every interpreter, one that takes `python_minor` on the newest
of each minor version, one that takes `every_minor` on the newest of each from 3.9 on, one that takes
`any_python` on one, and one that takes `free_threaded` on all that have no GIL.
"""
import os
import signal

import pytest

from tests.e2e.targets import PROGRAM
from tests.pythons import every_minor, interpreters, one_per_minor


# A shell gives programs that it starts in the background an ignored SIGINT, and they hand it on:
# tests that interrupt a program would then wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _parametrize(metafunc, name, found, missing="no CPython of the tested versions here"):
    if name in metafunc.fixturenames:
        if not found:
            found = [pytest.param(None, marks=pytest.mark.skip(reason=missing))]
        metafunc.parametrize(name, found, ids=str)


def pytest_generate_tests(metafunc):
    _parametrize(metafunc, "python", interpreters())
    _parametrize(metafunc, "python_minor", one_per_minor())
    _parametrize(metafunc, "every_minor", every_minor())
    usual = [p for p in interpreters() if p.version >= (3, 11)] # earlier ones lay instances out otherwise
    _parametrize(metafunc, "any_python", (usual or interpreters())[:1])
    _parametrize(metafunc, "free_threaded", [p for p in interpreters() if p.free_threaded],
                 "no free-threaded CPython here: tools/build_free_threaded makes one")


@pytest.fixture(scope="session", autouse=True)
def program():
    """The path of the program under test, which must be there."""
    if not os.access(PROGRAM, os.X_OK):
        pytest.fail("%s is not there: run make, or set HOLDFAST" % PROGRAM, pytrace=False)
    return PROGRAM

"""Groups of rare objects: what rare_zoo.py and rare_library.py register, and how it is all made."""
import dataclasses
import enum
import os
import sys
import traceback
import typing

import heap_dump

held = {}
groups = []


class Lacking(Exception):
    """This build of Python cannot make such an object."""


class Plain:
    def __init__(self, *values):
        self.values = list(values)


class IntSubclass(int):
    __slots__ = ()


class StrSubclass(str):
    pass


@dataclasses.dataclass(frozen=True)
class Data:
    name: str
    values: list = dataclasses.field(default_factory=list, compare=False)
    kind: typing.ClassVar[dict] = {}


class Bits(enum.Flag):
    A = enum.auto()
    B = enum.auto()


class Row(typing.NamedTuple):
    number: int
    value: object = None


def group(since=(3, 9), needs=None):
    """Registers a function that makes objects: from a version on, and where a module is there."""
    def note(function):
        groups.append((function.__name__, since, needs, function))
        return function
    return note


def make_all():
    for name, since, needs, function in groups:
        if sys.version_info < since:
            continue
        try:
            if needs:
                __import__(needs)
        except ImportError as error:
            print("left out: %s: %s" % (name, error), file=sys.stderr)
            continue
        try:
            held[name] = function()
        except Lacking as lacking:
            print("left out: %s: %s" % (name, lacking), file=sys.stderr)


def run():
    """Makes the objects, writes what the interpreter says of them, and waits to be looked at."""
    try:
        make_all()
        heap_dump.dump(sys.argv[1])
    except BaseException: # the threads of a group would keep a process alive that has failed
        traceback.print_exc()
        os._exit(1)
    sys.stdin.read()

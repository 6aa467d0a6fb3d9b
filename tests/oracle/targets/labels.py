"""What the references of a program are called, by its own account: labels.py FILE writes one line for
each reference of each object that is asked, and waits.

    value SOURCE TARGET KEY        of each dict that the collector knows; KEY is an address
    index SOURCE TARGET NUMBER     of lists, tuples and deques
    cell SOURCE TARGET -           contents of closure cells
    attribute SOURCE TARGET NAME   of instances made here, however they keep them, and all slots
    local - TARGET NAME FUNCTION   of the frames of all threads, but for those that write this
    frame SOURCE FUNCTION          of whom a frame object of these frames is
    captured NAME FUNCTION         a variable of these frames that a closure shares
    asked KIND SOURCE              SOURCE was asked for KIND: what is not named, is not there
    name ADDRESS TEXT              a key that is the name of an attribute
"""
import asyncio
import collections
import dataclasses
import email.message
import gc
import http.client
import inspect
import json
import logging.config
import os
import sys
import threading
import types
import unittest.mock
import xml.dom.minidom

EACH = 4000 # objects of a kind


class Plain:
    def __init__(self, i):
        self.number, self.text, self.items = i, "text %d" % i, [i]


class Slotted:
    __slots__ = ("left", "__hidden", "right")

    def __init__(self, i):
        self.left, self.__hidden = [i], {"hidden": i}


class Both(Slotted):
    __slots__ = ("middle", "__dict__", "__weakref__")


class Grown(list):
    pass


def with_slots(kind):
    """A data class that keeps its fields in slots, which 3.9 cannot make of one with defaults."""
    if sys.version_info < (3, 10):
        return dataclasses.dataclass(type("Record", (), {
            "__slots__": ("first", "second"), "__annotations__": kind.__annotations__}))
    return dataclasses.dataclass(kind, slots=True)


@with_slots
class Record:
    first: list
    second: object


class Keyed(dict):
    __slots__ = ("note",)


def make_instances():
    made = []
    for i in range(200):
        made.append((Plain(i), ["number", "text", "items"]))
    for i in range(50):
        shown = Plain(i)
        vars(shown)["shown"] = [i]
        made.append((shown, ["number", "text", "items", "shown"]))
        less = Plain(i)
        del less.text
        made.append((less, ["number", "items"]))
        more = Plain(i)
        for k in range(i):
            setattr(more, "more_%d" % k, [k])
        made.append((more, ["number", "text", "items"] + ["more_%d" % k for k in range(i)]))
        both = Both(i)
        both.middle, both.free = (i,), [i]
        made.append((both, ["left", "_Slotted__hidden", "middle", "free"]))
        grown = Grown([i])
        grown.note = [i]
        made.append((grown, ["note"]))
        keyed = Keyed(a=[i])
        keyed.note = [i]
        made.append((keyed, ["note"]))
        made.append((Record([i], None), ["first", "second"]))
        made.append((Slotted(i), ["left", "_Slotted__hidden"]))
    return made


def closures(number):
    shared, unset = [number], None

    def inner(argument=number):
        nonlocal unset
        unset = argument
        return shared
    return inner


def stand(started, argument, *rest, **named):
    own = ["own of", argument]
    captured = {"captured": argument}
    (lambda: captured)()
    for number in range(3):
        pair = (number, own)
    started.set()
    threading.Event().wait()


class Writer:
    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.left = collections.Counter()

    def write(self, *words):
        os.write(self.file, (" ".join(map(str, words)) + "\n").encode())

    def takes(self, kind, thing):
        self.left[kind] += 1
        if self.left[kind] > EACH:
            return False
        self.write("asked", kind, "%x" % id(thing))
        return True


def dump_container(out, thing):
    kind = type(thing)
    if kind in (dict, collections.defaultdict, collections.Counter, Keyed) and out.takes("value", thing):
        for key, value in list(dict.items(thing)):
            out.write("value", "%x" % id(thing), "%x" % id(value), "%x" % id(key))
    elif kind in (list, tuple, collections.deque) and out.takes("index", thing):
        for i, item in enumerate(list(thing)):
            out.write("index", "%x" % id(thing), "%x" % id(item), i)
    elif kind is types.CellType and out.takes("cell", thing):
        try:
            out.write("cell", "%x" % id(thing), "%x" % id(thing.cell_contents), "-")
        except ValueError:
            pass # empty


def dump_attributes(out, made):
    for thing, names in made:
        out.write("asked", "attribute", "%x" % id(thing))
        for name in names:
            out.write("attribute", "%x" % id(thing), "%x" % id(getattr(thing, name)), name)
            out.write("name", "%x" % id(sys.intern(name)), name)


def dump_locals(out):
    """Of variables that no closure shares; the others are cells."""
    skipped = sys._getframe().f_code, dump.__code__
    for frame in sys._current_frames().values():
        while frame:
            code = frame.f_code
            if code.co_flags & inspect.CO_NEWLOCALS and code not in skipped:
                function = getattr(code, "co_qualname", code.co_name)
                out.write("frame", "%x" % id(frame), function)
                for name in code.co_cellvars + code.co_freevars:
                    out.write("captured", name, function)
                for name, value in frame.f_locals.items():
                    if name in code.co_varnames and name not in code.co_cellvars:
                        out.write("local", "-", "%x" % id(value), name, function)
            frame = frame.f_back


def is_of_interned(thing):
    """The collector knows the dict of interned strings from 3.14 on: strings leave it when they end."""
    return type(thing) is dict and thing.get("__mro__") is sys.intern("__mro__")


def dump(path, made):
    out = Writer(path + ".part")
    gc.collect()
    gc.disable()
    objects = gc.get_objects()
    mine = {id(objects), id(out.left), id(out.__dict__), id(made)}
    for thing in objects:
        if id(thing) not in mine and not is_of_interned(thing):
            dump_container(out, thing)
    del thing, objects[:]
    dump_attributes(out, made)
    dump_locals(out)
    out.write("end")
    os.rename(path + ".part", path)


def main(path):
    functions = [closures(n) for n in range(30)]
    made = make_instances()
    for n in range(3):
        started = threading.Event()
        threading.Thread(target=stand, args=(started, "argument %d" % n, n, 2),
                         kwargs={"named": [n]}, daemon=True).start()
        started.wait()
    dump(path, made)
    sys.stdin.read()


main(sys.argv[1])

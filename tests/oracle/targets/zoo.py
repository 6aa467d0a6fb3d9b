"""A heap with something of everything: zoo.py FILE makes it, dumps what CPython says of it to FILE
(heap_dump.py) and waits until its standard input closes."""
import _thread
import abc
import array
import ast
import asyncio
import base64
import bisect
import calendar
import collections
import configparser
import contextlib
import contextvars
import copy
import csv
import ctypes
import dataclasses
import datetime
import decimal
import difflib
import email.message
import enum
import fractions
import functools
import gettext
import hashlib
import heapq
import html.parser
import http.client
import http.cookiejar
import http.server
import importlib.metadata
import inspect
import io
import ipaddress
import itertools
import json
import locale
import logging.handlers
import mmap
import multiprocessing.pool
import numbers
import operator
import optparse
import os
import pathlib
import pickle
import pkgutil
import platform
import pprint
import queue
import random
import re
import sched
import secrets
import selectors
import shelve
import shlex
import socket
import socketserver
try:
    import sqlite3
except ImportError:
    sqlite3 = None # some packaged interpreters are built without it
import ssl
import statistics
import string
import struct
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import threading
import time
import tokenize
import traceback
import types
import typing
import unittest.mock
import urllib.request
import uuid
import weakref
import xml.etree.ElementTree as ElementTree
import xmlrpc.client
import zipfile
import zlib

import heap_dump

zoo = {}


class Plain:
    def __init__(self, n):
        self.number = n
        self.items = [n, str(n)]

    @property
    def prop(self):
        return self.number

    @staticmethod
    def static():
        return None

    @classmethod
    def class_method(cls):
        return cls


class Slotted:
    __slots__ = ("left", "right", "__weakref__")

    def __init__(self, left, right=None):
        self.left = left
        if right is not None:
            self.right = right


class SlottedChild(Slotted):
    __slots__ = ("extra",)


class SlottedWithDict(Slotted):
    pass


class Meta(type):
    def __new__(mcls, name, bases, space, **options):
        return super().__new__(mcls, name, bases, space)


class WithMeta(metaclass=Meta):
    registry = {}


class Abstract(abc.ABC):
    @abc.abstractmethod
    def run(self): ...


class Concrete(Abstract):
    def run(self):
        return 1


class ListChild(list):
    pass


class DictChild(dict):
    pass


class DictChildSlots(dict):
    __slots__ = ("note",)


class IntChild(int):
    pass


class FloatChild(float):
    pass


class StrChild(str):
    pass


class BytesChild(bytes):
    pass


class TupleChild(tuple):
    pass


class SetChild(set):
    pass


class DequeChild(collections.deque):
    pass


class ErrorChild(ValueError):
    def __init__(self, message, payload):
        super().__init__(message)
        self.payload = payload


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Level(enum.IntFlag):
    LOW = 1
    HIGH = 2


Point = collections.namedtuple("Point", "x y")


class Typed(typing.NamedTuple):
    a: int
    b: str = "b"


@dataclasses.dataclass
class Record:
    name: str
    values: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, **({"slots": True} if sys.version_info >= (3, 10) else {}))
class Frozen:
    name: str
    number: int


def make_counter():
    count = 0
    unset = None

    def step(by=1, *, times=2):
        nonlocal count
        count += by * times
        return count, unset
    return step


def empty_cell():
    def inner():
        return later
    if False:
        later = 1
    return inner


def generate(n):
    held = [n]
    for i in range(n):
        yield i, held


def delegate(n):
    yield from generate(n)


async def coroutine(value):
    await asyncio.sleep(3600)
    return value


async def async_generate(value):
    yield value


def make_exception():
    def deepest(local):
        raise ErrorChild("broken", {"local": local})
    try:
        try:
            deepest([1, 2, 3])
        except ErrorChild as error:
            if sys.version_info >= (3, 11):
                error.add_note("a note")
            raise KeyError("outer") from error
    except KeyError as outer:
        return outer


def in_context(variable):
    context = contextvars.copy_context()
    context.run(variable.set, ["in a context"])
    for i in range(40):
        context.run(contextvars.ContextVar("v%d" % i).set, object())
    return context


def of_functions():
    zoo["functions"] = [make_counter(), empty_cell(), lambda x: x, Plain.static, Plain.class_method, Plain(1).__init__,
                        types.MethodType(len, [1]), [].append, len, str.join, "".join, object.__repr__, (1).__add__,
                        int.__dict__["real"], Slotted.left, dict.fromkeys, type.__call__]
    zoo["partials"] = [functools.partial(print, 1, sep=""), functools.partialmethod(print, 2)]

    @functools.lru_cache(maxsize=8)
    def bounded(x):
        return [x]

    @functools.cache
    def unbounded(x, y=None):
        return {x: y}

    @functools.singledispatch
    def dispatch(x):
        return x
    dispatch.register(int)(lambda x: x)
    for i in range(20):
        bounded(i)
        unbounded(str(i), y=i)
    zoo["caches"] = [bounded, unbounded, dispatch, functools.cmp_to_key(lambda a, b: 0)(3)]


def of_containers():
    zoo["lists"] = [[], [1], [None] * 1000, list(range(1000)), ListChild([1, 2]), [[[]]]]
    zoo["tuples"] = [(), (1,), (1, "two", 3.0), TupleChild((1, [])), Point(1, []), Typed(1), tuple(range(300))]
    combined = {i: str(i) for i in range(100)}
    for i in range(0, 100, 3):
        del combined[i]
    zoo["dicts"] = [{}, {"a": 1}, {1: 2, "b": []}, combined, {str(i): i for i in range(5000)},
                    {(1, 2): {3: 4}}, DictChild(a=1), dict.fromkeys("abc"), {"a": 1}.keys(), {1: 2}.items(),
                    types.MappingProxyType({"proxied": 1}), iter({1: 2}), reversed({1: 2})]
    note = DictChildSlots(k=1)
    note.note = ["note"]
    zoo["sets"] = [set(), {1, 2, 3}, set(range(1000)), frozenset("abc"), frozenset(), SetChild([1, (2,)]), note,
                   iter({1, 2})]
    shrunk = set(range(100))
    shrunk -= set(range(0, 100, 2))
    zoo["shrunk"] = shrunk
    zoo["deques"] = [collections.deque(), collections.deque(range(200)), collections.deque("abc", maxlen=3),
                     DequeChild([1, []]), iter(collections.deque([1]))]
    rotated = collections.deque(([i] for i in range(200)), maxlen=150)
    rotated.rotate(40)
    zoo["rotated"] = rotated
    ordered = collections.OrderedDict((str(i), [i]) for i in range(50))
    del ordered["7"]
    ordered.move_to_end("3")
    zoo["mappings"] = [ordered, collections.OrderedDict(), iter(ordered), collections.defaultdict(list, a=[1]),
                       collections.Counter("abracadabra"), collections.ChainMap({"a": 1}, {}),
                       collections.UserDict(a=1), weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(),
                       weakref.WeakSet()]
    zoo["iterators"] = [iter([1, 2]), iter((1,)), iter("abc"), iter("äbc"), iter(range(3)), iter(b"abc"),
                        reversed([1]), enumerate([1]), zip([1], [2]), map(str, [1]), filter(None, [1]),
                        iter(lambda: 1, 2), iter(Getter())]
    a, b = itertools.tee(iter(range(200)))
    for _ in range(100):
        next(a)
    zoo["itertools"] = [a, b, itertools.chain([1], [2]), itertools.chain.from_iterable([[1]]), itertools.count(3),
                        itertools.count(1.5, 2), itertools.cycle([1, []]), itertools.repeat([1], 3),
                        itertools.islice([1, 2, 3], 2), itertools.product([1], [2, 3]), itertools.permutations([1, 2]),
                        itertools.combinations([1, 2, 3], 2), itertools.combinations_with_replacement([1, 2], 2),
                        itertools.accumulate([1, 2], operator.mul), itertools.groupby([1, 1, 2]),
                        itertools.zip_longest([1], [2, 3], fillvalue=[]), itertools.starmap(pow, [(1, 2)]),
                        itertools.takewhile(bool, [1]), itertools.dropwhile(bool, [1]), itertools.compress([1], [1]),
                        itertools.filterfalse(bool, [1])]
    if sys.version_info >= (3, 10):
        zoo["pairwise"] = itertools.pairwise([1, 2])
    next(zoo["itertools"][6])
    for thing in zoo["itertools"][9:13]:
        next(thing)
    next(zoo["itertools"][14])


class Getter:
    def __getitem__(self, i):
        raise IndexError


def of_instances():
    zoo["plain"] = [Plain(i) for i in range(50)]
    with_dict = Plain(1)
    with_dict.__dict__["not an identifier"] = 1
    asked = [Plain(i) for i in range(5)]
    dicts = [vars(p) for p in asked]
    many = Plain(2)
    for i in range(60):
        setattr(many, "attribute%d" % i, i)
    zoo["dicts of instances"] = [with_dict, asked, dicts, many]
    orphan = Plain(3)
    zoo["orphan dict"] = orphan.__dict__
    del orphan
    replaced = Plain(4)
    replaced.__dict__ = {"other": []}
    gone = Plain(5)
    del gone.items
    zoo["replaced"] = [replaced, gone]
    child = SlottedChild([1], [2])
    child.extra = {"x": 1}
    loose = SlottedWithDict([3])
    loose.anything = [4]
    zoo["slots"] = [Slotted(1), child, loose, Frozen("f", 1), Record("r", [1])]
    zoo["children"] = [IntChild(7), IntChild(1 << 100), FloatChild(1.5), StrChild("text"), StrChild("täxt"),
                       BytesChild(b"bytes")]
    for thing in zoo["children"]:
        thing.note = ["note"]
    zoo["classes"] = [WithMeta, Concrete, Colour.RED, Level.LOW | Level.HIGH, Colour, type("Made", (Plain,), {"x": []}),
                      Concrete(), Point, super(SlottedChild, child)]
    zoo["generic"] = [typing.List[int], list[int], typing.Optional[str], typing.TypeVar("T"),
                      typing.Callable[[int], str], collections.abc.Callable[[int], str]]
    if sys.version_info >= (3, 10):
        zoo["union"] = int | str


def of_namesakes():
    """Classes that are called as builtin ones are, and are not like them."""
    names = ["dict", "list", "set", "cell", "frame", "module", "property", "function", "code", "generator", "str"]
    zoo["namesakes"] = [type(name, (), {})() for name in names]
    for thing in zoo["namesakes"]:
        thing.held = [thing]


def of_scalars():
    zoo["ints"] = [0, 1, -1, 1 << 29, 1 << 30, -(1 << 60), 1 << 1000, True, False]
    zoo["floats"] = [0.0, -0.0, 1.5, 1e300, float("inf"), 0.1, 1e16, 123456789.123]
    zoo["complex"] = [1j, 1 + 2j]
    zoo["texts"] = ["", "a", "ascii " * 20, "lätin", "grück " * 30, "\u20ac" * 10, "\U0001f600" * 5, "\ud800"]
    encoded = "wäre " * 20
    ctypes.pythonapi.PyUnicode_AsUTF8.argtypes = [ctypes.py_object]
    ctypes.pythonapi.PyUnicode_AsUTF8.restype = ctypes.c_char_p
    ctypes.pythonapi.PyUnicode_AsUTF8(encoded)
    zoo["encoded"] = encoded
    grown = bytearray(b"x" * 100)
    grown += b"y" * 10
    del grown[:7]
    zoo["bytes"] = [b"", b"a", b"bytes" * 100, bytearray(), bytearray(b"abc"), grown, memoryview(grown),
                    memoryview(b"abc")[1:], memoryview(array.array("i", [1, 2]))]
    zoo["arrays"] = [array.array("d", range(100)), array.array("b"), array.array("u" if sys.version_info < (3, 13) else "w", "abc")]
    zoo["others"] = [slice(1, [2], None), range(10), range(1 << 70, 1 << 71, 3), ..., NotImplemented, None]


def of_frames():
    started = generate(3)
    next(started)
    delegated = delegate(3)
    next(delegated)
    done = generate(1)
    list(done)
    waiting = coroutine("waits")
    fresh = coroutine("fresh")
    fresh.close()
    agen = async_generate(1)
    zoo["generators"] = [generate(2), started, delegated, done, waiting, fresh, agen, agen.__anext__(),
                         (x for x in [1, 2]), started.gi_frame, sys._getframe()]
    zoo["exceptions"] = [make_exception(), ValueError("v", []), OSError(2, "no", "file"), StopIteration([1]),
                         SystemExit(3), ImportError("i", name="n", path="p"),
                         UnicodeDecodeError("utf-8", b"abc", 0, 1, "bad"), SyntaxError("s", ("f", 1, 2, "t"))]
    if sys.version_info >= (3, 10):
        zoo["exceptions"].append(AttributeError("a", name="x", obj=[]))
    if sys.version_info >= (3, 11):
        zoo["exceptions"].append(ExceptionGroup("group", [ValueError(1), TypeError(2)]))
    zoo["traceback"] = zoo["exceptions"][0].__traceback__
    zoo["weak"] = [weakref.ref(zoo["plain"][0]), weakref.ref(zoo["plain"][1], print), weakref.proxy(zoo["plain"][2]),
                   weakref.proxy(Concrete), weakref.WeakMethod(zoo["plain"][3].__init__)]
    dead = Plain(9)
    zoo["dead"] = [weakref.ref(dead), weakref.finalize(zoo["plain"][4], print, "bye")]
    del dead
    code = make_counter.__code__
    zoo["code"] = [code, code.co_code, code.co_varnames, code.co_cellvars, compile("a = [1]\nb = a", "made.py", "exec"),
                   ast.parse("def f(x): return x + 1")]


def of_library():
    variable = contextvars.ContextVar("variable", default=["default"])
    token = variable.set(["set"])
    variable.get()
    zoo["contexts"] = [variable, token, in_context(variable), contextvars.copy_context()]
    root = ElementTree.fromstring("<a x='1'>t<b/>tail<c><d/></c>" + "<e/>" * 10 + "</a>")
    parser = ElementTree.XMLParser()
    parser.feed("<a><b>")
    zoo["xml"] = [root, ElementTree.ElementTree(root), root.iter(), parser, ElementTree.Element("lone")]
    pickler = pickle.Pickler(io.BytesIO())
    pickler.dump([zoo["lists"], "memo", {"k": ("v",)}])
    unpickler = pickle.Unpickler(io.BytesIO(pickle.dumps([["memo"], {"k": "v"}])))
    unpickler.load()
    zoo["pickle"] = [pickler, unpickler]
    simple = queue.SimpleQueue()
    for i in range(20):
        simple.put([i])
    for i in range(5):
        simple.get()
    zoo["queues"] = [simple, queue.Queue(3), queue.PriorityQueue(), queue.SimpleQueue()]
    zoo["queues"][1].put({"job": 1})
    text = io.StringIO("some text")
    text.write("more")
    raw = io.BytesIO(b"raw" * 100)
    raw.seek(3)
    file = open(__file__, encoding="utf-8")
    file.readline()
    zoo["io"] = [text, raw, raw.getbuffer(), io.StringIO(), io.BytesIO(), file, open(os.devnull, "wb"),
                 open(os.devnull, "rb", buffering=0), io.BufferedRWPair(io.BytesIO(), io.BytesIO()),
                 io.BufferedRandom(io.BytesIO(b"abc")), io.TextIOWrapper(io.BytesIO(b"abc")), csv.reader(["a,b"]),
                 csv.writer(io.StringIO()), csv.DictReader(["a,b", "1,2"])]

    class Struct(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_char_p), ("p", ctypes.py_object)]
    numbers_ = (ctypes.c_int * 10)(*range(10))
    zoo["ctypes"] = [Struct(1, b"text", [1]), numbers_, ctypes.pointer(numbers_), ctypes.c_char_p(b"held"),
                     ctypes.create_string_buffer(100), ctypes.byref(numbers_), ctypes.CFUNCTYPE(None)(print),
                     ctypes.cdll.LoadLibrary(None).getpid, ctypes.py_object([2]), ctypes.c_double(1.5)]
    zoo["mmap"] = mmap.mmap(-1, 8192)
    zoo["re"] = [re.compile(r"(?P<a>\w+)-(\d+)"), re.match("(a)(b)?", "a"), re.compile("x").scanner("xx"),
                 re.finditer("a", "aaa")]
    zoo["struct"] = [struct.Struct("<iHd"), struct.iter_unpack("i", b"\0" * 8)]
    zoo["dates"] = [datetime.datetime.now(), datetime.datetime.now(datetime.timezone.utc), datetime.date.today(),
                    datetime.timedelta(1), datetime.time(1), datetime.timezone(datetime.timedelta(hours=1), "X")]
    zoo["numbers"] = [decimal.Decimal("1.5"), decimal.Decimal(10) ** 200, fractions.Fraction(1, 3),
                      decimal.getcontext(), random.Random(1), uuid.uuid4(), ipaddress.ip_network("10.0.0.0/8")]
    zoo["stat"] = [os.stat("."), os.times(), time.localtime(), sys.version_info, sys.flags, os.uname()]
    zoo["hash"] = [hashlib.sha256(b"x"), hashlib.md5(), zlib.compressobj(), zlib.decompressobj()]
    if sqlite3:
        connection = sqlite3.connect(":memory:")
        cursor = connection.execute("select 1, 'two'")
        connection.row_factory = sqlite3.Row
        zoo["sqlite"] = [connection, cursor, connection.execute("select 1 as a").fetchone()]
    left, right = socket.socketpair()
    zoo["net"] = [left, right, selectors.DefaultSelector(), ssl.create_default_context(), json.JSONEncoder(),
                  json.JSONDecoder(), email.message.EmailMessage(), configparser.ConfigParser(),
                  logging.getLogger("zoo"), unittest.mock.Mock(), operator.itemgetter(1, "a"),
                  operator.attrgetter("a.b"), operator.methodcaller("m", 1, k=2), types.SimpleNamespace(a=[1]),
                  types.ModuleType("made"), argparse_like(), string.Template("$x"), pathlib.Path("/tmp/x"),
                  contextlib.ExitStack(), threading.local(), threading.Lock(), threading.RLock(),
                  threading.Condition(), threading.Event(), copy.deepcopy(zoo["slots"])]
    zoo["net"][19].attribute = ["thread local"]


def argparse_like():
    import argparse
    parser = argparse.ArgumentParser("zoo")
    parser.add_argument("--option", type=int, default=3)
    return parser


async def busy(loop):
    future = loop.create_future()
    future.add_done_callback(print)
    done = loop.create_future()
    done.set_result(["result"])
    failed = loop.create_future()
    failed.set_exception(ValueError("failed"))
    tasks = [asyncio.create_task(coroutine(i), name="task %d" % i) for i in range(3)]
    await asyncio.sleep(0)
    zoo["asyncio"] = [future, done, failed, tasks, asyncio.Queue(), asyncio.Lock(), asyncio.Event(), loop]


def in_thread(started):
    held = ["in a thread", {"k": 1}]
    started.set()
    threading.Event().wait()
    return held


def main():
    of_functions()
    of_containers()
    of_instances()
    of_namesakes()
    of_scalars()
    of_frames()
    of_library()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(busy(loop))
    started = threading.Event()
    threading.Thread(target=in_thread, args=(started,), daemon=True).start()
    started.wait()
    loop_of_cycles = Plain(0)
    loop_of_cycles.me = loop_of_cycles
    zoo["cycle"] = loop_of_cycles
    heap_dump.dump(sys.argv[1])
    sys.stdin.read()


main()

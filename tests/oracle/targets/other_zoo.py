"""A heap made apart from zoo.py, as a check on what was only ever tuned there: held out, not to be
looked at while decoders are changed. Same use: other_zoo.py FILE."""
import asyncio
import bz2
import cmd
import codecs
import collections
import colorsys
import concurrent.futures
import contextvars
import ctypes
import curses.ascii
import dbm
import dis
import doctest
import filecmp
import fileinput
import fnmatch
import ftplib
import functools
import getpass
import glob
import graphlib
import gzip
import hmac
import imaplib
import io
import itertools
import keyword
import linecache
import lzma
import mailbox
import marshal
import mimetypes
import modulefinder
import netrc
import opcode
import operator
import pdb
import pickle
import pickletools
import plistlib
import poplib
import profile
import pyclbr
import queue
import quopri
import reprlib
import rlcompleter
import runpy
import sched
import smtplib
import stringprep
import symtable
import sys
import sysconfig
import tabnanny
import termios
import threading
import timeit
import trace
import tracemalloc
import tty
import types
import typing
import unicodedata
import unittest
import urllib.robotparser
import venv
import wave
import weakref
import webbrowser
import wsgiref.simple_server
import xml.dom.minidom
import xml.etree.ElementTree as ElementTree
import xml.sax.handler
import zipapp
import zoneinfo

import heap_dump

held = []


class Order:
    lines_made = 0

    def __init__(self, key):
        self.key = key
        self.lines = [Line(self, i) for i in range(3)]
        if key % 3 == 0:
            self.discount = key / 7
        if key % 5 == 0:
            del self.key

    def __getattr__(self, name):
        raise AttributeError(name)


class Line:
    __slots__ = "order", "number", "__dict__"

    def __init__(self, order, number):
        self.order = weakref.ref(order) if number else order
        self.number = number
        if number == 2:
            self.remark = ("remark", number)


class Session(threading.local):
    def __init__(self):
        self.user = {"name": "someone"}


class Cache(collections.OrderedDict):
    def __init__(self, limit):
        super().__init__()
        self.limit = limit

    def put(self, key, value):
        self[key] = value
        self.move_to_end(key)
        while len(self) > self.limit:
            self.popitem(last=False)


class Money(int):
    __slots__ = ()
    currency = "EUR"


class Registry(type):
    classes = []

    def __init__(cls, name, bases, space):
        super().__init__(name, bases, space)
        Registry.classes.append(cls)
        cls.created = [name]


class Plugin(metaclass=Registry):
    __slots__ = ("a", "b")


class PluginChild(Plugin):
    def method(self):
        return __class__


class Sentinel(type):
    """As in h11: each class of it is its own type."""

    def __new__(cls, name, bases, space, **options):
        made = super().__new__(cls, name, bases, space)
        made.__class__ = made
        return made


class NeedData(Sentinel, metaclass=Sentinel):
    pass


class Failure(Exception):
    __slots__ = ("where",)


class Node:
    def __init__(self, parent=None):
        self.parent, self.children = parent, []
        if parent:
            parent.children.append(self)

    def __del__(self):
        pass


class Service:
    @functools.lru_cache(maxsize=None)
    def compute(self, n):
        return bytes(n)

    @functools.cached_property
    def table(self):
        return {i: bytearray(i) for i in range(20)}


def adder(n, *rest, flag=True, **more):
    total = [n]

    class Inner:
        def add(self, m):
            total.append((m, n, rest, more, flag))
            return self
    return Inner().add, lambda: total


def walk(node, depth=0):
    try:
        received = yield depth
        if received:
            yield from walk(received, depth + 1)
    finally:
        node = None


async def consumer(source):
    async for item in source:
        held.append(item)
        await asyncio.sleep(1000)


async def producer():
    buffer = list(range(10))
    async with asyncio.Lock() as lock:
        for item in buffer:
            yield item, lock


def fail(depth, payload):
    if depth:
        return fail(depth - 1, [payload, depth])
    error = Failure("deep")
    error.where = payload
    raise error


def caught():
    result = []
    for i in range(3):
        try:
            fail(i, {"i": i})
        except Failure as e:
            result.append(e)
    try:
        {}["missing"]
    except KeyError:
        result.append(sys.exc_info())
    return result


def objects():
    held.extend(Order(i) for i in range(40))
    held.append([vars(order) for order in held[:40:7]])
    cache = Cache(5)
    for i in range(9):
        cache.put("key %d" % i, Money(1000 + i))
    held.append(cache)
    held.append([Session(), Plugin(), PluginChild(), Registry.classes, NeedData])
    held[-1][1].a = ["slot"]
    root = Node()
    held.append([Node(root), Node(root)])
    service = Service()
    for i in range(12):
        service.compute(i)
    held.append([service, service.table])
    held.append(adder(1, 2, [3], key={"v": 4}))
    walker = walk(root)
    next(walker)
    walker.send(root)
    held.append([walker, walk(None), caught()])
    held.append([type("T%d" % i, (Order if i % 2 else Node,), {"n": i, "__slots__": ("s%d" % i,) if i % 2 else ()})
                 for i in range(6)])


def library():
    file = tempfile_like()
    held.append([codecs.getincrementaldecoder("utf-8")(), codecs.lookup("latin-1"), gzip.GzipFile(fileobj=io.BytesIO(), mode="w"),
                 bz2.BZ2Compressor(), lzma.LZMADecompressor(), hmac.new(b"k", b"m", "sha1"), file,
                 unicodedata.ucd_3_2_0, zoneinfo.ZoneInfo("UTC") if "UTC" in zoneinfo.available_timezones() else None,
                 graphlib.TopologicalSorter({"a": {"b"}}), sched.scheduler(), reprlib.Repr(), symtable.symtable("x=1", "f", "exec"),
                 dis.Bytecode("x = 1"), mimetypes.MimeTypes(), unittest.TestLoader(), urllib.robotparser.RobotFileParser()])
    document = xml.dom.minidom.parseString("<a><b c='d'>e</b></a>")
    tree = ElementTree.parse(io.StringIO("<r>" + "<i k='v'>x</i>" * 9 + "</r>"))
    held.append([document, tree, list(tree.iter("i"))[0], tree.getroot().attrib])
    jobs = queue.LifoQueue()
    jobs.put(object())
    pool = concurrent.futures.ThreadPoolExecutor(2)
    futures = [pool.submit(pow, i, 2) for i in range(4)]
    concurrent.futures.wait(futures)
    held.append([jobs, pool, futures])
    window = collections.deque((bytes(i) for i in range(500)), 100)
    for _ in range(30):
        window.popleft()
        window.appendleft([_])
        window.append(_)
    held.append(window)
    held.append([operator.itemgetter(2), itertools.count(10**30), itertools.cycle("ab"),
                 itertools.product("ab", repeat=3), zip(*[iter(range(9))] * 3)])
    held.append([collections.defaultdict(functools.partial(collections.defaultdict, list)), types.DynamicClassAttribute(len),
                 typing.Union[int, str], typing.get_type_hints(adder), typing.NewType("Id", int)])

    class Pair(ctypes.Union):
        _fields_ = [("i", ctypes.c_longlong), ("d", ctypes.c_double)]
    held.append([Pair(1), (Pair * 3)(), ctypes.POINTER(Pair)(Pair(2)), ctypes.c_wchar_p("wide")])
    frozen = {frozenset({i, i + 1}): {str(i)} for i in range(30)}
    for i in range(0, 30, 2):
        frozen.pop(frozenset({i, i + 1}))
    held.append(frozen)
    held.append(pickle.loads(pickle.dumps([Money(3), {"k": (1, [2])}], protocol=5)))
    held.append(marshal.loads(marshal.dumps([1, "two", (3.0, b"4"), {5: frozenset([6])}])))


def tempfile_like():
    import tempfile
    file = tempfile.SpooledTemporaryFile(100)
    file.write(b"x" * 200)
    return file


async def tasks():
    variable = contextvars.ContextVar("request")
    for i in range(5):
        variable.set({"request": i})
        held.append(asyncio.ensure_future(consumer(producer())))
    held.append(asyncio.gather(*[asyncio.sleep(100, i) for i in range(3)]))
    held.append(asyncio.get_running_loop().call_later(1000, print, "never"))
    await asyncio.sleep(0.01)


def worker(lock, ready):
    stack = [lock, {"thread": threading.current_thread()}]
    for item in walk(stack):
        ready.release()
        lock.acquire()


def main():
    objects()
    library()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(tasks())
    held.append(loop)
    lock, ready = threading.Lock(), threading.Semaphore(0)
    lock.acquire()
    for _ in range(3):
        threading.Thread(target=worker, args=(lock, ready), daemon=True).start()
    for _ in range(3):
        ready.acquire()
    heap_dump.dump(sys.argv[1])
    sys.stdin.read()


if __name__ == "__main__":
    main()

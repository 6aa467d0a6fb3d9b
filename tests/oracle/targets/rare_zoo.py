"""rare_zoo.py FILE: objects that few programs have, in the states that few objects are in: cursors in
the middle of a result, iterators over what has changed, suspended async generators, shared memory.

What this version or this build of Python lacks is left out, and only that: `since` says from which
version on a group is there, and a module that is missing is named on standard error.
"""
import abc
import array
import asyncio
import atexit
import codecs
import collections
import concurrent.futures
import contextlib
import contextvars
import csv
import ctypes
import dataclasses
import datetime
import decimal
import email.parser
import enum
import functools
import gc
import hashlib
import hmac
import importlib.machinery
import importlib.util
import inspect
import io
import itertools
import json
import mmap
import multiprocessing.shared_memory
import operator
import os
import pickle
import pyexpat
import queue
import random
import re
import select
import selectors
import shelve
import signal
import socket
import ssl
import string
import struct
import subprocess
import sys
import tempfile
import threading
import time
import types
import typing
import unicodedata
import unittest.mock
import uuid
import warnings
import weakref
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib

import heap_dump

held = {}
groups = []


def group(since=(3, 9), needs=None):
    def note(function):
        groups.append((function.__name__, since, needs, function))
        return function
    return note


class Plain:
    def __init__(self, *values):
        self.values = list(values)


class WithWeakSlots:
    __slots__ = ("held", "__weakref__")
    __match_args__ = ("held",)


class DictSubclass(dict):
    """Has items, and attributes of its own."""


class MissingDict(dict):
    def __missing__(self, key):
        return [key]


class IntSubclass(int):
    __slots__ = ()


class StrSubclass(str):
    pass


class TupleWithSlots(tuple):
    __slots__ = ()


class Meta(type):
    def __call__(cls, *arguments, **keywords):
        made = super().__call__(*arguments, **keywords)
        cls.made.append(made)
        return made

    def __getitem__(cls, item):
        return [cls, item]


class OfMeta(metaclass=Meta):
    made = []


class Descriptor:
    def __set_name__(self, owner, name):
        self.place = [owner, name]

    def __get__(self, instance, owner):
        return self if instance is None else instance


class Described:
    one, two = Descriptor(), Descriptor()


@dataclasses.dataclass(frozen=True)
class Data:
    name: str
    values: list = dataclasses.field(default_factory=list, compare=False)
    kind: typing.ClassVar[dict] = {}


class Colour(enum.Enum):
    RED = ("red", 1)
    BLUE = ("blue", 2)


class Bits(enum.Flag):
    A = enum.auto()
    B = enum.auto()


class Row(typing.NamedTuple):
    number: int
    value: object = None


class Movie(typing.TypedDict, total=False):
    name: str


class Protocol(typing.Protocol):
    def close(self) -> None: ...


class Abstract(abc.ABC):
    @property
    @abc.abstractmethod
    def value(self): ...


Abstract.register(Plain)


@group()
def of_classes():
    weak = WithWeakSlots()
    weak.held = [1]
    mapping = DictSubclass(a=[1], b=[2])
    mapping.note = ["note"]
    mapping.other = mapping
    missing = MissingDict((i, [i]) for i in range(9))
    number, text = IntSubclass(1 << 70), StrSubclass("text")
    text.note = {"of": "a str"}
    single = functools.singledispatchmethod(lambda self, value: value)
    single.register(int, lambda self, value: [value])
    isinstance(Plain(), Abstract)
    return [weak, weakref.ref(weak), weakref.proxy(weak), weakref.ref(weak, print), weakref.proxy(weak, print),
            mapping, missing, number, text, TupleWithSlots([[1], [2]]), OfMeta(), OfMeta[3], Described(),
            Data("d", [1]), Data("e"), dataclasses.fields(Data), dataclasses.make_dataclass("Made", ["x"])([1]),
            Colour.RED, Colour(("blue", 2)), Bits.A | Bits.B, Row(1, [2]), Movie(name="m"),
            Protocol, single, super(DictSubclass, mapping), Descriptor(), inspect.signature(Data),
            inspect.Parameter("p", inspect.Parameter.KEYWORD_ONLY, default=[1]), functools.partialmethod(print, [1]),
            type("", (), {"held": [1]})(), types.new_class("New", (Plain,), {}, lambda space: space.update(held=[1])), property(len, None, None, "doc"),
            staticmethod(len), classmethod(len), functools.cached_property(len), types.DynamicClassAttribute(len)]


@group()
def of_typing():
    variable = typing.TypeVar("variable", bound=typing.List[int])
    found = [variable, typing.Dict[str, variable], list[variable], dict[str, list[int]], typing.Callable[..., int],
             typing.Literal["a", 1], typing.Annotated[int, ["note"]], typing.ForwardRef("Plain"), typing.Union[int, None],
             typing.Tuple[int, ...], typing.NewType("Id", int), typing.Generic[variable], iter(list[int]) if
             sys.version_info >= (3, 11) else None, typing.get_type_hints(Data), type[int], typing.Type[Plain]]
    if sys.version_info >= (3, 10):
        found += [typing.ParamSpec("P"), typing.ParamSpec("Q").args, int | str | None, typing.Concatenate]
    if sys.version_info >= (3, 11):
        found += [typing.TypeVarTuple("Ts"), typing.Unpack, typing.Self]
    return found


@group(since=(3, 10))
def of_matching():
    space = {"WithWeakSlots": WithWeakSlots}
    exec(compile("def find(thing):\n"
                 "    match thing:\n"
                 "        case {'a': [first, *rest], **others}: return [first, rest, others]\n"
                 "        case WithWeakSlots(held): return held\n", "match.py", "exec"), space)
    weak = WithWeakSlots()
    weak.held = ["matched"]
    return [space["find"], space["find"]({"a": [1, 2, 3], "b": [4]}), space["find"](weak)]


@group(since=(3, 12))
def of_type_parameters():
    space = {}
    exec(compile("type Pair[A, *Bs, **P] = tuple[A, *Bs]\n"
                 "def first[T: (int, str), U](values: list[T]) -> U: return lambda: T\n"
                 "class Box[T]:\n"
                 "    def __init__(self, held): self.held = held\n"
                 "box = Box[int]([1])\n"
                 "used = [Pair[int, str, [int]], Pair.__type_params__, first([1]), Pair.__value__]\n", "generic.py", "exec"),
         space)
    return space


@group(since=(3, 14))
def of_templates():
    space = {}
    exec(compile("name, width = ['held'], 10\n"
                 "made = t'hello {name!r:>{width}} and {[1, 2]}'\n"
                 "parts = list(made)\n"
                 "walker = iter(made); next(walker)\n"
                 "def later(x: Undefined[int], y: list[str]): pass\n"
                 "class Annotated: a: int; b: 'Undefined'\n"
                 "import annotationlib\n"
                 "seen = [annotationlib.get_annotations(later, format=annotationlib.Format.FORWARDREF), Annotated.__annotations__]\n",
                 "template.py", "exec"), space)
    return space


def fail(depth, payload):
    if depth:
        fail(depth - 1, [payload])
    raise ValueError("deep", payload)


@group()
def of_exceptions():
    kept = []
    try:
        try:
            fail(3, {"of": "the first"})
        except ValueError as error:
            kept.append(error)
            raise KeyError("second") from error
    except KeyError as error:
        kept += [error, sys.exc_info(), error.__traceback__.tb_frame]
        error.__dict__["more"] = [error]
    try:
        b"\xff".decode()
    except UnicodeDecodeError as error:
        kept.append(error)
    try:
        os.stat("/nowhere/at/all")
    except OSError as error:
        kept.append(error)
    try:
        compile("x = (", "broken.py", "exec")
    except SyntaxError as error:
        kept.append(error)
    return kept


@group(since=(3, 11))
def of_exception_groups():
    error = ExceptionGroup("outer", [ValueError([1]), ExceptionGroup("inner", [TypeError("t"), OSError(2, "no")])])
    error.add_note("a note")
    kept = [error, error.split(ValueError), error.subgroup(OSError)]
    try:
        raise BaseExceptionGroup("b", [KeyboardInterrupt()])
    except BaseException as raised:
        kept.append(raised)
    return kept


@group()
def of_iterators():
    left, right, third = itertools.tee((([i] for i in range(200))), 3)
    for _ in range(130):
        next(left)
    grouped = itertools.groupby(([i // 3] for i in range(9)), key=lambda item: item[0])
    key, inside = next(grouped)
    next(inside)
    chained = itertools.chain([[1], [2]], iter([[3]]))
    next(chained)
    product = itertools.product([[1], [2]], "ab", repeat=2)
    combinations = itertools.combinations([[1], [2], [3]], 2)
    cycle = itertools.cycle([[1], [2]])
    accumulated = itertools.accumulate([[1], [2]], operator.add, initial=[0])
    window, ordered = collections.deque([[i] for i in range(150)]), collections.OrderedDict((str(i), [i]) for i in range(9))
    counts = {i: [i] for i in range(20)}
    found = [left, right, third, grouped, key, inside, chained, product, combinations, cycle, accumulated, window, ordered, counts]
    for iterator in (product, combinations, cycle, accumulated):
        next(iterator)
    walkers = [iter(window), reversed(window), iter(ordered), iter(ordered.items()), reversed(ordered.values()),
               iter(counts.items()), reversed(counts.items()), iter(counts.values()), reversed(counts), iter({1, 2, 3}),
               iter([1, [2]]), reversed([1, [2]]), iter((1, [2])), iter("text"), iter(b"bytes"), iter(bytearray(b"array")),
               iter(memoryview(b"view")), iter(array.array("d", [1.0, 2.0])), iter(range(1 << 70)), enumerate([[1], [2]], 1 << 70),
               zip([[1]], [[2]]), map(lambda a, b: [a, b], [[1]], [[2]]), filter(None, [[1]]), iter([[1], [2]].pop, None),
               itertools.islice(iter([[1], [2]]), 0, None, 2), itertools.repeat([1], 5), itertools.starmap(list, [[[1]]]),
               itertools.zip_longest([[1]], [[2], [3]], fillvalue=["fill"]), re.finditer("(a)(b)?", "ab a"),
               struct.iter_unpack("<i", bytearray(16)), csv.reader(["a,b", "c"]), ElementTree.fromstring("<a><b/></a>").iter(),
               string.Formatter().parse("a{b}"), os.scandir("/proc/self")]
    for walker in walkers[:-10]:
        next(walker, None)
    exhausted = iter([[1]])
    list(exhausted)
    return found + walkers + [exhausted, counts.keys(), counts.items(), counts.values(), ordered.keys(), ordered.items(),
                              types.MappingProxyType(counts)]


@group()
def of_callables():
    partial = functools.partial(functools.partial(print, [1], sep=""), [2], end="")
    partial.note = ["note"]

    @functools.lru_cache(maxsize=3, typed=True)
    def bounded(*arguments, **keywords):
        return [arguments, keywords]

    @functools.wraps(bounded)
    def wrapper(*arguments):
        return bounded(*arguments)
    for i in range(5):
        bounded(i, key=[i] and i)

    @functools.singledispatch
    def dispatch(value):
        return value
    dispatch.register(list)(lambda value: [value])
    dispatch([1])
    return [partial, bounded, wrapper, dispatch, operator.itemgetter("a", 1, slice([1], 2)), operator.itemgetter(1),
            operator.attrgetter("a.b", "c"), operator.methodcaller("name", [1], key=[2]), operator.methodcaller("name"),
            functools.cmp_to_key(lambda a, b: 0), functools.cmp_to_key(lambda a, b: 0)([1]), [].append, "".join,
            dict.fromkeys, (1).__add__, int.__add__, type.__call__, str.maketrans("a", "b"), types.MethodType(print, [1]),
            functools.reduce, atexit.register(print, [1], key=[2]), inspect.currentframe()]


def generate(values):
    received = yield values
    try:
        yield from ([value, received] for value in values)
    finally:
        received = None


async def agenerate(values):
    try:
        for value in values:
            yield [value]
    finally:
        values = None


@types.coroutine
def old_coroutine(value):
    yield value


async def nested(depth, value):
    local = [depth, value]
    if depth:
        return await nested(depth - 1, local)
    await old_coroutine(local)


@contextlib.contextmanager
def managed(value):
    yield [value]


@group()
def of_suspended():
    fresh, started, inside, finished = generate([1]), generate([[1], [2]]), generate([[1], [2]]), generate([])
    next(started)
    next(inside)
    inside.send(["received"])
    list(finished)
    coroutine = nested(4, ["waiting"])
    coroutine.send(None)
    stream = agenerate([[1], [2]])
    with contextlib.suppress(StopIteration):
        stream.__anext__().send(None)
    waiting = stream.asend(["sent"])
    stack = contextlib.ExitStack()
    stack.enter_context(managed(["entered"]))
    stack.callback(print, ["callback"])
    manager = managed([1])
    manager.__enter__()
    ended = nested(0, [1])
    ended.send(None)
    ended.close()
    return [fresh, started, inside, finished, coroutine, coroutine.cr_frame, stream, waiting, stack, manager, ended, nested(0, ["never started"]), agenerate([3]), agenerate([4]).athrow(ValueError),
            agenerate([5]).aclose(), (value for value in [[1]])]


async def child(started, value):
    started.set()
    await asyncio.sleep(1000, [value])


async def running(loop):
    started, lock, condition = asyncio.Event(), asyncio.Lock(), asyncio.Condition()
    jobs, semaphore = asyncio.Queue(1), asyncio.Semaphore(0)
    await jobs.put(["job"])
    variable = contextvars.ContextVar("of a task")
    token = variable.set(["value"])
    variable.set(["again"])
    tasks = [asyncio.ensure_future(child(started, i)) for i in range(3)]
    tasks += [asyncio.ensure_future(asyncio.wait_for(child(started, 9), 500)), asyncio.ensure_future(jobs.put(["waits"])),
              asyncio.ensure_future(semaphore.acquire()), asyncio.ensure_future(asyncio.shield(tasks[0]))]
    gathered = asyncio.gather(asyncio.sleep(500), asyncio.sleep(600))
    waiting = loop.create_future()
    waiting.add_done_callback(functools.partial(print, ["callback"]))
    chained = asyncio.wrap_future(concurrent.futures.Future())
    cancelled, failed = loop.create_future(), loop.create_future()
    cancelled.cancel()
    failed.set_exception(ValueError(["failed"]))
    handle = loop.call_later(1000, print, ["later"])
    soon = loop.call_soon(len, [["soon"]])
    iterator = asyncio.as_completed(tasks[:2])
    await started.wait()
    await asyncio.sleep(0.01)
    walker = iter(waiting.__await__())
    next(walker)
    kept = [started, lock, condition, jobs, semaphore, token, variable, tasks, gathered, waiting, chained, cancelled, failed,
            handle, soon, iterator, walker, contextvars.copy_context(), asyncio.all_tasks(), asyncio.StreamReader(), loop]
    if sys.version_info >= (3, 11):
        async def in_a_group():
            async with asyncio.TaskGroup() as tasks_of_group:
                kept.append([tasks_of_group, tasks_of_group.create_task(child(started, "g"))])
                async with asyncio.timeout(1000) as limit:
                    kept.append(limit)
                    await asyncio.sleep(1000)
        kept.append(asyncio.ensure_future(in_a_group()))
        kept.append(asyncio.Runner())
        await asyncio.sleep(0.01)
    return kept


@group()
def of_asyncio():
    loop = asyncio.new_event_loop()
    return loop.run_until_complete(running(loop))


@group()
def of_threads():
    pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="pool", initializer=len, initargs=([1],))
    done, stop = pool.submit(list, [[1]]), threading.Event()
    endless = pool.submit(stop.wait)
    failing = pool.submit(fail, 2, ["in a pool"])
    concurrent.futures.wait([done, failing])
    with contextlib.suppress(ValueError):
        failing.result()
    lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
    rlock.acquire()
    rlock.acquire()
    local = threading.local()
    local.value = ["of a thread"]
    timer = threading.Timer(1000, print, [["timer"]])
    timer.daemon = True
    timer.start()
    jobs, simple = queue.PriorityQueue(), queue.SimpleQueue()
    jobs.put((1, ["job"]))
    for i in range(12):
        simple.put([i])
    simple.get()
    return [pool, done, endless, failing, lock, rlock, condition, local, timer, jobs, simple, queue.LifoQueue(2), stop,
            threading.Barrier(2, action=print), threading.BoundedSemaphore(3), threading.current_thread()]


@group()
def of_buffers():
    shared = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    shared.unlink()
    mapped = mmap.mmap(-1, 1 << 16)
    base = bytearray(range(200))
    view = memoryview(memoryview(base)[10:100:2])
    numbers = array.array("q", range(100))
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 8192)
        file.flush()
        of_file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    raw = io.BytesIO(b"raw" * 100)
    return [shared, shared.buf[:10], mapped, memoryview(mapped)[10:], base, view, view.cast("B") if view.contiguous else None,
            memoryview(numbers).cast("B"), of_file, raw, raw.getbuffer()[5:], (ctypes.c_char * 10).from_buffer(base),
            pickle.PickleBuffer(base), memoryview((ctypes.c_double * 4)()), array.array("u" if sys.version_info < (3, 13) else "w", "text")]


@group(needs="sqlite3")
def of_sqlite():
    import sqlite3
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.create_function("twice", 1, lambda value: value * 2)
    connection.execute("create table t (a integer, b text)")
    connection.executemany("insert into t values (?, ?)", [(i, "text %d" % i) for i in range(50)])
    cursor = connection.execute("select a, twice(a), b from t where a > ?", [3])
    row = cursor.fetchone()
    broken = None
    try:
        connection.execute("select nothing from nowhere")
    except sqlite3.Error as error:
        broken = error
    connection.set_trace_callback(len)
    found = [connection, cursor, row, iter(row), row.keys(), connection.cursor(), broken, sqlite3.Binary(b"x")]
    if sys.version_info >= (3, 11):
        connection.execute("create table b (x blob)")
        connection.execute("insert into b values (zeroblob(100))")
        found.append(connection.blobopen("b", "x", 1))
    return found


@group()
def of_parsers():
    parser = pyexpat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, attributes: [name, attributes]
    parser.CharacterDataHandler = [].append
    parser.buffer_text = True
    parser.Parse("<a b='c'>text<d>")
    builder = ElementTree.TreeBuilder()
    builder.start("a", {"k": "v"})
    builder.data("text")
    pulled = ElementTree.XMLPullParser(["start", "end"])
    pulled.feed("<a><b k='v'>text</b>")
    feed = email.parser.FeedParser()
    feed.feed("Subject: x\n\nbody")
    decoder, encoder = json.JSONDecoder(object_hook=dict, parse_float=decimal.Decimal), json.JSONEncoder(indent=2, default=str)
    scanner = json.scanner.make_scanner(decoder)
    tree = ElementTree.fromstring("<r><i k='v'>t</i>u</r>")
    return [parser, builder, pulled, feed, decoder, encoder, scanner, encoder.iterencode([1, [2]]), tree, tree[0], tree.attrib,
            csv.writer(io.StringIO()), csv.DictWriter(io.StringIO(), ["a"]), csv.Sniffer().sniff("a;b\nc;d\n"),
            re.compile(r"(?P<name>\w+)|(\d+)").match("text"), re.compile("x").scanner("xx"), re.compile(b"x", re.I),
            re.Scanner([("a", lambda s, t: [t])]), json.encoder.c_make_encoder]


@group()
def of_compression():
    packed = zlib.compress(b"data" * 1000)
    compressor, decompressor = zlib.compressobj(9, zdict=b"data"), zlib.decompressobj()
    compressor.compress(b"data" * 100)
    decompressor.decompress(packed + b"tail", 10)
    archive = zipfile.ZipFile(io.BytesIO(), "w")
    archive.writestr("name", "text")
    return [compressor, decompressor, compressor.copy(), decompressor.copy(), archive, archive.infolist()]


@group(needs="bz2")
def of_bz2():
    import bz2
    bz = bz2.BZ2Decompressor()
    bz.decompress(bz2.compress(b"x") + b"tail")
    return [bz, bz2.BZ2Compressor(), bz2.BZ2File(io.BytesIO(), "w")]


@group(needs="lzma")
def of_lzma():
    import lzma
    xz = lzma.LZMADecompressor()
    xz.decompress(lzma.compress(b"x") + b"tail")
    return [xz, lzma.LZMACompressor(), lzma.LZMAFile(io.BytesIO(), "w")]


@group(since=(3, 14), needs="compression.zstd")
def of_zstd():
    from compression import zstd
    decompressor, compressor = zstd.ZstdDecompressor(), zstd.ZstdCompressor(level=3)
    decompressor.decompress(zstd.compress(b"x" * 100) + b"tail")
    compressor.compress(b"data")
    trained = zstd.train_dict([b"sample %d text" % i for i in range(500)], 1024)
    return [decompressor, compressor, trained, zstd.ZstdCompressor(zstd_dict=trained), zstd.ZstdDecompressor(trained)]


@group()
def of_numbers():
    context = decimal.Context(prec=50, traps=[decimal.Overflow])
    with decimal.localcontext(context) as local:
        big = decimal.Decimal(1) / 7
        flags = [local, local.flags, local.traps]
    generator = random.Random(3)
    generator.random()
    return [context, big, flags, decimal.getcontext(), decimal.Decimal("NaN"), decimal.Decimal(1 << 300), generator, random.SystemRandom(),
            1 << 500, -(1 << 70), IntSubclass(3), 1.5, 2j, Bits.A, uuid.uuid4(), datetime.datetime.now(datetime.timezone.utc),
            datetime.datetime(2020, 1, 1), datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
            datetime.timedelta(days=3), datetime.date.today().isocalendar(), datetime.timezone.utc, range(1 << 70), slice([1], [2], [3]),
            time.localtime(), os.stat("/"), os.terminal_size((1, 2)), sys.float_info, sys.version_info, sys.flags, complex(1, 2)]


@group(needs="zoneinfo")
def of_zones():
    import zoneinfo
    names = ["UTC", "Europe/Berlin", "America/New_York"]
    found = [zoneinfo.ZoneInfo(name) for name in names if name in zoneinfo.available_timezones()]
    return found + [datetime.datetime(2020, 6, 1, tzinfo=zone) for zone in found] + \
        [zoneinfo.ZoneInfo.no_cache(zone.key) for zone in found] + [zone.utcoffset(datetime.datetime(2020, 6, 1)) for zone in found]


@group()
def of_ctypes():
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("name", ctypes.c_char_p), ("any", ctypes.py_object)]

    class Line(ctypes.Structure):
        _fields_ = [("ends", Point * 2), ("bits", ctypes.c_uint, 3), ("next", ctypes.POINTER(Point))]

    class Either(ctypes.Union):
        _fields_ = [("point", Point), ("number", ctypes.c_double)]
    points = (Point * 3)(Point(1, b"one", [1]))
    line = Line((points[0], Point(2, b"two", [2])), 5, ctypes.pointer(points[0]))
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.py_object)(lambda value: len(value))
    function = ctypes.CDLL(None).strlen
    function.argtypes, function.restype, function.errcheck = [ctypes.c_char_p], ctypes.c_size_t, lambda *values: values[0]
    strings = (ctypes.c_char_p * 3)(b"a", b"b", None)
    return [points, points[0], line, line.ends, line.next, line.next.contents, Either(points[0]), callback, function,
            ctypes.byref(line), strings, ctypes.cast(points, ctypes.c_void_p), ctypes.cast(strings, ctypes.POINTER(ctypes.c_char_p)),
            ctypes.create_unicode_buffer("wide"), ctypes.c_wchar_p("wide"), ctypes.py_object([3]), ctypes.pythonapi.PyList_New,
            ctypes.BigEndianStructure, ctypes.c_longdouble(1.0), Point.x, ctypes.POINTER(Point), ctypes.CFUNCTYPE(None)]


@group()
def of_streams():
    reader, writer = os.pipe()
    text = io.TextIOWrapper(io.BufferedReader(io.FileIO(__file__)), encoding="utf-8", newline=None)
    text.readline()
    text.tell()
    pair = io.BufferedRWPair(io.FileIO(reader), io.FileIO(writer, "w"))
    pair.write(b"pending")
    random_access = io.BufferedRandom(io.BytesIO(b"abc" * 10))
    random_access.peek(1)
    string_io = io.StringIO("some\r\ntext", newline=None)
    string_io.readline()
    written = io.StringIO()
    for i in range(20):
        written.write("part %d" % i)
    incremental = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), True)
    incremental.decode(b"a\r")
    shift = codecs.getincrementaldecoder("shift_jis")()
    shift.decode(b"\x83")
    stream = codecs.getreader("utf-16")(io.BytesIO("text".encode("utf-16")))
    stream.read(1)
    spooled = tempfile.SpooledTemporaryFile(10)
    spooled.write(b"x")
    return [text, pair, random_access, string_io, written, incremental, shift, stream, spooled, codecs.lookup("utf-8"),
            codecs.getincrementalencoder("iso2022_jp")(), tempfile.NamedTemporaryFile(), sys.stdin, sys.stderr.buffer]


@group()
def of_network():
    left, right = socket.socketpair()
    poller, epoll = select.poll(), select.epoll()
    poller.register(left)
    epoll.register(right, select.EPOLLIN)
    selector = selectors.DefaultSelector()
    selector.register(left, selectors.EVENT_READ, {"data": [1]})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    layer = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLError):
        layer.do_handshake()
    digest, keyed = hashlib.sha256(b"x"), hmac.new(b"key", b"text", "sha256")
    return [left, right, poller, epoll, selector, context, layer, incoming, outgoing, digest, digest.copy(), keyed, hashlib.blake2b(b"x", key=b"k"),
            hashlib.sha3_256(b"x"), hashlib.shake_128(), left.makefile("rb"), left.getsockname(), ssl.create_default_context().get_ca_certs()]


@group()
def of_pickles():
    sink = io.BytesIO()
    pickler = pickle.Pickler(sink, 5)
    pickler.dispatch_table = {Plain: lambda plain: (Plain, (1,))}
    pickler.dump([["memo"], {"k": Data("d", [1])}, Plain([1])])

    class Persistent(pickle.Pickler):
        def persistent_id(self, thing):
            return "id" if isinstance(thing, Plain) else None
    persistent = Persistent(io.BytesIO())
    persistent.dump([Plain(1), [2]])
    unpickler = pickle.Unpickler(io.BytesIO(sink.getvalue()))
    unpickler.load()
    folder = tempfile.mkdtemp()
    shelf = shelve.DbfilenameShelf(os.path.join(folder, "shelf"), writeback=True)
    shelf["key"] = ["value"]
    return [pickler, pickler.memo, persistent, unpickler, unpickler.memo, shelf]


@group()
def of_text():
    return [unicodedata.ucd_3_2_0, string.Template("$x"), string.Formatter(), "text".encode("utf-16"), StrSubclass("ünï"),
            "\U0001f600" * 3, sys.intern("interned only here " + str(len(held))), str.maketrans({"a": ["b"][0]}), codecs.charmap_build("abc" * 80)]


@group()
def of_imports():
    spec = importlib.machinery.ModuleSpec("made", None, origin="nowhere")
    lazy = importlib.util.find_spec("this")
    loader = importlib.util.LazyLoader(lazy.loader)
    lazy.loader = loader
    module = importlib.util.module_from_spec(lazy)
    loader.exec_module(module)
    made = types.ModuleType("made", "doc")
    made.__dict__["held"] = [made]
    space = types.SimpleNamespace(held=[1], more={"a": 2})
    return [spec, module, made, space, sys.implementation, types.CodeType, gc.callbacks, warnings.filters,
            (lambda: None).__code__.replace(co_name="other"), sys._current_frames(), signal.getsignal(signal.SIGINT)]


@group()
def of_mocks(): # no MagicMock: asked for its size, it makes a method for that, and the dump would change the heap
    mock = unittest.mock.Mock(spec=Plain, side_effect=[[1], [2]])
    mock([1], key=[2])
    mock.values = [3]
    patcher = unittest.mock.patch.object(Plain, "extra", [1], create=True)
    patcher.start()
    return [mock, mock.call_args_list, patcher, unittest.mock.sentinel.one]


@group(needs="curses")
def of_curses():
    import curses.panel
    return [curses, curses.panel, curses.error("e")]


@group(needs="readline")
def of_readline():
    import readline
    readline.set_completer([].append)
    return [readline.get_completer()]


@group(needs="tkinter")
def of_tkinter():
    import tkinter
    return [tkinter.Tcl(), tkinter.TclError("e")]


@group()
def of_processes():
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finalizer = weakref.finalize(process, print, ["final"], key=[1])
    return [process, finalizer, signal.Signals.SIGINT, os.environ, os.sched_getaffinity(0)]


@group()
def of_weak_containers():
    keys, values, members = [Plain(i) for i in range(9)], [Plain([i]) for i in range(9)], [Plain(i) for i in range(5)]
    by_key = weakref.WeakKeyDictionary((key, [i]) for i, key in enumerate(keys))
    by_value = weakref.WeakValueDictionary((i, value) for i, value in enumerate(values))
    some = weakref.WeakSet(members)
    del keys[::2], values[::2], members[::2]
    method = weakref.WeakMethod(Plain(1).__init__)
    walker = iter(by_value.items())
    next(walker)
    return [keys, values, members, by_key, by_value, some, method, walker]


@group(since=(3, 13))
def of_locals_proxies():
    def frame():
        inside = ["local"]
        return inspect.currentframe(), lambda: inside
    kept, _ = frame()
    return [kept, kept.f_locals, weakref.ref(kept.f_code), sys._getframe().f_locals]


@group(since=(3, 15))
def of_lazy_imports():
    space = {"__name__": "lazily"}
    exec(compile("lazy import colorsys\nlazy from this import s\n", "lazy.py", "exec"), space)
    return [space]


def main():
    for name, since, needs, function in groups:
        if sys.version_info < since:
            continue
        try:
            if needs:
                __import__(needs)
        except ImportError as error:
            print("left out: %s: %s" % (name, error), file=sys.stderr)
            continue
        held[name] = function()
    heap_dump.dump(sys.argv[1])
    sys.stdin.read()


if __name__ == "__main__":
    main()

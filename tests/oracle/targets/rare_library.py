"""The rare objects of rare_zoo.py that modules of the standard library make."""
import array
import codecs
import contextlib
import cProfile
import csv
import ctypes
import datetime
import decimal
import email.parser
import gc
import hashlib
import hmac
import importlib.machinery
import importlib.util
import io
import json
import mmap
import multiprocessing.shared_memory
import os
import pickle
import pyexpat
import random
import re
import select
import selectors
import shelve
import signal
import socket
import ssl
import string
import subprocess
import sys
import tempfile
import time
import types
import unicodedata
import unittest.mock
import uuid
import warnings
import weakref
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib

from rare_groups import Bits, Data, IntSubclass, Lacking, Plain, StrSubclass, group, held


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
    within = ElementTree.fromstring("<a><b><c><d/></c></b></a>").iter()
    for _ in range(3):
        next(within)
    return [parser, builder, pulled, feed, decoder, encoder, scanner, encoder.iterencode([1, [2]]), tree, tree[0], tree.attrib,
            csv.writer(io.StringIO()), csv.DictWriter(io.StringIO(), ["a"]), csv.Sniffer().sniff("a;b\nc;d\n"),
            re.compile(r"(?P<name>\w+)|(\d+)").match("text"), re.compile("x").scanner("xx"), re.compile(b"x", re.I),
            re.Scanner([("a", lambda s, t: [t])]), json.encoder.c_make_encoder, within]


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


@group(since=(3, 12))
def of_templates():
    pattern = re.compile("a(b)(?P<c>c)")
    return [re._compile_template(pattern, text + str(len(held))) for text in (
        r"before \1 between \g<c> behind ", r"\1\2", r"\1 behind ", "no group ")]


@group()
def of_profiles():
    profile = cProfile.Profile()
    space = {}
    exec("\n".join("def made_%d(n):\n    return len([n])" % n for n in range(40)), space)
    profile.enable()
    for name in [name for name in space if name.startswith("made_")]:
        space.pop(name)(1)  # only the profile has their code now
    sorted([3, 1, 2], key=lambda n: -n)
    profile.disable()
    return [profile, cProfile.Profile(), cProfile.Profile(time.perf_counter)]


@group()
def of_wide_texts():
    texts = [text + str(len(held)) for text in ("ascii", "l\u00e4tin", "wide \u20ac", "wider \U0001f600", "")] + [StrSubclass("sub")]
    if sys.version_info < (3, 12):  # C code that asks for wchar_t leaves it with the text
        ask = ctypes.pythonapi.PyUnicode_AsUnicode
        ask.argtypes, ask.restype = [ctypes.py_object], ctypes.c_void_p
        for text in texts:
            ask(text)
    return texts


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
    try:
        return [tkinter.Tcl(), tkinter.TclError("e")]
    except tkinter.TclError as error: # its own library is elsewhere
        raise Lacking(error) from None


@group()
def of_processes():
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finalizer = weakref.finalize(process, print, ["final"], key=[1])
    return [process, finalizer, signal.Signals.SIGINT, os.environ, os.sched_getaffinity(0)]

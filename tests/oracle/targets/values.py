"""Objects with the text that a snapshot should show of them, and references with their labels:
values.py FILE writes both as JSON and waits until its standard input closes."""
import asyncio
import bz2
import collections
import contextvars
import csv
import functools
import json
import lzma
import math
import os
import random
import re
import symtable
import sys
import zlib

values, labels, held = [], [], []


def value(thing, text):
    held.append(thing)
    values.append((id(thing), text))


def label(source, target, kind, text):
    held.append((source, target))
    labels.append((id(source), id(target), kind, text))


def here(function, offset=0):
    return "%s (values.py:%d)" % (function.__qualname__, function.__code__.co_firstlineno + offset)


class Outer:
    class Inner:
        __slots__ = ("slot",)

        def method(self):
            return 1

    def __init__(self):
        self.attribute = ["attribute"]


def generate(local):
    copy = [local]
    yield copy
    yield local


async def wait(argument):
    await Never()
    return argument


class Never:
    def __await__(self):
        yield


@functools.lru_cache(maxsize=77)
def cached(x):
    return [x]


def numbers():
    draw = random.Random(7)
    for n in [7, -7, 10**9, 10**9 - 1, 2**30, 2**60, -2**90, 10**70 + 3]:
        value(int(str(n)), repr(n))
    value(True, "True")
    value(False, "False")
    value(None, "None")
    value(contextvars.ContextVar("request"), "request")
    floats = [0.1, 1.5, -2.0, 1e16, 1e15, 123456789.125, 1e-5, 1e-4, 0.00012345, 5e-324, 1.7976931348623157e308,
              float("inf"), float("-inf"), float("nan"), -0.0, 2.0**53, 1 / 3, 1e22, 1e23, 12345678901234567.0]
    floats += [math.ldexp(draw.random(), draw.randrange(-200, 200)) for _ in range(200)]
    for x in floats:
        x = float(repr(x))
        value(x, repr(x))
    for z in [1j, 1 + 2j, -1.5 - 2j, complex(0.0, -1), complex(-0.0, 1)]:
        value(z, repr(z))


def texts():
    for text in ["plain text", "lätin", "\u20ac uro", "\U0001f600 smile", "quote ' \" \\"]:
        value("".join(list(text)), text)
    for data in [b"bytes", b"\x00\xff'\\\n\t"]:
        value(bytes(bytearray(data)), repr(bytes(data))[2:-1] if b"'" not in data else "\\x00\\xff\\'\\\\\\n\\t")


def places():
    value(generate, here(generate))
    value(generate.__code__, here(generate))
    value(Outer.Inner.method, here(Outer.Inner.method))
    bound = Outer.Inner().method
    value(bound, here(Outer.Inner.method))
    value(json.dumps, "dumps (json/__init__.py:%d)" % json.dumps.__code__.co_firstlineno)
    for path, name in [("/srv/app/shop/views.py", "views.py"), ("shop/views.py", "views.py"),
                       ("/srv/app/shop/__init__.py", "shop/__init__.py"), ("__main__.py", "__main__.py"),
                       ("/srv/venv/lib/python3.12/site-packages/flask/app.py", "flask/app.py"),
                       ("/usr/lib/python3/dist-packages/six.py", "six.py"),
                       ("/opt/lib/python3.13/concurrent/futures/thread.py", "concurrent/futures/thread.py"),
                       ("/srv/\u0142\u00f3d\u017a/__init__.py", "\u0142\u00f3d\u017a/__init__.py"),
                       ("site-packages/", ""), ("/", ""), ("<string>", "<string>"), ("/site-packages", "site-packages")]:
        value(compile("1", path, "eval"), "<module> (%s:1)" % name)
    cached(1), cached(1)
    for function, typed in ((cached, ""), (functools.lru_cache(None, typed=True)(len), " typed")):
        value(function, repr(function.cache_info()) + typed)
    loop = asyncio.new_event_loop()
    futures = [loop.create_future() for _ in range(4)] + [loop.create_task(wait(n)) for n in range(2)]
    futures[1].set_result(1), futures[2].cancel(), futures[3].set_exception(KeyError(1))
    futures[3].exception(), futures[5].cancel()
    loop.call_soon(loop.stop), loop.run_forever()
    for future in futures:
        value(future, future._state)
    started = generate("local")
    next(started)
    value(started, here(generate, 2))
    value(started.gi_frame, here(generate, 2))
    fresh = generate("fresh")
    value(fresh, here(generate))
    coroutine = wait("argument")
    coroutine.send(None)
    value(coroutine, here(wait, 1))
    value(os, "os")
    value(len, "len")
    value(dict, "builtins.dict")
    value(collections.OrderedDict, "collections.OrderedDict")
    value(Outer.Inner, "__main__.Outer.Inner")
    # Up to 3.10 generators have a frame object, which has the locals.
    frames = sys.version_info < (3, 11)
    for source, target, text in [(started.gi_frame if frames else started, started.gi_frame.f_locals["copy"], "copy"),
                                 (coroutine.cr_frame if frames else coroutine, coroutine.cr_frame.f_locals["argument"], "argument")]:
        label(source, target, "local", text)


def references():
    outer = Outer()
    if sys.version_info >= (3, 11):
        label(outer, outer.attribute, "attribute", "attribute")
    else:
        label(outer.__dict__, outer.attribute, "value", "attribute")
    inner = Outer.Inner()
    inner.slot = ["slot"]
    label(inner, inner.slot, "attribute", "slot")
    asked = Outer()
    label(asked, asked.__dict__, "field", "__dict__")
    table = {"key": ["value"]}
    label(table, table["key"], "value", "key")
    label([0, table], table, "index", "1")
    label(collections.deque([1, table]), table, "index", "1")
    label(generate, globals(), "field", "__globals__")
    cell = (lambda: table).__closure__[0]
    label(cell, table, "cell", None)
    label({"k"}, "k", "member", None)
    label(cached, cached.__wrapped__, "field", "__wrapped__")
    try:
        raise ValueError("cause") from KeyError("first")
    except ValueError as error:
        label(error, error.__cause__, "field", "__cause__")
        label(error, error.__traceback__, "field", "__traceback__")
        held.append(error)
    label(functools.partial(print, table), print, "field", "func")
    unclean()


def unclean():
    known = b"a dictionary"
    packer = zlib.compressobj(zdict=known)
    unpacker = zlib.decompressobj(zdict=known)
    unpacker.decompress(packer.compress(b"text") + packer.flush() + b"more")
    label(unpacker, unpacker.unused_data, "field", "unused_data")
    label(unpacker, known, "field", "zdict")
    greedy = zlib.decompressobj()
    greedy.decompress(zlib.compress(bytes(100000)), 10)
    label(greedy, greedy.unconsumed_tail, "field", "unconsumed_tail")
    for module, decompressor in [(bz2, bz2.BZ2Decompressor()), (lzma, lzma.LZMADecompressor())]:
        decompressor.decompress(module.compress(b"text") + b"more")
        label(decompressor, decompressor.unused_data, "attribute", "unused_data")
    if hasattr(zlib, "_ZlibDecompressor"):
        later = zlib._ZlibDecompressor()
        later.decompress(zlib.compress(b"text") + b"more")
        label(later, later.unused_data, "field", "unused_data")
    found = re.match("(a)(b)?", "".join(["a", "c"]))
    label(found, found.string, "field", "string")
    label(found, found.re, "field", "re")
    label(found, found.regs, "field", "regs")
    reader = csv.reader(iter(["a,b"]), "excel")
    label(reader, reader.dialect, "field", "dialect")
    entry = symtable.symtable("def f(a): return a", "made.py", "exec")._table
    label(entry, entry.symbols, "field", "symbols")
    label(entry, entry.children, "field", "children")
    label(entry, entry.varnames, "field", "varnames")


numbers()
texts()
places()
references()
with open(sys.argv[1] + ".part", "w", encoding="utf-8") as out:
    json.dump({"values": values, "labels": labels}, out)
os.rename(sys.argv[1] + ".part", sys.argv[1])
sys.stdin.read()

"""rare_zoo.py FILE: objects that few programs have, in the states that few objects are in: cursors in
the middle of a result, iterators over what has changed, suspended async generators, shared memory.

What this version or this build of Python lacks is left out, and only that: `since` says from which
version on a group is there, and a module that is missing is named on standard error.
"""
import abc
import array
import asyncio
import atexit
import collections
import concurrent.futures
import contextlib
import contextvars
import csv
import dataclasses
import enum
import functools
import inspect
import itertools
import operator
import os
import queue
import re
import string
import struct
import sys
import threading
import types
import typing
import weakref
import xml.etree.ElementTree as ElementTree

import rare_groups
import rare_library # registers its groups
from rare_groups import Bits, Data, IntSubclass, Plain, Row, StrSubclass, group


class WithWeakSlots:
    __slots__ = ("held", "__weakref__")
    __match_args__ = ("held",)


class DictSubclass(dict):
    """Has items, and attributes of its own."""


class MissingDict(dict):
    def __missing__(self, key):
        return [key]


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


class Colour(enum.Enum):
    RED = ("red", 1)
    BLUE = ("blue", 2)


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


@group()
def of_contexts():
    context = contextvars.Context()
    for i in range(60):
        context.run(contextvars.ContextVar("v%d" % i).set, [i])
    walkers = [iter(context), iter(context.values()), iter(context.items())]
    for number, walker in enumerate(walkers):
        for _ in range(5 + 20 * number):
            next(walker)
    return [context, walkers]


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


if __name__ == "__main__":
    rare_groups.run()

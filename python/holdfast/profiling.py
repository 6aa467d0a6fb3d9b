"""@profile: the memory of each line of a function, with the interface and the columns of memory_profiler's.

Mem usage and Increment are, under `holdfast run`, what the program holds to the byte; elsewhere what is resident. To the right of
the columns that are known stand ours, by the tracer of holdfast.tracing: what each line and the calls that it made
allocated, freed again, what is left of that, what was held when the process held most, and in how many blocks.

Occurrences are how often a line is come to, as sys.settrace() tells of it. Of a comprehension over several lines that is what the
version of Python has made of it: the line of its `for` counts once more from 3.13 on than before, since the loop itself is there.
"""
import functools
import inspect
import linecache
import sys
import types
import warnings

from holdfast import _self, tracing
from holdfast.probing import CannotProbe, Function
from holdfast.usage import reader

__all__ = ["LineProfiler", "profile", "show_results"]

MIB = 1024 * 1024


def _drive(inner, enter, leave):
    """Runs a generator or coroutine step by step, with enter() and leave() around each."""
    value = error = None
    while True:
        state = enter()
        try:
            item = inner.send(value) if error is None else inner.throw(error)
        except StopIteration as stop:
            return stop.value
        finally:
            leave(state)
        value = error = None
        try:
            value = yield item
        except GeneratorExit:
            inner.close()
            raise
        except BaseException as raised:  # it belongs to the one that is driven
            error = raised


class _Driven:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __await__(self):
        return (yield from _drive(self.arguments[0].__await__(), *self.arguments[1:]))


class LineProfiler:
    """The memory of each line of functions: wrapped = LineProfiler()(function); then show_results()."""

    def __init__(self, *, include_children=False, backend=None, max_mem=None):
        if max_mem is not None:
            raise ValueError("holdfast does not start a debugger at max_mem; 'holdfast diagnose' tells what grows")
        self._rows = {}  # {probing.Function: {line: (increment, most, occurrences)}}, in MiB
        self.ours = {}   # {probing.Function: {line: counts}}
        self._backend, self._children = backend, include_children
        self._read = None if backend in (None, "psutil", "posix", "tracemalloc") else reader(backend)
        self._functions = []  # (function, probing.Function)
        self._active = 0

    def add_function(self, function):
        inner = inspect.unwrap(function)
        inner = getattr(inner, "__func__", inner)
        if not isinstance(inner, types.FunctionType):
            raise TypeError("%r has no code of Python" % (function,))
        try:
            probed = Function.of(inner)
        except CannotProbe as error:
            warnings.warn("%s is not profiled: %s" % (inner.__qualname__, error), RuntimeWarning, stacklevel=3)
            return
        if probed not in self._rows:
            self._rows[probed] = {}
            self._functions.append((inner, probed))

    @property
    def code_map(self):
        """{code: {line: (increment, most, occurrences)}}, in MiB; as memory_profiler has it."""
        return {probed.code: rows for probed, rows in self._rows.items()}

    def _begin(self, number, exact):
        function, probed = self._functions[number]
        if not probed.is_of(function):
            probed = Function.of(function)
            self._functions[number] = function, probed
            self._rows.setdefault(probed, {})
        probed.begin(function, exact, self._children)

    def __call__(self, function=None, precision=1):
        if function is None:
            return functools.partial(self.__call__, precision=precision)
        self.add_function(function)
        return _wrap(function, self._enter, self._leave)

    def _enter(self):
        self.enable_by_count()
        return _self.lines_depth()

    def _leave(self, depth):
        _self.lines_leave(depth)
        self.disable_by_count()

    def _is_exact(self):
        return self._backend == "tracemalloc" or (self._backend is None and _self.tracer() is False)

    def enable_by_count(self):
        self._active += 1
        if self._active == 1:
            exact = self._is_exact()
            for number in range(len(self._functions)):
                self._begin(number, exact)

    def disable_by_count(self):
        self._active -= 1
        if self._active == 0:
            for function, probed in self._functions:
                probed.end(function)
                self._collect(probed)

    def __enter__(self):
        self.enable_by_count()
        return self

    def __exit__(self, *error):
        self.disable_by_count()

    enable, disable = __enter__, __exit__

    def _collect(self, probed):
        rows = self._rows[probed]
        for line, increment, most, count in probed.rows():
            before = rows.get(line, (0, 0, 0))
            rows[line] = before[0] + increment / MIB, max(before[1], most / MIB), before[2] + count

    def take_ours(self, block):
        """What the tracer knows of the lines, in a block that has ended."""
        for _, probed in self._functions:
            self.ours[probed] = {line["line"]: line for line in block.code_lines(probed.code)}


def _wrap(function, enter, leave):
    """A function that does what `function` does, with enter() and leave() around whenever its code runs, or is begun: what
    goes on later has the code that it has begun with."""
    def begun(*arguments, **keywords):
        state = enter()
        try:
            return function(*arguments, **keywords)
        finally:
            leave(state)

    if inspect.iscoroutinefunction(function):
        async def wrapper(*arguments, **keywords):
            return await _Driven(begun(*arguments, **keywords), enter, leave)
    elif inspect.isasyncgenfunction(function):
        async def wrapper(*arguments, **keywords):
            inner = begun(*arguments, **keywords)
            step = inner.__anext__()
            try:
                while True:
                    try:
                        item = await _Driven(step, enter, leave)
                    except StopAsyncIteration:
                        return
                    try:
                        step = inner.asend((yield item))
                    except GeneratorExit:
                        raise
                    except BaseException as raised:
                        step = inner.athrow(raised)
            finally:
                await inner.aclose()
    elif inspect.isgeneratorfunction(function):
        def wrapper(*arguments, **keywords):
            return (yield from _drive(begun(*arguments, **keywords), enter, leave))
    else:
        wrapper = begun
    return functools.update_wrapper(wrapper, function)


def _size(count, precision):
    return "%.*f MiB" % (precision, count / MIB)


OURS = ("Allocated", "Freed", "Net", "At peak", "Count")
KNOWN = "{0:>6} {1:>12} {2:>12}  {3:>10}   "
MORE = "{0:>12} {1:>12} {2:>12} {3:>12} {4:>9}   "


def _our_cells(counts, precision):
    if not counts:
        return ("",) * len(OURS)
    sizes = [counts[what]["bytes"] for what in ("allocated", "freed", "held", "peak")]
    return (*(_size(size, precision) for size in sizes), str(counts["allocated"]["blocks"]))


def show_results(prof, stream=None, precision=1):
    """Prints what a LineProfiler has found."""
    stream = sys.stdout if stream is None else stream
    for _, probed in prof._functions:
        code, first = probed.code, probed.first
        rows, ours = prof._rows[probed], prof.ours.get(probed)
        if not rows:
            continue
        filename = code.co_filename
        source = linecache.getlines(filename)
        header = KNOWN.format("Line #", "Mem usage", "Increment", "Occurrences") + \
            (MORE.format(*OURS) if ours is not None else "") + "Line Contents"
        stream.write("Filename: " + filename + "\n\n" + header + "\n" + "=" * len(header) + "\n")
        try:
            last = first + len(inspect.getsourcelines(code)[0]) - 1
        except (OSError, TypeError):
            last = max(rows)
        for line in range(first, last + 1):
            row = rows.get(line)
            known = KNOWN.format(line, *(("",) * 3 if row is None else (
                "%*.*f MiB" % (precision + 4, precision, row[1]), "%*.*f MiB" % (precision + 4, precision, row[0]),
                row[2])))
            more = "" if ours is None else MORE.format(*_our_cells(ours.get(line), precision))
            stream.write(known + more + (source[line - 1] if line <= len(source) else "\n"))
        stream.write("\n\n")


class _Reported:
    """One decorated function: it is reported whenever its outermost call has ended."""

    def __init__(self, function, stream, precision, backend, traced):
        self.make = functools.partial(LineProfiler, backend=backend)
        self.function, self.stream, self.precision, self.traced = function, stream, precision, traced
        self.open, self.profiler, self.block = 0, None, None

    def begin(self):
        if not self.open:
            self.profiler = self.make()
            self.profiler.add_function(self.function)
            if self.traced:
                self.block = tracing.trace()
                self.block.__enter__()
        self.open += 1

    def end(self):
        self.open -= 1
        if self.open:
            return
        if self.block is not None:
            self.block.__exit__(None, None, None)
            if self.block._file:
                self.profiler.take_ours(self.block)
            self.block = None
        show_results(self.profiler, self.stream, self.precision)

    def enter(self):
        return self.profiler._enter()

    def leave(self, state):
        self.profiler._leave(state)


def _wrap_reported(function, reported):
    inner = _wrap(function, reported.enter, reported.leave)
    if inspect.iscoroutinefunction(function):
        async def wrapper(*arguments, **keywords):
            reported.begin()
            try:
                return await inner(*arguments, **keywords)
            finally:
                reported.end()
    elif inspect.isasyncgenfunction(function):
        async def wrapper(*arguments, **keywords):
            reported.begin()
            generator = inner(*arguments, **keywords)
            try:
                async for item in generator:
                    yield item
            finally:
                await generator.aclose()
                reported.end()
    elif inspect.isgeneratorfunction(function):
        def wrapper(*arguments, **keywords):
            reported.begin()
            try:
                return (yield from inner(*arguments, **keywords))
            finally:
                reported.end()
    else:
        def wrapper(*arguments, **keywords):
            reported.begin()
            try:
                return inner(*arguments, **keywords)
            finally:
                reported.end()
    return functools.update_wrapper(wrapper, function)


def profile(func=None, stream=None, precision=1, backend="psutil", *, traced=True):
    """Prints the memory of each line of a function whenever its outermost call ends.

    stream, precision (of MiB) and backend are memory_profiler's. traced=False: without the columns of the tracer, which
    take some 50 ms to make for each report."""
    if func is None:
        return functools.partial(profile, stream=stream, precision=precision, backend=backend, traced=traced)
    if isinstance(func, (staticmethod, classmethod)):
        return type(func)(profile(func.__func__, stream, precision, backend, traced=traced))
    if not isinstance(func, types.FunctionType) and not hasattr(func, "__code__"):
        raise TypeError("%r is no function of Python" % (func,))
    if backend == "psutil":
        backend = None
    return _wrap_reported(func, _Reported(func, stream, precision, backend, traced))

"""@profile: the memory of each line of a function, with the interface and the columns of memory_profiler's.

Mem usage and Increment are, under `holdfast run`, what the program holds to the byte; elsewhere what is resident. To the right of
the columns that are known stand ours, by the tracer of holdfast.tracing: what each line and the calls that it made
allocated, freed again, what is left of that, what was held when the process held most, and in how many blocks.
"""
import functools
import inspect
import linecache
import sys
import types

from holdfast import _program, _self, tracing
from holdfast.usage import reader

__all__ = ["LineProfiler", "profile", "show_results"]

MIB = 1024 * 1024
LIMIT = 20_000  # executions of a line that are counted: more would make hot loops slow


class _Monitoring:
    """Lines of chosen code objects alone: sys.monitoring of 3.12 and later."""

    def __init__(self):
        self.monitoring = monitoring = sys.monitoring
        events = monitoring.events
        free = [i for i in (monitoring.PROFILER_ID, 3, 4, 1) if monitoring.get_tool(i) is None]
        if not free:
            raise _program.HoldfastError("all tools of sys.monitoring are in use", _program.FAILED)
        self.tool = free[0]
        monitoring.use_tool_id(self.tool, "holdfast")
        _self.lines_disable(monitoring.DISABLE)
        self.events = 0
        for event, callback in ((events.PY_START, _self.lines_started), (events.PY_RESUME, _self.lines_resumed),
                                (events.LINE, _self.lines_line), (events.PY_RETURN, _self.lines_ended),
                                (events.PY_YIELD, _self.lines_ended)):
            monitoring.register_callback(self.tool, event, callback)
            self.events |= event

    def begin(self, codes):
        for code in codes:
            self.monitoring.set_local_events(self.tool, code, self.events)

    def end(self, codes):
        for code in codes:
            self.monitoring.set_local_events(self.tool, code, 0)

    def enter(self):
        pass

    leave = enter

    def forget_limits(self):
        self.monitoring.restart_events()


class _Tracing:
    """All that the thread does, while a chosen function runs: 3.9 to 3.11."""

    def __init__(self):
        self.depth, self.before = 0, None

    def begin(self, codes):
        pass

    end = begin

    def enter(self):
        self.depth += 1
        if self.depth == 1:
            self.before = sys.gettrace()
            _self.lines_trace(True)

    def leave(self):
        self.depth -= 1
        if self.depth == 0:
            _self.lines_trace(False)
            if self.before is not None:
                sys.settrace(self.before)

    def forget_limits(self):
        pass


@functools.lru_cache(maxsize=None)
def _lines_of_python():
    return _Monitoring() if sys.version_info >= (3, 12) else _Tracing()


def _codes(code):
    """A code and those within it."""
    found = [code]
    for constant in code.co_consts:
        if inspect.iscode(constant):
            found += _codes(constant)
    return found


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

    def __init__(self, *, include_children=False, backend=None, max_mem=None, limit=LIMIT, traced=True):
        if max_mem is not None:
            raise ValueError("holdfast does not start a debugger at max_mem; 'holdfast diagnose' tells what grows")
        self.code_map = {}  # {code: {line: (increment, most, occurrences)}}, in MiB
        self.ours = {}      # {code: {line: counts}}
        self.exact = False
        self._backend, self._children, self._limit = backend, include_children, limit
        self._read = None if backend in (None, "psutil", "posix", "tracemalloc") else reader(backend)
        self._traced = traced
        self._functions = []  # (code, codes, first line)
        self._active, self._block = 0, None
        self._python = _lines_of_python()

    def add_function(self, function):
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None:
            raise TypeError("%r has no code of Python" % (function,))
        if code in self.code_map:
            return
        try:
            lines, first = inspect.getsourcelines(code)
        except (OSError, TypeError):
            lines, first = (), code.co_firstlineno
        codes = _codes(code)
        last = max([line for one in codes for line in _line_numbers(one)] + [first + len(lines) - 1, first])
        exact = self._backend in (None, "tracemalloc") and (_self.tracer() is False or self._backend is not None)
        self.exact = self.exact or exact
        _self.lines_add(codes, first, last - first + 1, self._limit or 0, exact, self._children)
        self._functions.append((code, codes, first))
        self.code_map[code] = {}

    def __call__(self, function=None, precision=1):
        if function is None:
            return functools.partial(self.__call__, precision=precision)
        self.add_function(function)
        return _wrap(function, self._enter, self._leave)

    def _enter(self):
        self.enable_by_count()
        self._python.enter()
        return _self.lines_depth()

    def _leave(self, depth):
        _self.lines_leave(depth)
        self._python.leave()
        self.disable_by_count()

    def enable_by_count(self):
        self._active += 1
        if self._active > 1:
            return
        for code, codes, _ in self._functions:
            self._python.begin(codes)
            _self.lines_reset(code)

    def disable_by_count(self):
        self._active -= 1
        if self._active:
            return
        for code, codes, _ in self._functions:
            self._python.end(codes)
            self._collect(code)

    def __enter__(self):
        self._python.enter()
        self.enable_by_count()
        return self

    def __exit__(self, *error):
        self.disable_by_count()
        self._python.leave()

    enable, disable = __enter__, __exit__

    def _collect(self, code):
        rows = self.code_map[code]
        limited = False
        for line, increment, most, count in _self.lines_rows(code):
            before = rows.get(line, (0, 0, 0))
            rows[line] = before[0] + increment / MIB, max(before[1], most / MIB), before[2] + count
            limited = limited or bool(self._limit and count >= self._limit)
        if limited:
            self._python.forget_limits()

    def occurrences(self, count):
        """As it is shown: where counting has ended, it is at least so many."""
        return "%d+" % count if self._limit and count >= self._limit and sys.version_info >= (3, 12) else str(count)

    def take_ours(self, block):
        """What the tracer knows of the lines, in a block that has ended."""
        for code, _, _ in self._functions:
            self.ours[code] = {line["line"]: line for line in block.code_lines(code)}


def _line_numbers(code):
    if hasattr(code, "co_lines"):
        return [line for _, _, line in code.co_lines() if line]
    import dis

    return [line for _, line in dis.findlinestarts(code)]


def _wrap(function, enter, leave):
    """A function that does what `function` does, with enter() and leave() around whenever its code runs."""
    if inspect.iscoroutinefunction(function):
        async def wrapper(*arguments, **keywords):
            return await _Driven(function(*arguments, **keywords), enter, leave)
    elif inspect.isasyncgenfunction(function):
        async def wrapper(*arguments, **keywords):
            inner = function(*arguments, **keywords)
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
            return (yield from _drive(function(*arguments, **keywords), enter, leave))
    else:
        def wrapper(*arguments, **keywords):
            state = enter()
            try:
                return function(*arguments, **keywords)
            finally:
                leave(state)
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
    for code, _, first in prof._functions:
        rows, ours = prof.code_map[code], prof.ours.get(code)
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
                prof.occurrences(row[2]))))
            more = "" if ours is None else MORE.format(*_our_cells(ours.get(line), precision))
            stream.write(known + more + (source[line - 1] if line <= len(source) else "\n"))
        stream.write("\n\n")


class _Reported:
    """One decorated function: it is reported whenever its outermost call has ended."""

    def __init__(self, function, stream, precision, backend, limit, traced):
        self.make = functools.partial(LineProfiler, backend=backend, limit=limit, traced=traced)
        self.function, self.stream, self.precision, self.traced = function, stream, precision, traced
        self.open, self.profiler, self.block = 0, None, None

    def begin(self):
        self.open += 1
        if self.open > 1:
            return
        if self.traced:
            self.block = tracing.trace()
            self.block.__enter__()
        self.profiler = self.make()
        self.profiler.add_function(self.function)

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


def profile(func=None, stream=None, precision=1, backend="psutil", *, limit=LIMIT, traced=True):
    """Prints the memory of each line of a function whenever its outermost call ends.

    stream, precision (of MiB) and backend are memory_profiler's. limit: so often a line is counted; then it costs nothing
    any more from 3.12 on, and its occurrences are shown as "20000+"; 0: without end. traced=False: without the
    columns of the tracer, which take some 50 ms to make for each report."""
    if func is None:
        return functools.partial(profile, stream=stream, precision=precision, backend=backend, limit=limit,
                                 traced=traced)
    if isinstance(func, (staticmethod, classmethod)):
        return type(func)(profile(func.__func__, stream, precision, backend, limit=limit, traced=traced))
    if not isinstance(func, types.FunctionType) and not hasattr(func, "__code__"):
        raise TypeError("%r is no function of Python" % (func,))
    if backend == "psutil":
        backend = None
    return _wrap_reported(func, _Reported(func, stream, precision, backend, limit, traced))

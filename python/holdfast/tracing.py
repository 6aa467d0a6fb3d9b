"""What a part of this program allocates, by line: `with holdfast.trace() as t`.

Under `holdfast run` the tracer is in the process already, and every block is known. Elsewhere it is loaded into the
process at the first use and takes the place of Python's own allocators (PyMem_SetAllocator): what C code gets from malloc() by itself
is not seen then, and `complete` is False. It stays until the process ends, but pauses while nobody asks.
"""
import atexit
import os
import shutil
import tempfile
import threading
import warnings

from holdfast import _program, _self

__all__ = ["Line", "trace"]

_lock = threading.RLock()
_users = 0
_blocks = []  # entered, oldest first


def _agent():
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "holdfast", "holdfast-agent.so")


def _load():
    """The tracer of this process; True where it was loaded into it."""
    loaded = _self.tracer()
    if loaded is not None:
        return loaded
    folder = tempfile.mkdtemp(prefix=".holdfast-run-")
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    os.environ["HOLDFAST_TRACE"], os.environ["HOLDFAST_TRACE_OPTIONS"] = folder, "0 1"
    try:
        if not _self.load(_agent()):
            raise _program.HoldfastError("this Python cannot be traced", _program.FAILED)
    except OSError as error:
        raise _program.HoldfastError(str(error), _program.FAILED) from None
    finally:
        del os.environ["HOLDFAST_TRACE"], os.environ["HOLDFAST_TRACE_OPTIONS"]
    _self.pause(True)
    return True


def begin():
    """One more who wants blocks to be noted; True where the tracer was loaded, and not `holdfast run`'s."""
    global _users
    with _lock:
        loaded = _load()
        _users += 1
        if loaded and _users == 1:
            _self.reset_peak()
            _self.pause(False)
        return loaded


def end():
    global _users
    with _lock:
        _users -= 1
        if not _users and _self.tracer():
            _self.pause(True)


def _literal(text):
    """A pattern that only matches the text."""
    return "".join("[%s]" % c if c in "*?[" else c for c in text)


class Line:
    """A line, and what it asked for itself: bytes and blocks of all that was allocated there, of what was still held
    at the end, and of what was freed again at once; `peak` is what it held when the process held most."""

    __slots__ = ("file", "line", "function", "allocated", "count", "live", "live_count", "peak", "temporary")

    def __init__(self, row):
        of = row["all"]
        self.file, self.line, self.function = row.get("file"), row.get("line"), row.get("function")
        self.allocated, self.count = of["total"]["bytes"], of["total"]["blocks"]
        self.live, self.live_count = of["live"]["bytes"], of["live"]["blocks"]
        self.peak, self.temporary = of["peak"]["bytes"], of["temporary"]["bytes"]

    def __repr__(self):
        place = "%s:%s (%s)" % (self.file, self.line, self.function) if self.file else "(outside of Python code)"
        return "<Line %s: %d bytes in %d blocks, %d live>" % (place, self.allocated, self.count, self.live)


class trace:
    """What is allocated within a `with` block, by all threads:

        with holdfast.trace() as t:
            work()
        t.allocated, t.live, t.peak     bytes: in all, still held, most at once above what was held before
        t.lines()                       by line, largest first
        print(t.summary())
        t.save("work.hftrace")          for `holdfast tree`, `flamegraph` and the others

    With `path`, the capture is kept there. `peak` is None in a run under `holdfast run` that had held more before.
    Blocks may be nested; an inner one's blocks are part of the outer one's, and so are some 20 KB that its end takes."""

    def __init__(self, path=None):
        self.path = os.fspath(path) if path is not None else None
        self.complete = None
        self.allocated = self.live = self.count = self.live_count = self.peak = None
        self._folder = self._file = self._begun = None

    def __enter__(self):
        if self._begun:
            raise RuntimeError("a trace is for one block")
        self.complete = not begin()
        with _lock:
            self._begun = _self.traced()
            self._parent = _blocks[-1] if _blocks else None
            self._block = _self.block(self._parent._block if self._parent else 0)
            _blocks.append(self)
            _self.enter(self._block)
        return self

    def __exit__(self, *error):
        _self.enter(0)  # first, so that what is done here is not in the block
        with _lock:
            now = _self.traced()
            _blocks.remove(self)
            _self.enter(_blocks[-1]._block if _blocks else 0)
        end()
        if now is None or now[3] != self._begun[3]:
            warnings.warn("holdfast.trace: this process was forked within the block; its parent knows what it had "
                          "allocated until then", RuntimeWarning, stacklevel=2)
        else:
            self._keep(now)
        return False

    def _keep(self, now):
        if now[2] != self._begun[2] or now[1] > self._begun[1]:
            self.peak = max(0, now[1] - self._begun[0])
        self._folder = tempfile.TemporaryDirectory(prefix="holdfast-")
        self._file = os.path.join(self._folder.name, "block.hftrace")
        _program.run("export", os.getpid(), "--format", "hftrace", "--block", self._block, "-o", self._file)
        everything = _program.run("table", self._file, "--total", "--top", 1)["all"]
        self.allocated, self.count = everything["total"]["bytes"], everything["total"]["blocks"]
        self.live, self.live_count = everything["live"]["bytes"], everything["live"]["blocks"]
        if self.path:
            self.save(self.path)

    def _capture(self):
        if not self._file:
            raise RuntimeError("the block has not ended yet" if self in _blocks else "nothing was traced")
        return self._file

    def lines(self, top=None):
        """Lines that allocated, most bytes first."""
        rows = _program.run("table", self._capture(), "--total", "--hide-native", "--top", top or 1 << 30)["lines"]
        return [Line(row) for row in rows]

    def code_lines(self, code):
        """Rows of `holdfast lines` of one function."""
        try:
            report = _program.run("lines", self._capture(), "--file", _literal(code.co_filename), "--function",
                                  "*" + _literal(code.co_name), "--top", 1 << 30)
        except _program.HoldfastError as error:
            if "no such function allocated" not in str(error):
                raise
            return []
        return [line for function in report["functions"]
                if function["line"] == code.co_firstlineno for line in function["lines"]]

    def summary(self):
        """What `holdfast summary --total` says of it."""
        text = _program.text("summary", self._capture(), "--total")
        if not self.complete:
            text += "Memory that C code gets from malloc() by itself was not seen: `holdfast run` sees it.\n"
        return text

    def save(self, path):
        """Writes the capture, for `holdfast tree`, `flamegraph`, `diff` and so on."""
        shutil.copyfile(self._capture(), path)

"""memory_usage(): how much memory a function, or a process, has over time; with the interface of memory_profiler's."""
import os
import subprocess
import threading
import time

from holdfast import _self

__all__ = ["memory_usage"]

MIB = 1024 * 1024


def _rollup(pid, keys):
    total = 0
    with open("/proc/%d/smaps_rollup" % pid) as lines:
        for line in lines:
            if line.split(":")[0] in keys:
                total += int(line.split()[1]) * 1024
    return total


def _descendants(pid):
    found = []
    try:
        threads = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return found
    for thread in threads:
        try:
            with open("/proc/%d/task/%s/children" % (pid, thread)) as children:
                for child in map(int, children.read().split()):
                    found += [child, *_descendants(child)]
        except OSError:
            pass
    return found


BACKENDS = ("psutil", "psutil_pss", "psutil_uss", "posix", "tracemalloc")


def reader(backend=None):
    """A function of (pid, with children) to bytes; pid -1: this process."""
    if backend in (None, "psutil", "posix"):
        return lambda pid, children=False: _self.resident(0 if pid == -1 else pid, children)
    if backend not in BACKENDS:
        raise ValueError("backend is one of %s; not %r" % (", ".join(BACKENDS), backend))
    if backend == "tracemalloc":
        import tracemalloc

        if not tracemalloc.is_tracing():
            tracemalloc.start()
        return lambda pid, children=False: tracemalloc.get_traced_memory()[0]
    keys = ("Pss",) if backend == "psutil_pss" else ("Private_Clean", "Private_Dirty")

    def read(pid, children=False):
        pid = os.getpid() if pid == -1 else pid
        total = 0
        for one in [pid, *(_descendants(pid) if children else ())]:
            try:
                total += _rollup(one, keys)
            except OSError:
                if one == pid:
                    return 0
        return total

    return read


class _Thread:
    """Readings of any backend, from a thread of Python."""

    def __init__(self, read, interval, children, most_only):
        self.stopped = threading.Event()
        self.readings, self.looks = [], 0
        self.arguments = read, interval, children, most_only
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def look(self):
        read, _, children, most_only = self.arguments
        reading = read(-1, children), time.time()
        self.looks += 1
        if most_only and self.readings:
            self.readings = [max(reading, self.readings[0])]
        else:
            self.readings.append(reading)

    def follow(self):
        while True:
            self.look()
            if self.stopped.wait(self.arguments[1]):
                return self.look()

    def stop(self):
        self.stopped.set()
        self.thread.join()
        return self.readings, self.looks


def _call(work, interval, include_children, most_only, backend):
    """(readings, how many looks, what was returned)"""
    function, arguments, keywords = work
    if backend in (None, "psutil", "posix"):  # a thread without the GIL: it looks also while C code keeps that
        started = _self.start(interval, include_children, most_only)
        stop = lambda: _self.stop(started)
    else:
        stop = _Thread(reader(backend), interval, include_children, most_only).stop
    try:
        returned = function(*arguments, **keywords)
    finally:
        readings, looks = stop()
    return readings, looks, returned


def _work(proc):
    if callable(proc):
        return proc, (), {}
    if not isinstance(proc, (list, tuple)):
        return None
    if not 1 <= len(proc) <= 3:
        raise ValueError("a function is (function, arguments, keywords)")
    return proc[0], proc[1] if len(proc) > 1 else (), proc[2] if len(proc) > 2 else {}


def _reading(read, pid, timestamps, include_children):
    bytes_now = read(pid, include_children) / MIB
    return (bytes_now, time.time()) if timestamps else bytes_now


def _follow(proc, interval, times, timestamps, include_children, multiprocess, max_usage, stream, backend):
    """Looks at a process so many times, or until it has ended (times None)."""
    read = reader(backend)
    popen = isinstance(proc, subprocess.Popen)
    pid = proc.pid if popen else int(proc)
    found, most = [], -1
    while times is None or times > 0:
        reading = _reading(read, pid, timestamps and not max_usage, include_children)
        if max_usage:
            most = max(most, reading)
        elif stream is not None:
            stream.write("MEM {0:.6f} {1:.4f}\n".format(*reading))
        children = _descendants(os.getpid() if pid == -1 else pid) if multiprocess and not max_usage else []
        for number, child in enumerate(children):
            if stream is not None:
                stream.write("CHLD {0} {1:.6f} {2:.4f}\n".format(number, read(child) / MIB, time.time()))
        if not max_usage and stream is None:
            found.append([reading, *(read(child) / MIB for child in children)] if multiprocess else reading)
        times = None if times is None else times - 1
        if popen and proc.poll() is not None:
            break
        time.sleep(interval)
    if stream is not None:
        stream.flush()
        return None
    return most if max_usage else found


def memory_usage(proc=-1, interval=.1, timeout=None, timestamps=False, include_children=False, multiprocess=False,
                 max_usage=False, retval=False, stream=None, backend=None, max_iterations=None):
    """How much memory a process or function has, in MiB.

    proc            a pid, -1 for this process, a subprocess.Popen, a function, or (function, arguments, keywords)
    interval        seconds from look to look
    timeout         seconds after which to end; of a pid without it there is one look
    timestamps      (MiB, seconds since 1970) and not MiB alone
    include_children  with all descendants; multiprocess: those one by one
    max_usage       only the most
    retval          of a function: (usage, what it returned)
    stream          write "MEM ..." lines there, and return None
    backend         "psutil" (resident, the default), "psutil_pss", "psutil_uss", "posix" (resident), "tracemalloc"
    max_iterations  of a function: how often it may be called; a function that ends before there are four looks is
                    called again with a smaller interval, so pass 1 where that must not be
    """
    timestamps = timestamps or stream is not None
    work = _work(proc)
    if work is None:
        times = max(1, int(round(timeout / interval))) if timeout is not None else \
            None if isinstance(proc, subprocess.Popen) else 1
        return _follow(proc, interval, times, timestamps, include_children, multiprocess, max_usage, stream, backend)
    most_calls = int(round(timeout / interval)) if timeout is not None else max_iterations
    calls = 0
    while True:
        calls += 1
        readings, looks, returned = _call(work, interval, include_children, max_usage, backend)
        if looks > 4 or calls == most_calls or interval < 1e-6:
            break
        interval /= 10.
    usage = [(memory / MIB, when) if timestamps else memory / MIB for memory, when in readings]
    if stream is not None:
        for reading in usage:
            stream.write("MEM {0:.6f} {1:.4f}\n".format(*reading))
        usage = None
    elif max_usage:
        usage = usage[0]
    return (usage, returned) if retval else usage

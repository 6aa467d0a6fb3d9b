"""A server of processes, as gunicorn is one: a master that loads the application and then forks workers.

    with server(python, workers=3, load="data = [[i] for i in range(100000)]") as (master, workers):

The master runs `load` and forks. Workers run `work` once and tell the master, then run `after`. When
all have told, the master runs `ready` and says READY. Workers end with it.
"""
import contextlib

from tests.e2e.targets import children_of, target

PROGRAM = """
import gc, os, time
{load}
def worker():
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)  # never outlive the master
{work}
workers = []
for number in range({workers}):
    done, told = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(done)
            worker()
            os.write(told, b"1")
            os.close(told)
            {after}
        finally:
            os._exit(1)
    os.close(told)
    assert os.read(done, 1) == b"1", "a worker has failed"
    os.close(done)
    workers.append(pid)
{ready}
wait()
"""


def indented(text, by):
    return "\n".join(" " * by + line for line in (text or "pass").strip("\n").splitlines())


@contextlib.contextmanager
def server(python, workers=3, load="", work="", after="time.sleep(600)", ready=""):
    program = PROGRAM.format(workers=workers, load=load, work=indented(work, 4), after=after,
                             ready=ready)
    with target(python, program) as process:
        found = sorted(children_of(process.pid))
        assert len(found) == workers
        yield process, found

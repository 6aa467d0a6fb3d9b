"""What a test of exec waits for instead of a time: that a thread waits, that a request stands in a process.

A machine may be so fast that a request is served before the program waits, or so slow that the
program does not wait yet when it comes."""
import contextlib
import os
import subprocess

from tests.e2e.targets import PROGRAM, is_traced, wait_until

FOLDERS = "/dev/shm", "/tmp", "/var/tmp"

READ = "0" # the number of read(2)


def folders_of(pid):
    return [folder + "/" + name for folder in FOLDERS for name in os.listdir(folder)
            if name.startswith(".holdfast-exec-%d-" % pid)]


def start(process, code, *more):
    return subprocess.Popen([PROGRAM, "exec", str(process.pid), "-c", code, *more], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _calls_of(pid):
    """For each thread the number of the system call that it is in, else "running"."""
    found = {}
    for tid in map(int, os.listdir("/proc/%d/task" % pid)):
        with open("/proc/%d/task/%d/syscall" % (pid, tid)) as stream:
            found[tid] = stream.read().split()[0]
    return found


def wait_until_it_reads(process, threads=None):
    """Until the main thread waits in read(2), which no program does that is ready but to wait; with
    `threads`, until that many do, and no other is there. Who waits there holds no lock of Python,
    and serves nothing before the test writes."""
    def do():
        calls = _calls_of(process.pid)
        if threads is None:
            return calls[process.pid] == READ
        return len(calls) == threads and set(calls.values()) == {READ}
    wait_until(do, 60, "waiting in read")


def _lies_in(pid, word):
    """Whether it stands in memory that the process can write."""
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb") as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if rights.startswith("rw"):
                start_at, end = (int(number, 16) for number in where.split("-"))
                memory.seek(start_at)
                with contextlib.suppress(OSError): # [vvar] and the like
                    if word in memory.read(end - start_at):
                        return True
    return False


def is_asked(pid):
    """Whether a request for code stands in it, by the name of its folder, and who put it has let it go again."""
    return any(os.path.exists(name + "/code") and _lies_in(pid, os.path.basename(name).encode())
               for name in folders_of(pid)) and not is_traced(pid)


def wait_until_asked(process):
    wait_until(lambda: is_asked(process.pid), 60, "a request")

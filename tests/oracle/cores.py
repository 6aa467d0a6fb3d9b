"""Core files of targets: made by gcore, and by the kernel where it writes them to files."""
import contextlib
import glob
import os
import re
import resource
import shutil
import signal
import subprocess


def gcore(pid, folder):
    """(path of the core file, None), or (None, why there is none)."""
    program = shutil.which("gcore")
    if not program:
        return None, "gcore is not installed (Debian: gdb)"
    done = subprocess.run([program, "-o", os.path.join(folder, "gcore"), str(pid)], timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    path = os.path.join(folder, "gcore.%d" % pid)
    assert os.path.exists(path), done.stdout.decode(errors="replace")
    return path, None


def why_no_kernel_core():
    """The reason why the kernel would write no core file into the folder of a process; or None."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read().strip()
    if pattern.startswith("|"):
        return "the kernel hands cores to a program here: core_pattern is " + pattern
    if "/" in pattern:
        return "the kernel writes cores to a folder of its own here: core_pattern is " + pattern
    if not pattern:
        return "core_pattern is empty"
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        return "core files are limited to nothing here (RLIMIT_CORE)"
    return None


def pattern_glob():
    """The names that the kernel may give, as a pattern of the shell."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        return re.sub(r"%.", "*", file.read().strip()) + "*"


def allow_cores(pid, size=resource.RLIM_INFINITY):
    """Lets a process leave a core file of at most so many bytes."""
    hard = resource.prlimit(pid, resource.RLIMIT_CORE)[1]
    resource.prlimit(pid, resource.RLIMIT_CORE, (size, hard))


def set_filter(pid, bits):
    """coredump_filter of a process, as in core(5)."""
    with open("/proc/%d/coredump_filter" % pid, "w", encoding="utf-8") as file:
        file.write("%#x" % bits)


def abort(target, folder):
    """Ends a target by SIGABRT; the path of the core file that the kernel left in its folder."""
    target.send_signal(signal.SIGABRT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        target.wait(120)
    found = glob.glob(os.path.join(folder, pattern_glob()))
    assert len(found) == 1, "the kernel left no core file, or several: %r" % found
    return found[0]

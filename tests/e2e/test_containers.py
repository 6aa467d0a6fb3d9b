"""Into containers from the host, inside a container, beside one, and with little memory: what the tool can do
there, and that no target is harmed."""
import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from tests.e2e.freezing import FREEZE, freeze, is_root, tracer_of
from tests.e2e.targets import (PROGRAM, ROOT, children_of, clean_environment, end_politely, holdfast, kill,
                               state_of, target, wait_until)

pytestmark = pytest.mark.skipif(not is_root(), reason="namespaces, filters and cgroups are made by root")

CONFINED = str(ROOT / "tests" / "e2e" / "confined.py")
PATIENT = "--max-pause", "5000"
WORK = "class Order: pass\norders = [Order() for _ in range(1000)]\n"
LOOP = "import sys\nprint('READY', flush=True)\nsys.stdin.read()\n"


@contextlib.contextmanager
def started(*command):
    """A program that says READY; yields its process and, by number, its only descendant that has no child."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=clean_environment())
    try:
        line = process.stdout.readline()
        if line != b"READY\n":
            pytest.skip("it cannot be made here: %r" % process.stderr.read())
        inner = process.pid
        while children_of(inner):
            inner = children_of(inner)[0]
        yield process, inner
    finally:
        kill(process)


def orders_in(path):
    types = holdfast("types", path, "--type", "__main__.Order", "--json", "-", expect=0).json["types"]
    return [t["objects"] for t in types]


@pytest.mark.parametrize("namespaces", [
    ("--pid", "--mount-proc", "--mount"),
    ("--user", "--map-root-user"),
    ("--user", "--map-root-user", "--pid", "--mount-proc", "--mount", "--ipc", "--uts", "--net", "--cgroup"),
], ids=["pid-and-mount", "user", "all"])
def test_from_the_host_into_namespaces(any_python, namespaces, tmp_path):
    command = ["unshare", "--fork", "--kill-child", *namespaces, any_python.path, "-c", WORK + LOOP]
    with started(*command) as (process, inner):
        told = freeze(inner, "--folder", tmp_path, *PATIENT)
        assert told["way"] == "fork", told
        holdfast("snapshot", inner, "-o", tmp_path / "heap", "--max-pause", "5s", expect=0)
        assert orders_in(tmp_path / "heap") == [1000]
        assert children_of(inner) == []
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_container_without_the_files_of_its_programs(any_python, tmp_path):
    """Its interpreter and libraries cannot be opened from here: what is mapped is enough."""
    hide = ("import ctypes\nlibc = ctypes.CDLL(None)\nassert libc.unshare(0x20000) == 0\n"
            "assert libc.mount(None, b'/', None, 0x44000, None) == 0\n"
            "for place in (b'/usr', b'/root', b'/lib'):\n    libc.mount(b'tmpfs', place, b'tmpfs', 0, None)\n")
    with target(any_python, WORK + hide) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--max-pause", "5s", expect=0)
        assert orders_in(tmp_path / "heap") == [1000]
        assert end_politely(process) == 0


# In the container: starts a Python, looks at it, says what came of it.
INSIDE = """
import json, subprocess, sys
python, freeze, program, folder = sys.argv[1:5]
target = subprocess.Popen([python, "-c", %r], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
assert target.stdout.readline() == b"READY\\n"
status = open("/proc/self/status").read()
told = json.loads(subprocess.run([freeze, str(target.pid), "--folder", folder, "--max-pause", "5000"],
                                 stdout=subprocess.PIPE).stdout)
shot = subprocess.run([program, "snapshot", str(target.pid), "-o", folder + "/heap", "--max-pause", "5s"],
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
target.stdin.close()
print(json.dumps({"freeze": told, "snapshot": shot.returncode, "said": shot.stderr.decode(),
                  "target": target.wait(20), "seccomp": "Seccomp:\\t2" in status,
                  "admin": int(status.split("CapEff:")[1].split()[0], 16) >> 21 & 1}))
""" % (WORK + LOOP)


def test_inside_a_container_under_dockers_default_profile(any_python, tmp_path):
    run = subprocess.run([sys.executable, CONFINED, sys.executable, "-c", INSIDE, any_python.path, FREEZE, PROGRAM,
                          str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                         env=clean_environment(), check=False)
    if run.returncode:
        pytest.skip("no container can be made here: %r" % run.stderr[-300:])
    told = json.loads(run.stdout)
    assert told["seccomp"] and not told["admin"]
    assert told["freeze"]["way"] == "fork", told
    assert told["snapshot"] == 0 and told["target"] == 0, told
    assert orders_in(tmp_path / "heap") == [1000]


def test_from_the_host_into_a_container_under_dockers_default_profile(any_python, tmp_path):
    with started(sys.executable, CONFINED, any_python.path, "-c", WORK + LOOP) as (process, inner):
        told = freeze(inner, "--folder", tmp_path, *PATIENT)
        assert told["way"] == "fork", told # the host's root may read the filter, and runs it
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_sidecar_with_filters_of_its_own_does_not_try(any_python, tmp_path):
    """It shares the processes but not the file systems, so the filters need not be the same, and nobody may
    read them: nothing is tried, and the heap is read while the target runs."""
    beside = [sys.executable, CONFINED, "--sidecar"]
    with started(*beside, any_python.path, "-c", WORK + LOOP) as (process, inner):
        run = subprocess.run([*beside, FREEZE, str(inner), "--folder", str(tmp_path), *PATIENT],
                             stdout=subprocess.PIPE, timeout=60, env=clean_environment(), check=False)
        told = json.loads(run.stdout)
        assert told["way"] == "live" and "does not stand under the same ones" in told["why_not_fork"], told
        assert state_of(inner) == "S" and tracer_of(inner) == 0
        process.stdin.close()
        assert process.wait(20) == 0


@contextlib.contextmanager
def cgroup(controller, **limits):
    """A cgroup (v1) of one controller, in which no process is."""
    parent = "/sys/fs/cgroup/" + controller
    folder = os.path.join(parent, "holdfast-test-%d" % os.getpid())
    try:
        os.mkdir(folder)
    except OSError as error:
        pytest.skip("no %s cgroup (v1) can be made here: %s" % (controller, error))
    try:
        for name, value in limits.items():
            with open(os.path.join(folder, "%s.%s" % (controller, name)), "w") as stream:
                stream.write(str(value))
        yield folder
    finally:
        wait_until(lambda: gone(folder), what="the group is gone")


def gone(folder):
    with contextlib.suppress(OSError):
        os.rmdir(folder)
    return not os.path.exists(folder)


def enter(folder, pid):
    with open(os.path.join(folder, "cgroup.procs"), "w") as stream:
        stream.write(str(pid))


def test_a_group_that_may_have_no_more_processes(any_python, tmp_path):
    with target(any_python, "") as process, cgroup("pids", max=1) as folder:
        enter(folder, process.pid)
        told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
        assert told["way"] == "live" and "kernel refused the fork: Resource temporarily" in told["why_not_fork"]
        assert state_of(process.pid) == "S" and children_of(process.pid) == []
        assert end_politely(process) == 0


@pytest.mark.parametrize("size, limit, whys", [(60, 110, {"its memory limit"}),
                                               (200, 310, {"", "memory ran short", "its copy was killed"})])
def test_memory_that_runs_short_costs_the_copy_and_not_the_target(any_python, size, limit, whys, tmp_path):
    """The target writes to all of its memory again and again, so that all of it would be doubled."""
    program = ("import threading\nx = bytearray(%d << 20)\n"
               "def write():\n    n = 0\n    while True:\n        n += 1\n"
               "        x[::4096] = bytes([n & 255]) * (len(x) // 4096)\n"
               "threading.Thread(target=write, daemon=True).start()\n") % size
    with cgroup("memory", limit_in_bytes=limit << 20) as folder:
        with target(any_python, "import os\nopen(%r, 'w').write(str(os.getpid()))\n" % (folder + "/cgroup.procs") +
                    program) as process:
            told = [freeze(process.pid, "--folder", tmp_path, *PATIENT) for _ in range(8)]
            assert process.poll() is None and all("way" in t for t in told), told
            assert all(any(t["why_not_fork"].startswith(why) for why in whys) for t in told), told
            wait_until(lambda: children_of(process.pid) == [], what="no copy is left")
            assert end_politely(process, 60) == 0


@contextlib.contextmanager
def cgroup_2(**limits):
    """A group of version 2 with a memory controller of its own."""
    mounts = open("/proc/self/mounts").read().split("\n")
    found = [line.split()[1] for line in mounts if " cgroup2 " in line]
    if not found or "memory" not in open(os.path.join(found[0], "cgroup.controllers")).read().split():
        pytest.skip("the memory controller is not in the hierarchy of version 2 here (a controller is in one of "
                    "them, and moves only while no group uses it); the next test shows it one by files")
    folder = os.path.join(found[0], "holdfast-test-%d" % os.getpid())
    try:
        with open(os.path.join(found[0], "cgroup.subtree_control"), "w") as stream:
            stream.write("+memory")
        os.mkdir(folder)
    except OSError as error:
        pytest.skip("no group of version 2 can be made here: %s" % error)
    try:
        for name, value in limits.items():
            with open(os.path.join(folder, "memory." + name.replace("_", ".")), "w") as stream:
                stream.write(str(value))
        yield folder
    finally:
        wait_until(lambda: gone(folder), what="the group is gone")


@pytest.mark.parametrize("together, limit, way, why", [
    (0, 400 << 20, "fork", ""), (0, 110 << 20, "live", "memory limit leaves"),
    (1, 190 << 20, "live", "memory.oom.group is set")])
def test_a_real_group_of_version_2(any_python, together, limit, way, why, tmp_path):
    with cgroup_2(max=limit, oom_group=together) as folder:
        with target(any_python, "open(%r, 'w').write('0')\nx = bytearray(100 << 20)\n"
                    "for i in range(0, len(x), 4096): x[i] = 1\n" % (folder + "/cgroup.procs")) as process:
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
            assert told["way"] == way and why in told["why_not_fork"], told
            assert end_politely(process) == 0
            with open(folder + "/memory.events") as stream:
                assert "oom_kill 0" in stream.read()


# Shows the tool a cgroup of version 2 with the files that a memory controller would give it.
SHOWN = """
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None)
assert libc.unshare(0x20000) == 0 and libc.mount(None, b"/", None, 0x44000, None) == 0
assert libc.mount(sys.argv[1].encode(), sys.argv[2].encode(), None, 0x1000, None) == 0 # MS_BIND
os.execv(sys.argv[3], sys.argv[3:])
"""


@pytest.mark.parametrize("together, limit, way, why", [
    (0, 400 << 20, "fork", ""), (1, 400 << 20, "fork", ""), (0, 110 << 20, "live", "memory limit leaves"),
    (1, 190 << 20, "live", "memory.oom.group is set"), (0, 190 << 20, "fork", "")])
def test_a_group_of_which_all_die_together_gets_room_for_all(any_python, together, limit, way, why, tmp_path):
    mounts = open("/proc/self/mounts").read().split("\n")
    found = [line.split()[1] for line in mounts if " cgroup2 " in line]
    folder = found and os.path.join(found[0], "holdfast-test-%d" % os.getpid())
    try:
        os.mkdir(folder)
    except (OSError, TypeError) as error:
        pytest.skip("no cgroup of version 2 can be made: %s" % error)
    shown = tmp_path / "shown"
    shown.mkdir()
    for name, value in {"memory.max": limit, "memory.current": 100 << 20, "memory.oom.group": together,
                        "memory.stat": "inactive_file 0"}.items():
        (shown / name).write_text("%s\n" % value)
    try:
        with target(any_python, "x = bytearray(100 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\n") as process:
            enter(folder, process.pid)
            run = subprocess.run([sys.executable, "-c", SHOWN, str(shown), folder, FREEZE, str(process.pid),
                                  "--folder", str(tmp_path), *PATIENT], stdout=subprocess.PIPE, check=False,
                                 timeout=60)
            told = json.loads(run.stdout)
            assert told["way"] == way and why in told["why_not_fork"], told
    finally:
        wait_until(lambda: gone(folder), what="the group is gone")


def test_a_tool_with_little_memory_gives_way_first(any_python, tmp_path):
    """100 MB of small objects, and 40 MB for the tool: it may fail, and says so; the target is as it was."""
    with target(any_python, "x = [[str(i)] for i in range(700000)]") as process, \
            cgroup("memory", limit_in_bytes=40 << 20) as folder:
        run = subprocess.run([PROGRAM, "snapshot", str(process.pid), "-o", str(tmp_path / "heap"), "--max-pause", "5s"],
                             stderr=subprocess.PIPE, preexec_fn=lambda: enter(folder, os.getpid()), timeout=120,
                             check=False)
        assert run.returncode in (0, 3, -signal.SIGKILL), run
        if run.returncode == 3:
            assert b"memory" in run.stderr, run
        if run.returncode:
            assert not (tmp_path / "heap").exists()
        else:
            holdfast("info", tmp_path / "heap", expect=0)
        wait_until(lambda: tracer_of(process.pid) == 0, what="no tracer")
        assert end_politely(process) == 0


# Part of the heap is kept out of a fork, as libraries for RDMA and virtual machines do with their memory.
KEPT_OUT = """
import ctypes
libc = ctypes.CDLL(None)
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
def keep_out(address, size):
    assert libc.madvise(address & -4096, size, 10) == 0 # MADV_DONTFORK
"""


def test_buffers_that_a_fork_leaves_out_are_no_hindrance(any_python, tmp_path):
    program = KEPT_OUT + WORK + ("import mmap\nbuffer = mmap.mmap(-1, 8 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANON)\n"
                                 "shared = mmap.mmap(-1, 8 << 20)\nshared[:] = buffer[:] = b'x' * (8 << 20)\n"
                                 "keep_out(ctypes.addressof(ctypes.c_char.from_buffer(buffer)), 8 << 20)\n")
    with target(any_python, program) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--max-pause", "5s", expect=0)
        assert orders_in(tmp_path / "heap") == [1000]
        assert holdfast("info", tmp_path / "heap", "--json", "-").json["at_rest"]
        assert end_politely(process) == 0


def test_a_heap_that_a_fork_leaves_out_is_refused_or_read_otherwise(any_python, tmp_path):
    program = KEPT_OUT + "x = [[i] for i in range(100000)]\nkeep_out(id(x[50000]), 1 << 16)\n"
    with target(any_python, program) as process:
        refused = holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--max-pause", "5s", expect=3)
        assert "lists do not close" in refused.stderr and not (tmp_path / "heap").exists()
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", "--live", expect=0)
        assert end_politely(process) == 0

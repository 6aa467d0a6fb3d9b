"""The ladder of a freeze: what each rung does to the target, and when a rung is refused."""
import ctypes
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests.e2e.freezing import (FREEZE, checker, end_well, freeze, is_root, tracer_of, zombies_of)
from tests.e2e.targets import children_of, state_of, target, wait_until

# A machine under test load pauses a target longer than it would by itself.
PATIENT = "--max-pause", 5000

needs_root = pytest.mark.skipif(not is_root(), reason="needs root")


def check(told, way, why=""):
    assert "way" in told, told
    assert (told["way"], bool(re.search(why, told["why_not_fork"]))) == (way, True), told
    if not why:
        assert told["why_not_fork"] == ""


def test_a_fork_freezes_a_python_and_leaves_no_trace(python, tmp_path):
    with target(python, "import threading\nwords = [str(i) for i in range(100000)]\n"
                        "threading.Thread(target=lambda: threading.Event().wait(), daemon=True)"
                        ".start()") as process:
        told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
        check(told, "fork")
        assert told["attempts"] == 1 and told["at_rest"] is True
        assert told["runtime"] != 0
        assert 0 < told["pause"] and 0 < told["predicted"]
        assert told["bytes"] > 5 << 20
        assert children_of(process.pid) == []
        wait_until(lambda: tracer_of(process.pid) == 0, what="no tracer")
        assert os.listdir(tmp_path) == []
        assert not any("holdfast" in os.readlink("/proc/%d/fd/%s" % (process.pid, fd))
                       for fd in os.listdir("/proc/%d/fd" % process.pid))


def test_what_is_frozen_is_one_instant(tmp_path):
    with checker("count") as process:
        where = [word for address in process.counters for word in ("--word", address)]
        last = 1
        for _ in range(20):
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT, *where)
            check(told, "fork")
            first, second = told["words"]
            assert first - second in (0, 1), "two words of different instants"
            assert first >= last
            last = first
        # The test can fail: a read of the running process sees the second word much later.
        first, second = freeze(process.pid, "--folder", tmp_path, "--live", *where)["words"]
        assert second > first
        end_well(process)


@pytest.mark.parametrize("work", ["poll", "select", "nanosleep", "clock", "futex", "read", "suspend",
                                  "threads"])
def test_waits_of_the_target_do_not_notice(work, tmp_path):
    with checker(work, "--strict") as process:
        for _ in range(10):
            check(freeze(process.pid, "--folder", tmp_path, *PATIENT), "fork")
        assert zombies_of(process.pid) == []
        end_well(process)


def test_a_live_read_stops_nothing(any_python, tmp_path):
    with target(any_python, "x = list(range(100000))") as process:
        told = freeze(process.pid, "--folder", tmp_path, "--live")
        check(told, "live", "live read was asked for")
        assert told["pause"] == 0 and told["steps"] == 0
        assert told["runtime"] != 0


def test_a_stopped_process_is_just_read(any_python, tmp_path):
    with target(any_python, "") as process:
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(process.pid) == "T", what="stop")
        told = freeze(process.pid, "--folder", tmp_path)
        check(told, "stopped")
        assert told["pause"] == 0 and told["steps"] == 0
        assert state_of(process.pid) == "T"
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: state_of(process.pid) == "S", what="it goes on")


def test_a_pause_that_is_not_allowed_is_not_made(any_python, tmp_path):
    with target(any_python, "x = bytearray(200 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1"
                ) as process:
        told = freeze(process.pid, "--folder", tmp_path, "--max-pause", 1)
        check(told, "live", "only 1 ms are allowed")
        assert told["pause"] == 0 and told["steps"] == 0
        plan = freeze(process.pid, "--plan", "--max-pause", 1)
        assert plan["way"] == 3 and "only 1 ms" in plan["why_not_fork"]
        plan = freeze(process.pid, "--plan")
        assert plan["way"] == 0 and plan["predicted"] == told["predicted"]
        assert told["predicted"] < 60e6


def test_rest_is_waited_for_and_verified(any_python, tmp_path):
    program = ("import ctypes\nword = ctypes.c_uint64(7)\n"
               "print('AT', ctypes.addressof(word), flush=True)\n")
    command = [any_python.path, "-c", program + "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        address = int(process.stdout.readline().split()[1])
        rest = freeze(process.pid, "--folder", tmp_path, *PATIENT, "--rest", "%d:8:7" % address)
        check(rest, "fork")
        assert rest["at_rest"] is True and rest["attempts"] == 1
        never = freeze(process.pid, "--folder", tmp_path, *PATIENT, "--attempts", 2,
                       "--rest", "%d:8:8" % address)
        check(never, "fork")
        assert never["at_rest"] is False and never["attempts"] == 2
        wait_until(lambda: children_of(process.pid) == [], what="both copies are gone")
        process.stdin.close()
        assert process.wait(10) == 0


# Runs under seccomp filters that kill the process for clone(2), then blocks.
SECCOMP = """
import ctypes, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
action, number = int(sys.argv[1], 0), int(sys.argv[2])
code = b"".join(struct.pack("HBBI", *i) for i in [
    (0x20, 0, 0, 0),            # load the number of the call
    (0x15, 0, 1, number), (0x06, 0, 0, action), (0x06, 0, 0, 0x7fff0000)])
buffer = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.create_string_buffer(program)) == 0
"""
KILL_PROCESS, TRAP, ERRNO, LOG = 0x80000000, 0x00030000, 0x00050001, 0x7ffc0000
CLONE, WAIT4, SIGRETURN, EXIT_GROUP, UNUSED = 56, 61, 15, 231, 250


@needs_root
@pytest.mark.parametrize("number", [CLONE, WAIT4, EXIT_GROUP])
@pytest.mark.parametrize("action", [KILL_PROCESS, TRAP, ERRNO])
def test_a_seccomp_filter_that_forbids_the_fork_is_not_tried(any_python, action, number, tmp_path):
    with target(any_python, SECCOMP, hex(action), number) as process:
        told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
        check(told, "live", "seccomp filter does not allow system call %d" % number)
        assert state_of(process.pid) == "S"
        stopped = freeze(process.pid, "--folder", tmp_path, *PATIENT, "--stop")
        check(stopped, "stop", "seccomp")
        assert stopped["pause"] > 0
        wait_until(lambda: state_of(process.pid) == "S", what="it sleeps again")


@needs_root
def test_a_seccomp_filter_that_allows_the_fork_is_no_hindrance(any_python, tmp_path):
    with target(any_python, SECCOMP, hex(LOG), CLONE) as process:
        check(freeze(process.pid, "--folder", tmp_path, *PATIENT), "fork")
    with target(any_python, SECCOMP, hex(KILL_PROCESS), UNUSED) as process:
        check(freeze(process.pid, "--folder", tmp_path, *PATIENT), "fork")


def without_rights(uid=None):
    """For a child: no capabilities, another uid."""
    def change():
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
    return change


@pytest.fixture
def public_freeze():
    """The helper program where every user may run it."""
    folder = tempfile.mkdtemp(dir="/var/tmp")
    os.chmod(folder, 0o755)
    shutil.copy(FREEZE, folder)
    yield os.path.join(folder, os.path.basename(FREEZE))
    shutil.rmtree(folder)


@needs_root
def test_filters_that_may_not_be_read_are_refused(any_python, public_freeze):
    program = "import os\nos.setresgid(%d, %d, %d)\nos.setresuid(%d, %d, %d)\n" % ((65534,) * 6)
    # After setuid a process is not dumpable; prctl(PR_SET_DUMPABLE, 1) undoes that.
    program += SECCOMP + "libc.prctl(4, 1, 0, 0, 0)\n"
    with target(any_python, program, hex(KILL_PROCESS), CLONE) as process:
        told = freeze(process.pid, "--folder", "/var/tmp", *PATIENT, program=public_freeze,
                      preexec_fn=without_rights(65534))
        check(told, "live", "may not be read")
        assert state_of(process.pid) == "S"


@needs_root
def test_no_special_right_is_needed_for_a_process_of_ones_own(any_python, public_freeze):
    program = ("import os, ctypes\nos.setresgid(%d, %d, %d)\nos.setresuid(%d, %d, %d)\n"
               "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n" % ((65534,) * 6))
    with target(any_python, program) as process:
        told = freeze(process.pid, "--folder", "/var/tmp", *PATIENT, program=public_freeze,
                      preexec_fn=without_rights(65534))
        if "ptrace_scope" in told.get("message", ""):
            pytest.skip("the ptrace policy forbids it to everybody but root")
        check(told, "fork")
        assert children_of(process.pid) == []


# Runs a program under the filters of SECCOMP, with no right to read filters.
UNDER = SECCOMP + """
import os
libc.prctl(24, 21, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_SYS_ADMIN
class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
header, data = Header(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc.capget(ctypes.byref(header), data)
data[0] &= ~(1 << 21)
data[1] &= ~(1 << 21)
assert libc.capset(ctypes.byref(header), data) == 0
os.execv(sys.argv[3], sys.argv[3:])
"""


@needs_root
@pytest.mark.parametrize("number, way, why", [(UNUSED, "fork", ""), (CLONE, "live", "forbids")])
def test_under_the_same_filters_the_calls_are_tried(any_python, number, way, why, tmp_path):
    with target(any_python, SECCOMP, hex(KILL_PROCESS), number) as process:
        run = subprocess.run([any_python.path, "-c", UNDER, hex(KILL_PROCESS), str(number), FREEZE,
                              str(process.pid), "--folder", str(tmp_path), *map(str, PATIENT)],
                             stdout=subprocess.PIPE, timeout=60, check=False)
        check(json.loads(run.stdout), way, why)
        wait_until(lambda: state_of(process.pid) == "S", what="it waits as before")


def test_a_process_that_is_traced_already_is_left_to_its_tracer(any_python, tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    with target(any_python, "") as process:
        assert libc.ptrace(0x4206, process.pid, None, None) == 0  # PTRACE_SEIZE
        try:
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
            check(told, "live", "traced already, by process %d" % os.getpid())
        finally:
            process.send_signal(signal.SIGKILL)


def test_a_zombie_is_no_process(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        wait_until(lambda: state_of(process.pid) == "Z", what="its end")
        told = freeze(process.pid, "--folder", tmp_path)
        assert told["error"] == 4 and "zombie" in told["message"]


@needs_root
def test_the_process_of_another_user_needs_rights(any_python, public_freeze):
    with target(any_python, "") as process:
        told = freeze(process.pid, "--folder", "/var/tmp", program=public_freeze,
                      preexec_fn=without_rights(65534))
        assert told["error"] == 5 and "runs as uid 0" in told["message"]


@needs_root
def test_a_container_counts_its_processes_by_itself(any_python, tmp_path):
    command = ["unshare", "--pid", "--fork", "--kill-child", any_python.path, "-c",
               "import sys; print('READY', flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as outer:
        if outer.stdout.readline() != b"READY\n":
            pytest.skip("no pid namespace can be made: %r" % outer.stderr.read())
        inner = children_of(outer.pid)[0]
        check(freeze(inner, "--folder", tmp_path, *PATIENT), "fork")
        assert children_of(inner) == [] # reaped by its number inside
        outer.stdin.close()
        assert outer.wait(10) == 0


@needs_root
def test_a_copy_never_becomes_the_first_process_of_a_namespace(any_python, tmp_path):
    program = ("import ctypes, os\n"
               "if ctypes.CDLL(None).unshare(0x20000000): os._exit(3)\n") # CLONE_NEWPID
    with target(any_python, program) as process:
        told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
        check(told, "live", "another pid namespace")
        assert told["steps"] == 0


@needs_root
def test_a_limit_of_processes_is_no_harm(any_python, tmp_path):
    # Root is not held to RLIMIT_NPROC: so another user, with one process already.
    program = ("import os, resource\nos.setresgid(65533, 65533, 65533)\n"
               "os.setresuid(65533, 65533, 65533)\n"
               "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))\n")
    with target(any_python, program) as process:
        told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
        check(told, "live", "kernel refused the fork: Resource temporarily")
        assert state_of(process.pid) == "S"
        assert children_of(process.pid) == []


def test_a_target_that_dies_midway_is_an_error(any_python, tmp_path):
    gone = 0
    for number in range(20):
        with target(any_python, "x = [str(i) for i in range(300000)]") as process:
            with subprocess.Popen([FREEZE, str(process.pid), "--folder", str(tmp_path), "--repeat",
                                   "1000", *map(str, PATIENT)], stdout=subprocess.PIPE) as run:
                run.stdout.readline()
                time.sleep(0.002 * number)
                process.send_signal(signal.SIGKILL)
                last = json.loads(run.communicate(timeout=60)[0].splitlines()[-1])
            assert last["error"] in (4, 8), last
            gone += last["error"] == 8
    assert gone == 20
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(any_python, tmp_path):
    with target(any_python, "") as process:
        told = freeze(process.pid, "--folder", tmp_path / "nowhere")
        assert str(tmp_path / "nowhere") in told["message"] and told["errno"] == 2
        told = freeze(process.pid, "--folder", "/proc")
        assert "/proc" in told["message"] and told["steps"] == 0


@needs_root
def test_a_full_folder_is_named_and_left_empty(any_python, tmp_path):
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(tmp_path)],
                           stderr=subprocess.PIPE, check=False)
    if mount.returncode:
        pytest.skip("tmpfs may not be mounted here")
    try:
        with target(any_python, "x = [str(i) for i in range(100000)]") as process:
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT)
            assert told["errno"] == 28 and str(tmp_path) in told["message"]
            assert told["steps"] == 0 and os.listdir(tmp_path) == []
            assert state_of(process.pid) == "S" and children_of(process.pid) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_file_that_may_not_grow_is_an_error_and_no_death(any_python, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    with target(any_python, "x = [str(i) for i in range(100000)]") as process:
        for way in ([], ["--live"]):
            told = freeze(process.pid, "--folder", tmp_path, *PATIENT, *way, preexec_fn=limit)
            assert told["errno"] == 27 and str(tmp_path) in told["message"]
            assert zombies_of(process.pid) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(any_python, number, tmp_path):
    with target(any_python, "x = [str(i) for i in range(1000000)]") as process:
        for delay in (0.0, 0.003, 0.01, 0.02, 0.03, 0.05):
            with subprocess.Popen([FREEZE, str(process.pid), "--folder", str(tmp_path), "--repeat",
                                   "1000", *map(str, PATIENT)], stdout=subprocess.PIPE) as run:
                run.stdout.readline()
                time.sleep(delay)
                run.send_signal(number)
                run.communicate(timeout=60)
            assert run.returncode == -number
            assert children_of(process.pid) == []
            assert tracer_of(process.pid) == 0
            wait_until(lambda: state_of(process.pid) == "S", what="the target to read again") # the kernel resumes it
    assert os.listdir(tmp_path) == []


@needs_root
def test_a_small_memory_group_is_respected(any_python, tmp_path):
    folder = "/sys/fs/cgroup/memory/holdfast-test-%d" % os.getpid()
    name = "memory.limit_in_bytes"
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        folder, name = "/sys/fs/cgroup/holdfast-test-%d" % os.getpid(), "memory.max"
    try:
        os.mkdir(folder)
    except OSError as error:
        pytest.skip("no memory cgroup can be made: %s" % error)
    try:
        if not os.path.exists(os.path.join(folder, name)):
            pytest.skip("the memory controller is not there")
        with target(any_python, "x = bytearray(100 << 20)\n"
                                "for i in range(0, len(x), 4096): x[i] = 1\nready()\n") as process:
            with open(os.path.join(folder, name), "w") as stream:
                stream.write(str(130 << 20))
            with open(os.path.join(folder, "cgroup.procs"), "w") as stream:
                stream.write(str(process.pid))
            # What it had before is not charged to its new group: so it takes some more.
            plan = freeze(process.pid, "--plan")
            assert plan["way"] == 0, plan
            with open(os.path.join(folder, name), "w") as stream:
                stream.write(str(20 << 20))
            plan = freeze(process.pid, "--plan")
            assert plan["way"] == 3 and "its memory limit leaves" in plan["why_not_fork"], plan
            check(freeze(process.pid, "--folder", tmp_path, *PATIENT), "live", "memory limit")
    finally:
        wait_until(lambda: try_rmdir(folder), what="the group is gone")


def try_rmdir(folder):
    try:
        os.rmdir(folder)
        return True
    except OSError:
        return False

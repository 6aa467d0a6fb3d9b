"""A copy whose memory is read on demand lives until the heap is decoded: what becomes of it, and of the target, whoever
dies meanwhile."""
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.e2e.freezing import children_of, running_children_of, tracer_of, zombies_of
from tests.e2e.targets import PROGRAM, clean_environment, holdfast, state_of, target, wait_until

HEAP = "x = [str(i) for i in range(600000)]\ny = [bytes(100000) for i in range(300)]\n"
STRINGS = 600000


def wait_for_copy(process, tool):
    """The copy, as soon as it is there; None where the tool was faster."""
    wait_until(lambda: running_children_of(process.pid) or tool.poll() is not None, 60, "there is a copy")
    return next(iter(running_children_of(process.pid)), None)


@contextlib.contextmanager
def begin(process, path, scratch, **how):
    """The tool at work. A test that fails leaves none behind: whoever waits for its output would wait for ever."""
    command = [PROGRAM, "snapshot", str(process.pid), "-o", str(path), "--max-pause", "10s"]
    with subprocess.Popen(command, env=clean_environment(TMPDIR=str(scratch)), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **how) as tool:
        try:
            yield tool
        finally:
            if tool.poll() is None:
                tool.kill()


def unharmed(process):
    """It waits as before; a call that was interrupted is begun again first."""
    wait_until(lambda: state_of(process.pid) == "S" and tracer_of(process.pid) == 0, 20, "it waits as before")
    return process.poll() is None


def strings_in(path):
    rows = holdfast("types", path, "--type", "str", "--json", "-", expect=0).json
    return rows["matching"]["objects"]


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert os.listdir(folder) == []


def test_a_tool_killed_while_it_reads_takes_the_copy_with_it(python, tmp_path, scratch):
    with target(python, HEAP) as process:
        caught = 0
        for number in range(12):
            with begin(process, tmp_path / "killed", scratch) as tool:
                caught += wait_for_copy(process, tool) is not None
                time.sleep(0.03 * number)
                tool.kill()
            wait_until(lambda: not running_children_of(process.pid), 10, "no copy lives on")
            assert len(zombies_of(process.pid)) <= number + 1  # reaped by the next whole run
            assert unharmed(process)
        assert caught > 6
        holdfast("snapshot", process.pid, "-o", tmp_path / "whole", "--max-pause", "10s", expect=0)
        assert children_of(process.pid) == []
    assert strings_in(tmp_path / "whole") > STRINGS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(python, tmp_path, scratch, number):
    with target(python, HEAP) as process:
        for tenths in range(5):
            with begin(process, tmp_path / "never", scratch) as tool:
                wait_for_copy(process, tool)
                time.sleep(0.1 * tenths)
                tool.send_signal(number)
                tool.communicate(timeout=60)
            assert tool.returncode in (-number, 0)
            assert children_of(process.pid) == []
            assert unharmed(process)
            assert tool.returncode == 0 or not (tmp_path / "never").exists()
            (tmp_path / "never").unlink(missing_ok=True)


def test_a_copy_that_is_killed_is_made_again(python, tmp_path, scratch):
    with target(python, HEAP) as process:
        caught = 0
        for number in range(6):
            path = tmp_path / ("again-%d" % number)
            with begin(process, path, scratch) as tool:
                copy = wait_for_copy(process, tool)
                time.sleep(0.05 * number)
                if copy and copy in running_children_of(process.pid):
                    os.kill(copy, signal.SIGKILL)
                    caught += 1
                _, said = tool.communicate(timeout=60)
            assert tool.returncode == 0, said
            assert children_of(process.pid) == []
            assert unharmed(process)
            assert strings_in(path) > STRINGS
        assert caught > 0


def keeps_a_file_in(tool, folder):
    """Whether the tool has the memory in a file there, which has no name any more."""
    with contextlib.suppress(OSError), open("/proc/%d/maps" % tool.pid) as stream:
        return str(folder) in stream.read()
    return False


def kill_decoders(process, tool, scratch, most):
    """As the kernel does where memory runs out: children that decode a copy, or what was copied to the disk; not those
    that ask what there is before. How many."""
    killed = set()
    while tool.poll() is None and len(killed) < most:
        if running_children_of(process.pid) or keeps_a_file_in(tool, scratch):
            for decoder in set(running_children_of(tool.pid)) - killed:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(decoder, signal.SIGKILL)
                killed.add(decoder)
    return len(killed)


def test_a_decoder_that_is_killed_gets_another_try_with_less_memory(python, tmp_path, scratch):
    """The memory is then in a file of the disk."""
    with target(python, HEAP) as process, begin(process, tmp_path / "again", scratch) as tool:
        killed = kill_decoders(process, tool, scratch, most=1)
        _, said = tool.communicate(timeout=60)
        assert killed == 1
        assert tool.returncode == 0, said
        assert children_of(process.pid) == []
        assert unharmed(process)
    assert strings_in(tmp_path / "again") > STRINGS


def test_a_decoder_that_is_killed_again_is_told_with_what_to_do(python, tmp_path, scratch):
    with target(python, HEAP) as process, begin(process, tmp_path / "never", scratch) as tool:
        # A child that asked what there is before, and is at its end when the copy is made, may be killed as well.
        assert kill_decoders(process, tool, scratch, most=99) in (2, 3)
        _, said = tool.communicate(timeout=60)
        assert tool.returncode == 3
        assert b"the decoder was killed, most likely because memory ran out" in said
        assert b"'holdfast snapshot %d --raw -o FILE'" % process.pid in said
        assert children_of(process.pid) == []
        assert unharmed(process)
    assert not (tmp_path / "never").exists()


def is_running(pid):
    return state_of(pid) not in (None, "Z", "X")


def test_a_target_that_ends_meanwhile_is_told_all_the_same(python, tmp_path, scratch):
    """Its copy lives on; and then ends, too."""
    told = 0
    for number in range(4):
        path = tmp_path / ("ended-%d" % number)
        with target(python, HEAP) as process, begin(process, path, scratch) as tool:
            copy = wait_for_copy(process, tool)
            time.sleep(0.05 * number)
            is_held = copy and is_running(copy)
            process.kill()
            _, said = tool.communicate(timeout=60)
            assert tool.returncode == 0 or b" ended" in said, said
            assert not copy or not is_running(copy)
        if tool.returncode == 0:
            told += bool(is_held)
            assert strings_in(path) > STRINGS
    assert told > 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def has_open_files(pid):
    try:
        return bool(os.listdir("/proc/%d/fd" % pid))
    except FileNotFoundError:
        return False


def test_a_copy_does_not_keep_what_the_target_had_open(python, tmp_path):
    """Whoever starts a service again needs its port, though a copy of it is still read."""
    caught = 0
    for _ in range(3):
        port = free_port()
        listen = "import socket\nlistening = socket.create_server(('127.0.0.1', %d))\n" % port
        with target(python, HEAP + listen) as process, begin(process, tmp_path / "held", tmp_path) as tool:
            copy = wait_for_copy(process, tool)
            wait_until(lambda: copy is None or not has_open_files(copy), 20, "the copy has no files")
            socket.create_connection(("127.0.0.1", port)).close() # the target has its own as ever
            caught += copy is not None and is_running(copy)
            process.kill()
            process.wait()
            socket.create_server(("127.0.0.1", port)).close()
            tool.communicate(timeout=60)
    assert caught > 0


# The peak that the kernel tells of a program is no less than that of who forked it: a small process asks.
MEASURE = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of(*command):
    """KB that a program and its children had in memory, each for itself, at most."""
    told = subprocess.run([sys.executable, "-c", MEASURE, *command], check=True, stdout=subprocess.PIPE, timeout=120)
    return int(told.stdout)


def test_buffers_are_not_read(python, tmp_path):
    """What the decoder takes in memory is the heap without its buffers."""
    buffers = "y = [bytes([1]) * 1000000 for i in range(300)]\n"
    with target(python, buffers) as process:
        peak = peak_of(PROGRAM, "snapshot", str(process.pid), "-o", str(tmp_path / "small"), "--max-pause", "10s")
    assert peak < 100 << 10


def test_a_tool_that_may_not_have_so_much_memory_copies_at_once(python, tmp_path):
    """Room on the machine is not room under a limit (ulimit -d), which only tells when memory is asked for."""
    strings, limit = 300000, 160 << 20
    long_strings = "x = [str(i).ljust(450) for i in range(%d)]\n" % strings # each page of them is looked at

    def limited():
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    with target(python, long_strings) as process:
        tool = subprocess.run([PROGRAM, "snapshot", str(process.pid), "-o", str(tmp_path / "limited"), "--max-pause",
                               "10s"], preexec_fn=limited, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert tool.returncode == 0, tool.stderr
        assert children_of(process.pid) == []
        assert unharmed(process)
    assert strings_in(tmp_path / "limited") > strings


def is_stopped(tool):
    return state_of(tool.pid) == "T"


def test_a_tool_that_is_stopped_at_the_terminal_keeps_no_copy(python, tmp_path, scratch):
    """Ctrl-Z waits until the copy is gone; the tool goes on where it stood."""
    with target(python, HEAP) as process:
        caught = 0
        for number in range(4):
            path = tmp_path / ("stopped-%d" % number)
            # In a group of its own, whose parent is in the same session: else stops of a terminal are ignored.
            with begin(process, path, scratch, preexec_fn=lambda: os.setpgid(0, 0)) as tool:
                copy = wait_for_copy(process, tool)
                time.sleep(0.05 * number)
                caught += copy is not None and is_running(copy)
                with contextlib.suppress(ProcessLookupError): # it may have ended by then
                    os.killpg(tool.pid, signal.SIGTSTP)
                wait_until(lambda: is_stopped(tool) or tool.poll() is not None, 60, "it is stopped")
                assert not running_children_of(process.pid)
                assert unharmed(process)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(tool.pid, signal.SIGCONT)
                _, said = tool.communicate(timeout=60)
            assert tool.returncode == 0, said
            assert strings_in(path) > STRINGS
        assert caught > 0

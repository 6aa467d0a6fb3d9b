"""Who decodes a heap has nothing to lose: looked at from outside while a snapshot is taken."""
import os
import subprocess
import time

import pytest

from tests.e2e.freezing import is_root
from tests.e2e.targets import PROGRAM, children_of, end_politely, target

NOBODY = 65534


def status_of(pid):
    """The lines of /proc/PID/status."""
    with open("/proc/%d/status" % pid) as stream:
        return dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)


def may_be_written(pid, number):
    """Whether a descriptor was opened for writing."""
    with open("/proc/%d/fdinfo/%s" % (pid, number)) as stream:
        flags = next(line.split()[1] for line in stream if line.startswith("flags:"))
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def facts_of(pid):
    """The lines of /proc/PID/status, and what its descriptors lead to; empty when it is gone.

    A process that ends gives up its memory before its files, and the lines of that memory leave its
    status then (do_exit() in kernel/exit.c of Linux): while they are there, the files were all listed."""
    try:
        facts = status_of(pid)
        folder = "/proc/%d/fd" % pid
        files = {name: os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)}
        facts["files"] = list(files.values())
        facts["written"] = [path for name, path in files.items() if may_be_written(pid, name)]
        return facts if "VmSize" in status_of(pid) else {}
    except OSError:
        return {}


@pytest.mark.skipif(not is_root(), reason="only root has privileges to give up")
def test_the_decoder_has_no_privileges(any_python, tmp_path):
    program = ("import ctypes, os\nx = [[str(i)] for i in range(300000)]\n"
               "os.setresgid(%d, %d, %d)\nos.setresuid(%d, %d, %d)\n"
               "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n" % ((NOBODY,) * 6)) # may be dumped
    seen = []
    with target(any_python, program) as process:
        with subprocess.Popen([PROGRAM, "snapshot", str(process.pid), "-o", str(tmp_path / "heap"), "--max-pause", "5s"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            while run.poll() is None:
                seen += [facts_of(child) for child in children_of(run.pid)]
                time.sleep(0.002)
        assert run.returncode == 0 and (tmp_path / "heap").exists()
        assert end_politely(process) == 0
    filtered = [facts for facts in seen if facts.get("Seccomp") == "2"]
    assert filtered, "no child under a filter was met"
    for facts in filtered:
        assert facts["NoNewPrivs"] == "1"
        assert facts["Uid"].split() == facts["Gid"].split() == [str(NOBODY)] * 4
        assert facts["Groups"].strip() == ""
        assert int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == int(facts["CapInh"], 16) == 0
        # standard error, the socket to its parent, the file that it writes, the memory of the copy, or of the process
        # where it is asked which Python it runs
        assert len(facts["files"]) <= 4, facts["files"]
        memory = [name for name in facts["files"] if name.startswith("/proc/")]
        assert len(memory) <= 1 and not set(memory) & set(facts["written"]), facts["files"]
        assert sum(name.startswith("socket:") for name in facts["files"]) == 1, facts["files"]

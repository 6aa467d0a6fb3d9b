"""Memory taken as it is (`snapshot --raw`), read elsewhere: the same heap as in a snapshot."""
import json
import os
import resource
import shutil
import subprocess
import time

import pytest

from tests.e2e.targets import PROGRAM, clean_environment, holdfast, target
from tests.oracle import comparison
from tests.oracle.test_cores import judge, same

BOUND = 64 << 20 # what --raw may take of address space, as its help says


def raw(pid, path):
    holdfast("snapshot", pid, "--raw", "-o", path, expect=0)
    assert os.stat(path).st_mode & 0o777 == 0o600


def unpacked(path, folder):
    """The same file without its compression: an ELF core file."""
    program = shutil.which("zstd")
    if not program:
        pytest.skip("zstd is not installed")
    core = os.path.join(folder, "unpacked")
    subprocess.run([program, "-dqf", path, "-o", core], check=True)
    return core


def test_raw_memory_is_the_heap(python, tmp_path):
    process, path = comparison.run_target(python, "zoo.py", str(tmp_path))
    try:
        live = comparison.take(process.pid, str(tmp_path))
        raw(process.pid, tmp_path / "raw")
        holdfast("snapshot", process.pid, "-o", tmp_path / "snapshot", expect=0)
    finally:
        process.kill()
        process.communicate()
    found = comparison.take(unpacked(tmp_path / "raw", str(tmp_path)), str(tmp_path))
    same(live, found)
    judge(comparison.read_truth(path), found)
    infos = [holdfast("info", tmp_path / name, "--json", "-", expect=0).json for name in ("raw", "snapshot")]
    for info in infos: # of two freezes of a process that waits
        for name in ("pause_ms", "predicted_pause_ms", "attempts", "taken_at_ms", "age_seconds", "missing", "rss_bytes",
                     "anonymous_bytes"):
            info.pop(name, None)
    assert infos[0] == infos[1]
    assert holdfast("diff", tmp_path / "raw", tmp_path / "snapshot", "--json", "-", expect=0).json["same_process"]


def started_ago(pid):
    """Seconds since a process was started, as the kernel tells it in ticks."""
    with open("/proc/%d/stat" % pid) as stream:
        ticks = int(stream.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def test_how_old_a_process_is(any_python, tmp_path):
    with target(any_python, "pass") as process:
        for way in ((), ("--raw",)):
            least = started_ago(process.pid)
            path = tmp_path / "-".join(("snapshot", *way))
            holdfast("snapshot", process.pid, *way, "-o", path, expect=0)
            most = started_ago(process.pid)
            told = holdfast("info", path, "--json", "-", expect=0).json["age_seconds"]
            assert least - 0.01 <= told <= most + 0.01
    assert " old\n" in holdfast("info", path, expect=0).stdout


def test_raw_memory_needs_no_binary(any_python, tmp_path):
    """Read where nothing of the process' files is: below an empty root."""
    with target(any_python, "kept = [object() for _ in range(1000)]") as process:
        raw(process.pid, tmp_path / "raw")
    if os.geteuid() != 0 or not shutil.which("chroot"):
        pytest.skip("another root needs root, and chroot")
    root = tmp_path / "root"
    for folder in ("tmp", "proc"):
        (root / folder).mkdir(parents=True)
    static = os.environ.get("HOLDFAST_STATIC")
    if not static:
        libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout
        for word in libraries.split():
            if word.startswith("/"):
                (root / word[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(word, root / word[1:])
    shutil.copy(static or PROGRAM, root / "holdfast")
    shutil.move(tmp_path / "raw", root / "raw")
    done = subprocess.run([shutil.which("chroot"), root, "/holdfast", "info", "/raw", "--json", "-"], capture_output=True,
                          text=True, timeout=120, env={"TMPDIR": "/tmp"})
    assert done.returncode == 0, done.stderr
    info = json.loads(done.stdout)
    assert info.get("missing", "") == "" and info["objects"] > 5000 and info["check"]["overcounted"] == 0


def test_little_memory_is_taken(any_python, tmp_path):
    with target(any_python, "kept = [bytes(1000) + str(i).encode() for i in range(200000)]") as process:
        done = subprocess.run([PROGRAM, "snapshot", str(process.pid), "--raw", "-o", str(tmp_path / "raw")],
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (BOUND, BOUND)),
                              capture_output=True, text=True, timeout=300, env=clean_environment())
        assert done.returncode == 0, done.stderr
        assert "copy-on-write fork" in done.stdout
    info = holdfast("info", tmp_path / "raw", "--json", "-", expect=0).json
    assert info["rss_bytes"] > 3 * BOUND and info.get("missing", "") == ""
    types = holdfast("types", tmp_path / "raw", "--type", "bytes", "--json", "-", expect=0).json
    assert types["types"][0]["objects"] >= 200000


def test_what_cannot_go_with_it_is_refused(any_python, tmp_path):
    with target(any_python, "") as process:
        for option in ("--no-values", "--ask-extensions"):
            said = holdfast("snapshot", process.pid, "--raw", option, "-o", tmp_path / "raw", expect=2)
            assert option in said.stderr
        assert not (tmp_path / "raw").exists()
        raw(process.pid, tmp_path / "raw")
        said = holdfast("snapshot", tmp_path / "raw", "--raw", expect=2)
        assert "holds memory as it is already" in said.stderr
    # It may be made to hold no values when it is read.
    said = holdfast("info", tmp_path / "raw", "--no-values", "--json", "-", expect=0)
    assert said.json["has_values"] is False


def test_a_process_that_is_no_python(tmp_path):
    process = subprocess.Popen(["sleep", "600"])
    try:
        said = holdfast("snapshot", process.pid, "--raw", "-o", tmp_path / "raw", expect=0)
        assert "taken at whatever moment it was" in said.stderr
    finally:
        process.kill()
        process.wait()
    said = holdfast("info", tmp_path / "raw", expect=3)
    assert "runs no CPython" in said.stderr


def test_damaged_and_cut_off_files(any_python, tmp_path):
    with target(any_python, "") as process:
        raw(process.pid, tmp_path / "raw")
    whole = (tmp_path / "raw").read_bytes()
    for share in (0.9, 0.5, 0.1, 0.001):
        (tmp_path / "cut").write_bytes(whole[:int(len(whole) * share)])
        said = holdfast("info", tmp_path / "cut", expect=3)
        assert "cut off" in said.stderr, said.stderr
    (tmp_path / "cut").write_bytes(whole[:len(whole) // 2] + b"\0" * 4000 + whole[len(whole) // 2 + 4000:])
    assert "holdfast: " in holdfast("info", tmp_path / "cut", expect=3).stderr
    (tmp_path / "cut").write_bytes(whole + b"more")
    assert "damaged" in holdfast("info", tmp_path / "cut", expect=3).stderr
    subprocess.run(["sh", "-c", "echo no core | zstd -q >cut"], cwd=tmp_path, check=True) if shutil.which("zstd") \
        else pytest.skip("zstd is not installed")
    assert "no core file" in holdfast("info", tmp_path / "cut", expect=3).stderr
    # What a bomb holds does not go to the disk: zeros are no bytes, and others are counted.
    subprocess.run(["sh", "-c", "head -c 300000000 /dev/zero | zstd -q >cut -f"], cwd=tmp_path, check=True)
    assert "no core file" in holdfast("info", tmp_path / "cut", expect=3).stderr


def test_a_disk_without_room(any_python, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        with target(any_python, "import os; kept = os.urandom(8 << 20)") as process:
            said = holdfast("snapshot", process.pid, "--raw", "-o", small / "raw", expect=3)
            assert "No space left" in said.stderr and process.poll() is None
        assert os.listdir(small) == []
        with target(any_python, "import os; kept = os.urandom(8 << 20)") as process:
            raw(process.pid, tmp_path / "raw")
        said = holdfast("info", tmp_path / "raw", environment={**os.environ, "TMPDIR": str(small)}, expect=3)
        assert "TMPDIR" in said.stderr
    finally:
        subprocess.run(["umount", small], check=True)

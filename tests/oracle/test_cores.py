"""Core files against the process that they are of: what the interpreter said of itself before, and
what holdfast saw in it while it lived."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.e2e.targets import holdfast
from tests.oracle import comparison, cores, embedding


def gcore(pid, folder):
    path, why_not = cores.gcore(pid, folder)
    if why_not:
        pytest.skip(why_not)
    return path


def judge(truth, found):
    rows = comparison.compare(truth, found)
    wrong = comparison.judge(rows)
    if wrong:
        pytest.fail("\n".join(wrong) + "\n\n" + comparison.table(rows), pytrace=False)


def same(live, core):
    """All objects and references alike. Nothing but a stack may differ: gdb and a signal leave other
    words in it than a process has that only waits."""
    assert live.keys() == core.keys()
    differ = [address for address in live
              if (live[address].type, live[address].size, live[address].refcount, live[address].referents) !=
              (core[address].type, core[address].size, core[address].refcount, core[address].referents)]
    assert not differ, [(live[a], core[a]) for a in differ[:3]]


@pytest.fixture
def zoo(python, tmp_path):
    """A target that waits, the dump of its interpreter, and what holdfast sees in it."""
    target, path = comparison.run_target(python, "zoo.py", str(tmp_path))
    try:
        yield target, comparison.read_truth(path), comparison.take(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()


def test_core_of_gcore(zoo, tmp_path):
    target, truth, live = zoo
    path = gcore(target.pid, str(tmp_path))
    target.kill()
    found = comparison.take(path, str(tmp_path))
    same(live, found)
    judge(truth, found)


@pytest.mark.parametrize("bits", [0x33, 0x1f, 0x23], ids=["usual", "with-files", "without-headers"])
def test_core_of_the_kernel(zoo, bits, tmp_path):
    why_not = cores.why_no_kernel_core()
    if why_not:
        pytest.skip(why_not)
    target, truth, live = zoo
    cores.allow_cores(target.pid)
    cores.set_filter(target.pid, bits)
    path = cores.abort(target, str(tmp_path))
    # Without the first pages of binaries their build-ids are not known: only the user can vouch.
    options = ["--sysroot", "/"] if bits == 0x23 else []
    found = comparison.take(path, str(tmp_path), *options)
    same(live, found)
    judge(truth, found)


def test_core_of_a_free_threaded_interpreter(free_threaded, tmp_path):
    target, path = comparison.run_target(free_threaded, "zoo.py", str(tmp_path))
    try:
        live = comparison.take(target.pid, str(tmp_path))
        core = gcore(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    found = comparison.take(core, str(tmp_path))
    same(live, found)
    judge(comparison.read_truth(path), found)


@pytest.mark.parametrize("link", embedding.LINKS)
def test_core_of_an_embedded_interpreter(any_python, link, tmp_path):
    program, variables = embedding.build(any_python, link, str(tmp_path))
    if not program:
        pytest.skip(variables)
    target, path = comparison.run_target_at([program, "thread"], "zoo.py", str(tmp_path), variables=variables)
    try:
        core = gcore(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    info = holdfast("info", core, "--json", "-", expect=0).json
    assert info["static_link"] == (link != embedding.SHARED) and info["executable"] == program
    assert info["missing"] == "" and info["pid"] == target.pid
    judge(comparison.read_truth(path), comparison.take(core, str(tmp_path)))


def test_core_without_anonymous_memory(any_python, tmp_path):
    why_not = cores.why_no_kernel_core()
    if why_not:
        pytest.skip(why_not)
    target, _ = comparison.run_target(any_python, "zoo.py", str(tmp_path))
    cores.allow_cores(target.pid)
    cores.set_filter(target.pid, 0x1c)
    path = cores.abort(target, str(tmp_path))
    target.communicate()
    assert "coredump_filter" in holdfast("types", path, expect=3).stderr


def test_names_say_nothing(any_python, tmp_path):
    for name, start, said in (("core", b"no core at all", "is neither a snapshot of holdfast nor a core file"),
                              ("a.hfheap", b"\x04\x22\x4d\x18....", "lz4 -dc"),
                              ("b.core", b"\x1f\x8b......", "gzip -dc"),
                              ("c", b"\xfd7zXZ\0......", "coredumpctl dump"),
                              ("d", b"\x7fELF\2\1\1" + bytes(9) + b"\4\0\x16\0" + bytes(100), "another kind of machine"),
                              ("e", b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0" + bytes(100), "is neither a snapshot")):
        (tmp_path / name).write_bytes(start)
        answer = holdfast("info", tmp_path / name, expect=3)
        assert said in answer.stderr and name in answer.stderr, answer.stderr


def runtime_of(pid):
    """The binary that the interpreter lies in."""
    with open("/proc/%d/maps" % pid, encoding="utf-8") as maps:
        paths = [line.split(None, 5)[5].strip() for line in maps if "/" in line]
    library = [path for path in paths if "libpython3." in os.path.basename(path)]
    return (library or [os.readlink("/proc/%d/exe" % pid)])[0]


@pytest.fixture
def moved(any_python, tmp_path):
    """A core file of an interpreter whose binary is no longer where it was: (core, where it was, the
    root that it is below now)."""
    target, _ = comparison.run_target(any_python, "zoo.py", str(tmp_path))
    original = runtime_of(target.pid)
    target.kill()
    target.communicate()
    os.unlink(tmp_path / "truth")
    folder = tmp_path / "installed"
    folder.mkdir()
    copy = folder / os.path.basename(original)
    shutil.copy(original, copy)
    variables = {"LD_LIBRARY_PATH": str(folder)} if ".so" in copy.name else {
        "PYTHONHOME": subprocess.run([any_python.path, "-c", "import sys; print(sys.base_prefix)"], check=True,
                                     capture_output=True, text=True).stdout.strip()}
    program = any_python.path if ".so" in copy.name else str(copy)
    target, _ = comparison.run_target_at(program, "zoo.py", str(tmp_path), variables=variables)
    try:
        assert runtime_of(target.pid) == str(copy)
        core = gcore(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    root = tmp_path / "root"
    (root / str(folder)[1:]).mkdir(parents=True)
    shutil.move(copy, root / str(copy)[1:])
    return core, copy, root


def build_id(path):
    said = subprocess.run(["file", "-L", path], capture_output=True, text=True, check=False).stdout
    found = re.search(r"BuildID\[sha1\]=([0-9a-f]+)", said)
    return found.group(1) if found else None


def test_binary_that_is_gone_is_named(moved):
    core, was, root = moved
    said = holdfast("info", core, expect=3).stderr
    assert str(was) in said and "not found" in said
    known = build_id(root / str(was)[1:]) if shutil.which("file") else None
    assert known is None or known in said


def test_binary_below_another_root(moved, tmp_path):
    core, was, root = moved
    info = holdfast("info", core, "--sysroot", "/nowhere-%d" % os.getpid(), expect=3)
    assert "cannot look for binaries below" in info.stderr
    info = holdfast("info", core, "--sysroot", "%s:%s" % (tmp_path, root), "--json", "-", expect=0).json
    assert info["missing"] == "" and info["way"] == "core"
    assert info["check"]["overcounted"] == 0 and info["objects"] > 10000


def test_binary_by_its_build_id(moved, tmp_path):
    core, was, root = moved
    there = root / str(was)[1:]
    known = build_id(there) if shutil.which("file") else None
    if not known:
        pytest.skip("the build-id is not known: file is not installed, or the binary has none")
    cache = tmp_path / "debuginfod" / known
    cache.mkdir(parents=True)
    shutil.move(there, cache / "executable")
    environment = {**os.environ, "DEBUGINFOD_CACHE_PATH": str(cache.parent)}
    assert holdfast("info", core, "--json", "-", environment=environment, expect=0).json["missing"] == ""
    folder = root / "usr/lib/debug/.build-id" / known[:2]
    folder.mkdir(parents=True)
    shutil.move(cache / "executable", folder / known[2:])
    assert holdfast("info", core, "--sysroot", root, "--json", "-", expect=0).json["missing"] == ""


def test_other_builds_of_a_binary_are_refused(moved, any_python):
    core, was, root = moved
    there = root / str(was)[1:]
    whole = there.read_bytes()
    known = build_id(there) if shutil.which("file") else None
    if not known:
        pytest.skip("the build-id is not known: file is not installed, or the binary has none")
    there.write_bytes(whole.replace(bytes.fromhex(known), bytes(20), 1))
    said = holdfast("types", core, "--sysroot", root, expect=3).stderr
    assert "is another build" in said and str(there) in said
    debug = subprocess.run(["objcopy", "--only-keep-debug", "/dev/stdin", str(there)], input=whole, check=False) \
        if shutil.which("objcopy") else None
    there.write_bytes(whole)
    if debug is not None:
        subprocess.run(["objcopy", "--only-keep-debug", there, there], check=True)
        said = holdfast("types", core, "--sysroot", root, expect=3).stderr
        assert "holds only debug information" in said
    there.write_bytes(b"no binary at all")
    assert "is no ELF file" in holdfast("types", core, "--sysroot", root, expect=3).stderr


def test_core_that_was_cut_off(any_python, tmp_path):
    target, path = comparison.run_target(any_python, "zoo.py", str(tmp_path))
    try:
        core = pathlib.Path(gcore(target.pid, str(tmp_path)))
    finally:
        target.kill()
        target.communicate()
    whole, cut = core.stat().st_size, tmp_path / "cut"
    shutil.copy(core, cut)
    ends = {}
    for share in (0.97, 0.9, 0.7, 0.5, 0.3, 0.1, 0.01, 0):
        os.truncate(cut, max(int(whole * share), 100))
        said = holdfast("info", cut, "--json", "-")
        ends[share] = said.status
        # A part is never taken for the whole, and nothing ends by a signal.
        assert said.status in (0, 3), said
        if said.status == 0:
            assert "cut off" in said.json["missing"]
        else:
            assert "cut off" in said.stderr or "it ends within" in said.stderr, said.stderr
    assert ends[0] == 3 and ends[0.1] == 3, ends


def test_kernel_core_under_a_limit(any_python, tmp_path):
    why_not = cores.why_no_kernel_core()
    if why_not:
        pytest.skip(why_not)
    target, _ = comparison.run_target(any_python, "zoo.py", str(tmp_path))
    cores.allow_cores(target.pid, 4 << 20)
    path = cores.abort(target, str(tmp_path))
    target.communicate()
    said = holdfast("info", path, expect=(0, 3))
    assert "cut off" in said.stdout + said.stderr


def test_all_commands_take_a_core(any_python, tmp_path):
    target, _ = comparison.run_target(any_python, "zoo.py", str(tmp_path))
    try:
        first = gcore(target.pid, str(tmp_path))
        os.rename(first, tmp_path / "4711") # what it is called says nothing, but digits are a pid
        second = gcore(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    os.rename(second, tmp_path / "heap.hfheap")
    first, second = tmp_path / "4711", tmp_path / "heap.hfheap"
    for command in (["types"], ["objects", "--top", "3"], ["retained"], ["path", "--type", "dict"],
                    ["export", "--format", "csv", "-o", str(tmp_path / "csv")]):
        said = holdfast(command[0], second, *command[1:], expect=0)
        assert said.stdout and not said.stderr, said.stderr
    assert "of process %d" % target.pid in holdfast("snapshot", second, "-o", tmp_path / "x.hf", expect=0).stdout
    assert (tmp_path / "x.hf").stat().st_mode & 0o777 == 0o600
    assert holdfast("diagnose", second, expect=4).stdout.startswith("TOO EARLY")
    # Two of one process that waits: nothing differs.
    difference = holdfast("diff", first, tmp_path / "x.hf", "--json", "-", expect=0).json
    assert difference["same_process"] is True, difference
    assert holdfast("diagnose", first, second, expect=(0, 4)).status in (0, 4)

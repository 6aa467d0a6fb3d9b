"""`holdfast run --native`: calls of C between those of Python, named, in the order in which they called each other."""
import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.e2e.targets import PROGRAM
from tests.e2e.test_exports import profile_class
from tests.e2e.test_run import at, gil_python, line_of, run, script, summary  # noqa: F401
from tests.pythons import interpreters

COMPILER = shutil.which("cc")
pytestmark = pytest.mark.skipif(not COMPILER, reason="no C compiler")

LIBRARY = """
#include <stdlib.h>
static void **kept;
__attribute__((noinline)) static int inner_leak(int n, int size)
{
    for (int i = 0; i < n; i++) {
        void **block = malloc(size);
        *block = kept;
        kept = block;
    }
    return n;
}
int leak_blocks(int n, int size)
{
    return inner_leak(n, size) + 1;
}
int call_back(int (*callback)(int), int n)
{
    return callback(n) + 1;
}
/* A frame that moves its stack pointer by what it is told, and one that aligns it anew. */
int leak_with_room(int n, int size, int room)
{
    volatile char there[room];
    there[0] = 1;
    return inner_leak(n, size) + there[0];
}
int leak_aligned(int n, int size)
{
    volatile int there[16] __attribute__((aligned(64)));
    there[n % 16] = 1;
    return inner_leak(n, size) + there[n % 16];
}
"""
PROGRAM_TEXT = """
import ctypes
library = ctypes.CDLL("./libleaky.so")
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
def leak():
    library.leak_blocks(1000, 100)  # leak
def deeper(n):
    library.leak_blocks(n, 200)  # deeper
    return n
def nested():
    library.call_back(CALLBACK(deeper), 500)  # nested
def frames():
    library.leak_with_room(300, 300, 5000)  # room
    library.leak_aligned(400, 400)  # aligned
leak()
nested()
frames()
held = sorted([[i] for i in range(1000)], key=lambda row: tuple(row * 3))  # sorted
"""


def build(folder, *options, text=LIBRARY, name="libleaky.so"):
    (folder / "leaky.c").write_text(text)
    subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", *options, "-o", folder / name, folder / "leaky.c"], check=True)


def chains(folder, *options, capture="a.hftrace"):
    """Stacks that allocated, outermost call first, and their bytes: [(["main (program)", ...], bytes)]."""
    done = subprocess.run([PROGRAM, "export", str(folder / capture), "--format", "folded", "-o", "-", *options], timeout=120,
                          check=True, stdout=subprocess.PIPE, text=True)
    rows = []
    for line in done.stdout.splitlines():
        names, number = line.rsplit(" ", 1)
        rows.append((names.split(";"), int(number)))
    return rows


def bytes_below(rows, *wanted):
    """Bytes of stacks that have these names in this order; a name matches the start of a frame."""
    total = 0
    for names, number in rows:
        left = list(wanted)
        for name in names:
            if left and name.startswith(left[0]):
                left.pop(0)
        total += 0 if left else number
    return total


def test_the_function_that_leaks_is_named(gil_python, tmp_path):  # noqa: F811
    build(tmp_path)
    path = script(tmp_path, PROGRAM_TEXT)
    plain, native = run(tmp_path, gil_python.path, path, capture="plain.hftrace"), run(tmp_path, "--native", gil_python.path, path)
    assert plain.returncode == native.returncode == 0, native.stderr
    rows = chains(tmp_path, "--leaks")
    assert bytes_below(rows, "leak (", "leak_blocks (", "inner_leak (") == 1000 * 100
    assert bytes_below(rows, "<module> (", "nested (", "call_back (", "deeper (", "leak_blocks (", "inner_leak (") == 500 * 200
    assert bytes_below(rows, "frames (", "leak_with_room (", "inner_leak (") == 300 * 300
    assert bytes_below(rows, "frames (", "leak_aligned (", "inner_leak (") == 400 * 400
    assert not bytes_below(rows, "inner_leak (", "leak (")
    assert bytes_below(rows, "_PyEval_EvalFrameDefault (") == 0  # Python's calls stand in their place
    # The same blocks at the same lines, with native code and without.
    reports = summary(tmp_path, "plain.hftrace"), summary(tmp_path)
    for mark in ("leak", "deeper", "room", "aligned", "sorted"):
        assert at(reports[0], path, mark) == at(reports[1], path, mark) != {}
    hidden, bare = chains(tmp_path, "--leaks", "--hide-native"), chains(tmp_path, "--leaks", "--hide-native", capture="plain.hftrace")
    mine = [row for row in hidden if "script.py" in row[0][-1]]
    assert mine and mine == [row for row in bare if "script.py" in row[0][-1]]


def test_in_a_sample_and_in_a_child(gil_python, tmp_path):  # noqa: F811
    build(tmp_path)
    text = PROGRAM_TEXT + "import os\npid = os.fork()\nif not pid:\n    library.leak_blocks(3000, 1000)  # child\n    os._exit(0)\nos.wait()\n"
    done = run(tmp_path, "--native", "--sample", "4K", gil_python.path, script(tmp_path, text))
    assert done.returncode == 0, done.stderr
    rows = chains(tmp_path, "--leaks")
    held = bytes_below(rows, "<module> (", "leak_blocks (", "inner_leak (")
    assert 2_000_000 < bytes_below(chains(tmp_path, "--total"), "<module> (", "leak_blocks (", "inner_leak (") < 4_500_000
    assert held > 0


RELOADED = """
import _ctypes, ctypes, os
for name in ("./libfirst.so", "./libsecond.so") * 3:
    handle = _ctypes.dlopen(name, os.RTLD_NOW)
    ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int)(_ctypes.dlsym(handle, "enter"))(10)  # enter
    _ctypes.dlclose(handle)
"""


def test_a_library_takes_the_place_of_another(gil_python, tmp_path):  # noqa: F811
    text = ("#include <stdlib.h>\nvoid *volatile kept;\n__attribute__((noinline)) static void %s(int n)"
            "{ char room[%d]; while (n--) { room[n] = 1; kept = malloc(%d + room[n]); } }\nint enter(int n) { %s(n); return n; }\n")
    build(tmp_path, text=text % ("first", 64, 1999, "first"), name="libfirst.so")
    build(tmp_path, text=text % ("second", 512, 2999, "second"), name="libsecond.so")
    done = run(tmp_path, "--native", gil_python.path, script(tmp_path, RELOADED))
    assert done.returncode == 0, done.stderr
    rows = chains(tmp_path, "--total")
    assert bytes_below(rows, "<module> (", "enter (", "first (") == 3 * 10 * 2000
    assert bytes_below(rows, "<module> (", "enter (", "second (") == 3 * 10 * 3000


def test_a_stack_that_cannot_be_followed_ends(gil_python, tmp_path):  # noqa: F811
    build(tmp_path, "-fno-asynchronous-unwind-tables", "-fno-unwind-tables")
    path = script(tmp_path, PROGRAM_TEXT)
    done = run(tmp_path, "--native", gil_python.path, path)
    assert done.returncode == 0, done.stderr
    rows = chains(tmp_path, "--leaks")
    lost = [names for names, number in rows if any(name.startswith("inner_leak (") for name in names)]
    assert lost and all("?" in names for names in lost)
    assert at(summary(tmp_path), path, "leak")["live"] == (1000 * 100, 1000)  # the line is Python's own


def test_reports_show_and_hide_native_code(any_python, tmp_path):
    build(tmp_path)
    if any_python.free_threaded:
        pytest.skip("free-threaded builds run untraced: test_free_threaded")
    assert run(tmp_path, "--native", any_python.path, script(tmp_path, PROGRAM_TEXT)).returncode == 0
    capture = str(tmp_path / "a.hftrace")

    def told(*words):
        return subprocess.run([PROGRAM, *words], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout

    assert "inner_leak (libleaky.so)" in told("tree", capture, "--leaks", "--top", "100000")
    assert "inner_leak" not in told("tree", capture, "--leaks", "--top", "100000", "--hide-native")
    assert "inner_leak" in told("tree", capture, "--leaks", "--inverted", "--top", "1000")
    kinds = {row["kind"] for row in json.loads(told("export", capture, "--format", "json", "-o", "-"))["frames"]}
    assert {"native", "python"} <= kinds
    assert "inner_leak" in told("flamegraph", capture, "-o", "-", "--leaks")
    assert "inner_leak" not in told("flamegraph", capture, "-o", "-", "--leaks", "--hide-native")
    assert line_of(tmp_path / "script.py", "leak") and "script.py" in told("table", capture, "--leaks")


SHAPES = r"""
#include <cstdlib>
#include <string>
#include <vector>
namespace shop {
template <typename T> struct Pool {
    std::vector<T *> kept;
    __attribute__((always_inline)) inline void grow(int n, int size)
    {
        for (int i = 0; i < n; i++)
            kept.push_back(static_cast<T *>(std::malloc(size)));  // grow
    }
};
struct Catalogue {
    Pool<char> pool;
    __attribute__((noinline)) void fill(int n) { pool.grow(n, 1000); }  // fill
};
}
static shop::Catalogue catalogue;
extern "C" int fill(int n) { catalogue.fill(n); return n; }  // enter
"""
SHAPES_PROGRAM = """
import ctypes
library = ctypes.CDLL("./libshapes.so")
def load():
    library.fill(300)  # load
load()
"""


def build_shapes(folder, *options):
    if not shutil.which("g++"):
        pytest.skip("no g++")
    (folder / "shapes.cpp").write_text(SHAPES)
    subprocess.run(["g++", "-O2", "-shared", "-fPIC", *options, "-o", "libshapes.so", "shapes.cpp"], cwd=folder, check=True)


def native_frames(folder, *options):
    """{function: the frame} of what the C++ library allocated for load()."""
    done = subprocess.run([PROGRAM, "export", folder / "a.hftrace", "--format", "json", "-o", "-", "--function", "load", *options], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return {frame["function"]: frame for frame in json.loads(done.stdout)["frames"] if frame["kind"] == "native"}


def check_shapes(folder, source):
    """What is told of the library's functions; `source`: where it has debug information."""
    frames = native_frames(folder)
    library, name = str(folder / "libshapes.so"), "shop::Catalogue::fill(int)"
    fill = frames[name]
    assert os.path.normpath(fill["binary"]) == library and fill["symbol"] == "_ZN4shop9Catalogue4fillEi"
    demangled = subprocess.run(["c++filt", fill["symbol"]], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    assert demangled == name
    inlined = "shop::Pool<char>::grow(int, int)"
    if not source:
        assert fill["file"] == fill["binary"] and not fill["line"] and inlined not in frames
        return
    path = str(folder / "shapes.cpp")
    lines = {mark: next(i for i, line in enumerate(SHAPES.splitlines(), 1) if line.endswith("// " + mark)) for mark in ("grow", "fill", "enter")}
    assert (fill["file"], fill["line"]) == (path, lines["fill"])
    assert (frames["fill"]["file"], frames["fill"]["line"]) == (path, lines["enter"]) and "symbol" not in frames["fill"]
    assert (frames[inlined]["file"], frames[inlined]["line"]) == (path, lines["grow"])
    rows = chains(folder, "--leaks")
    last = ["fill (%s:%d)" % (path, lines["enter"]), "%s (%s:%d)" % (name, path, lines["fill"]), "%s (%s:%d)" % (inlined, path, lines["grow"])]
    assert sum(number for names, number in rows if names[-4:-1] == last and names[-1].startswith("(malloc")) == 300 * 1000
    tree = subprocess.run([PROGRAM, "tree", folder / "a.hftrace", "--leaks", "--function", "load"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "shapes.cpp:%d (%s, libshapes.so)" % (lines["grow"], inlined) in tree


def test_lines_and_names_of_cpp(any_python, tmp_path):
    build_shapes(tmp_path, "-g")
    assert run(tmp_path, "--native", any_python.path, script(tmp_path, SHAPES_PROGRAM)).returncode == 0
    check_shapes(tmp_path, source=True)
    # The same with functions for lines, and with the frames hidden.
    rows = chains(tmp_path, "--leaks", "--functions", "--function", "load")
    assert bytes_below(rows, "load (", "shop::Catalogue::fill(int) (", "shop::Pool<char>::grow(int, int) (") >= 300 * 1000
    assert not native_frames(tmp_path, "--hide-native")
    profile = profile_class()()
    told = subprocess.run([PROGRAM, "export", tmp_path / "a.hftrace", "--format", "pprof", "-o", "-"], check=True, stdout=subprocess.PIPE)
    profile.ParseFromString(gzip.decompress(told.stdout))
    names = {profile.string_table[f.name]: (profile.string_table[f.system_name], profile.string_table[f.filename], f.start_line)
             for f in profile.function}
    assert names["shop::Catalogue::fill(int)"] == ("_ZN4shop9Catalogue4fillEi", str(tmp_path / "shapes.cpp"), 16)
    assert names["load"][0] == "load"


def table(folder, *options):
    done = subprocess.run([PROGRAM, "table", folder / "a.hftrace", "--leaks", "--top", "1000000", "--json", "-", *options], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return json.loads(done.stdout)


def place_of(row):
    return tuple(row.get(key) for key in ("kind", "file", "line", "function"))


def test_table_tells_the_native_function(any_python, tmp_path):
    build_shapes(tmp_path, "-g")
    assert run(tmp_path, "--native", any_python.path, script(tmp_path, SHAPES_PROGRAM + "held = [[i] for i in range(2000)]  # held\n")).returncode == 0
    rows = [row for row in table(tmp_path)["lines"] if row.get("function") == "load"]
    askers = {row["native_function"]["function"]: row["native_function"] for row in rows if "native_function" in row}
    grow = askers["shop::Pool<char>::grow(int, int)"]
    assert grow["file"] == str(tmp_path / "shapes.cpp") and SHAPES.splitlines()[grow["line"] - 1].endswith("// grow")
    assert grow["symbol"].startswith("_ZN4shop4Pool") and grow["binary"].endswith("/libshapes.so")
    assert sum(row["chosen"]["bytes"] for row in rows if row.get("native_function") == grow) == 300 * 1000 + 4096
    # What the interpreter itself asks for has no such function.
    lists = [row for row in table(tmp_path)["lines"] if row.get("line") == line_of(tmp_path / "script.py", "held")]
    assert lists and all("native_function" not in row for row in lists)
    for by in ("line", "function", "file", "stack"):
        told, hidden = table(tmp_path, "--by", by), table(tmp_path, "--by", by, "--hide-native")
        assert told["chosen"] == hidden["chosen"] and not any("native_function" in row for row in hidden["lines"])
        if by == "stack":
            stacks = [[frame["function"] for frame in row["stack"]] for row in told["lines"] if "stack" in row]
            assert any("shop::Pool<char>::grow(int, int)" in names for names in stacks) and len(told["lines"]) > len(hidden["lines"])
            plain = [tuple((frame["file"], frame["line"]) for frame in row["stack"]) for row in hidden["lines"] if "stack" in row]
            assert len(set(plain)) == len(plain)
            continue
        sums = {}
        for row in told["lines"]:
            sums[place_of(row)] = sums.get(place_of(row), 0) + row["chosen"]["bytes"]
        assert sums == {place_of(row): row["chosen"]["bytes"] for row in hidden["lines"]}
        assert len({(place_of(row), json.dumps(row.get("native_function"))) for row in told["lines"]}) == len(told["lines"])
    text = subprocess.run([PROGRAM, "table", tmp_path / "a.hftrace", "--leaks"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "NATIVE FUNCTION" in text.splitlines()[0]
    assert "shapes.cpp:%d (shop::Pool<char>::grow(int, int), libshapes.so)" % grow["line"] in text
    text = subprocess.run([PROGRAM, "table", tmp_path / "a.hftrace", "--leaks", "--by", "file"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "BINARY" in text.splitlines()[0] and "libshapes.so" in text


def test_names_of_cpp_without_debug_information(any_python, tmp_path):
    build_shapes(tmp_path)
    assert run(tmp_path, "--native", any_python.path, script(tmp_path, SHAPES_PROGRAM)).returncode == 0
    check_shapes(tmp_path, source=False)


@pytest.mark.parametrize("which", ["its own", "of another build"])
def test_debug_information_in_a_file_of_its_own(any_python, tmp_path, which):
    """Where distributions put it. What is of another build tells nothing."""
    folder = Path("/usr/lib/debug/.build-id")
    if not os.access(folder if folder.is_dir() else folder.parent.parent, os.W_OK):
        pytest.skip("cannot write to %s" % folder)
    build_shapes(tmp_path, "-g")
    told = subprocess.run(["readelf", "-n", "libshapes.so"], cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True).stdout
    build_id = told.split("Build ID: ")[1].split()[0]
    debug = folder / build_id[:2] / (build_id[2:] + ".debug")
    subprocess.run(["objcopy", "--only-keep-debug", "libshapes.so", "own.debug"], cwd=tmp_path, check=True)
    subprocess.run(["strip", "-g", "libshapes.so"], cwd=tmp_path, check=True)
    if which != "its own":
        (tmp_path / "other").mkdir()
        build_shapes(tmp_path / "other", "-g", "-DOTHER")
        subprocess.run(["objcopy", "--only-keep-debug", "other/libshapes.so", "own.debug"], cwd=tmp_path, check=True)
    debug.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy(tmp_path / "own.debug", debug)
        assert run(tmp_path, "--native", any_python.path, script(tmp_path, SHAPES_PROGRAM)).returncode == 0
    finally:
        debug.unlink(missing_ok=True)
    check_shapes(tmp_path, source=which == "its own")


def test_a_binary_with_damaged_debug_information(any_python, tmp_path):
    """Its names, or none of it: the capture is there, and the program has run."""
    build_shapes(tmp_path, "-g")
    whole = (tmp_path / "libshapes.so").read_bytes()
    told = subprocess.run(["objdump", "-h", "libshapes.so"], cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True).stdout
    sections = [line.split() for line in told.splitlines() if " .debug_" in line]
    for seed in range(8):
        damaged, random = bytearray(whole), Random(seed)
        for _, _, size, _, _, offset, _ in sections:
            for _ in range(20):
                damaged[int(offset, 16) + random.randrange(int(size, 16))] = random.randrange(256)
        (tmp_path / "libshapes.so").write_bytes(damaged)
        done = run(tmp_path, "--native", any_python.path, script(tmp_path, SHAPES_PROGRAM))
        assert done.returncode == 0, done.stderr
        assert at(summary(tmp_path), tmp_path / "script.py", "load")["live"][0] >= 300 * 1000


HOSTILE_NAMES = """
#include <stdlib.h>
void *volatile kept;
static __attribute__((noinline)) int endless(void) __asm__("_Z1fI1aES_IS0_S0_E%s");
static int endless(void) { kept = malloc(7000); return 1; }
static __attribute__((noinline)) int control(void) __asm__("_Z4wipevESCAPE");
static int control(void) { kept = malloc(8000); return 1; }
int enter(void) { return endless() + control(); }
"""


def test_hostile_names(any_python, tmp_path):
    endless = "".join("S_IS%c_S%c_E" % (digit, digit) for digit in "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    build(tmp_path, "-g0", text=HOSTILE_NAMES % endless)
    library = tmp_path / "libleaky.so"
    library.write_bytes(library.read_bytes().replace(b"ESCAPE", b"\033[2J\r\n"))
    done = run(tmp_path, "--native", any_python.path, script(tmp_path, "import ctypes\nctypes.CDLL('./libleaky.so').enter()\n"))
    assert done.returncode == 0, done.stderr
    names = [row[0][-2] for row in chains(tmp_path, "--total") if row[1] == 7000]
    assert len(names) == 1 and len(names[0]) < 5000
    told = subprocess.run([PROGRAM, "tree", tmp_path / "a.hftrace", "--total", "--top", "100000"], check=True, stdout=subprocess.PIPE).stdout
    assert b"\033" not in told


def test_lines_of_the_interpreter(tmp_path):
    """Functions and lines of a CPython that is not stripped; without what its compiler has put into them."""
    inlined = "_PyObject_VectorcallTstate"  # in most builds always

    def has_lines(one):
        libraries = [one.path, *Path(one.path).resolve().parent.parent.glob("lib/libpython3*.so.1.0")]
        told = subprocess.run(["readelf", "-SsW", *map(str, libraries)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        return ".debug_info" in told and inlined not in told
    found = [one for one in interpreters() if not one.free_threaded and not one.debug and has_lines(one)]
    if not found:
        pytest.skip("no optimized interpreter with debug information here: tools/fetch_standalone_pythons has some")
    path = script(tmp_path, "def make(n):\n    return sorted([[i] for i in range(n)], key=lambda row: tuple(row * 3))\nkept = make(1000)\n")
    assert run(tmp_path, "--native", found[0].path, path).returncode == 0
    done = subprocess.run([PROGRAM, "export", tmp_path / "a.hftrace", "--format", "json", "-o", "-"], check=True, stdout=subprocess.PIPE, text=True)
    frames = [frame for frame in json.loads(done.stdout)["frames"] if frame["kind"] == "native" and "python3" in os.path.basename(frame["binary"])]
    with_lines = [frame for frame in frames if frame["line"]]
    assert len(with_lines) > 20 and all(frame["file"].endswith((".c", ".h")) for frame in with_lines)
    assert any(frame["function"].startswith("PyEval_EvalCode") for frame in with_lines)
    assert not any(frame["function"] == inlined for frame in frames)

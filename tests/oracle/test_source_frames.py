"""Lines and inlined calls of addresses (acquire/source_frames.h), against llvm-symbolizer or addr2line: of C and C++, compiled in ways that
write debug information differently, whole and in a file of its own."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.targets import PROGRAM

TOOL = Path(PROGRAM).parent / "tests" / "tool_source_frames"
pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="tool_source_frames is not built beside the program (needs cmocka)")

SHAPES = r"""
#include <map>
#include <memory>
#include <string>
#include <vector>
namespace {
struct Base { virtual ~Base() = default; virtual int area(int) const = 0; };
}
namespace shop {
template <typename T> struct Pool {
    std::vector<T> kept;
    __attribute__((always_inline)) inline void grow(int n) { for (int i = 0; i < n; i++) kept.push_back(T(i)); }
};
struct Square : Base { int area(int n) const override { return n * n; } };
struct Catalogue {
    Pool<double> pool;
    std::map<std::string, std::vector<double>> prices;
    void fill(int n) { pool.grow(n); pool.grow(2 * n); }
    void price(int n) {
        auto name = [](int i) { return "item " + std::to_string(i); };
        for (int i = 0; i < n; i++)
            prices[name(i)].resize(500);
        try {
            prices.at("none").clear();
        } catch (const std::exception &e) {
            prices[e.what()].clear();
        }
    }
};
}
static shop::Catalogue catalogue;
extern "C" int run(int n) { catalogue.fill(n); catalogue.price(n); return std::make_unique<shop::Square>()->area(n); }
"""


def text_section(path):
    """(address, size) of the code."""
    told = subprocess.run(["objdump", "-h", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split() for line in told.splitlines()]
    return next((int(row[3], 16), int(row[2], 16)) for row in rows if len(row) > 4 and row[1] == ".text")


def plain(name):
    """A name without what optimizers put behind it, and of constructors and destructors, which often share their code, one; what is not
    known, or made by the compiler to initialize what is static, is None."""
    name = re.sub(r"([CD])[0-5]E", r"\1E", re.sub(r"\.(isra|part|constprop|cold|lto_priv)\b.*$", "", name))
    return None if name in ("?", "??") or name.startswith(("_GLOBAL_", "_Z41__static_init", "__static_init")) else name


def whole(place):
    """file:line with a path without detours; None where it is not known."""
    file, line = place.rsplit(":", 1)
    line = line.split(" ")[0]
    return None if file.startswith("?") or line in ("0", "?") else os.path.normpath(file) + ":" + line


def ours(path, addresses):
    told = subprocess.run([TOOL, path], input="\n".join("%x" % a for a in addresses), check=True, stdout=subprocess.PIPE, text=True)
    found, frames = {}, None
    for line in told.stdout.splitlines():
        if "\t" in line:
            name, place = line.split("\t")
            frames.append((plain(name), whole(place)))
        else:
            frames = found.setdefault(int(line, 16), [])
    return found


def theirs(path, addresses):
    peer = ["llvm-symbolizer", "--output-style=GNU"] if shutil.which("llvm-symbolizer") else ["addr2line"]
    told = subprocess.run([*peer, "-e", path, "-a", "-f", "-i", *(["--no-demangle"] if len(peer) > 1 else [])], input="".join("0x%x\n" % a for a in addresses), check=True,
                          stdout=subprocess.PIPE, text=True)
    found, frames = {}, None
    lines = iter(told.stdout.splitlines())
    for line in lines:
        if line.startswith("0x"):
            frames = found.setdefault(int(line, 16), [])
        else:
            frames.append((plain(line), whole(next(lines))))
    return found


def code_of(path, most=20000):
    """Addresses of its code: all, or as many, evenly."""
    start, size = text_section(path)
    return range(start, start + size, max(1, size // most))


def compare(path, names=True):
    """Each address: the same functions at the same lines. Names are those of the linker, since demanglers differ in blanks."""
    addresses = code_of(path)
    mine, other = ours(path, addresses), theirs(path, addresses)
    wrong, known, inlined = [], 0, 0
    for address in addresses:
        expected = [frame for frame in other[address] if frame[1]]
        if len(expected) < len(other[address]):
            continue  # compiled without, or a line that the compiler made up
        known += 1
        inlined += len(expected) > 1
        got = mine.get(address, [])
        if not names or (len(got) == 1 and got[0][0] is None):  # a line and no function: symbol tables have that
            got, expected = ([place for _, place in frames] for frames in (got, expected))
        if got != expected:
            wrong.append((hex(address), got, expected))
    return known, inlined, wrong


@pytest.mark.parametrize("compiler, options", [
    ("g++", ["-O2", "-g"]), ("g++", ["-O3", "-gdwarf-4", "-flto"]), ("g++", ["-O1", "-g", "-gz"]), ("g++", ["-Os", "-g", "-fdebug-types-section"]),
    ("clang++-16", ["-O2", "-g"]), ("clang++-16", ["-O2", "-gdwarf-4"]), ("clang++-16", ["-O3", "-gline-tables-only"])],
    ids=lambda value: value if isinstance(value, str) else "".join(value))
def test_lines_of_cpp(tmp_path, compiler, options):
    if not shutil.which(compiler):
        pytest.skip("no " + compiler)
    (tmp_path / "shapes.cpp").write_text(SHAPES)
    built = subprocess.run([compiler, *options, "-shared", "-fPIC", "-o", "shapes.so", "shapes.cpp"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    if built.returncode:
        pytest.skip("%s cannot build C++ here: %s" % (compiler, built.stderr.splitlines()[-1]))
    known, inlined, wrong = compare(tmp_path / "shapes.so", names="-gline-tables-only" not in options)
    assert known > 500 and inlined > 100
    assert not wrong, (len(wrong), wrong[:3])


def test_lines_of_a_file_of_its_own(tmp_path):
    if not shutil.which("g++"):
        pytest.skip("no g++")
    (tmp_path / "shapes.cpp").write_text(SHAPES)
    subprocess.run(["g++", "-O2", "-g", "-shared", "-fPIC", "-o", "shapes.so", "shapes.cpp"], cwd=tmp_path, check=True)
    addresses = code_of(tmp_path / "shapes.so")
    before = ours(tmp_path / "shapes.so", addresses)
    subprocess.run(["objcopy", "--only-keep-debug", "shapes.so", "shapes.debug"], cwd=tmp_path, check=True)
    assert before == ours(tmp_path / "shapes.debug", addresses)
    assert len(before) > 500


def test_lines_of_ourselves():
    known, inlined, wrong = compare(Path(PROGRAM))
    if not known:
        pytest.skip("the program has no debug information")
    assert inlined > 1000
    assert not wrong, (len(wrong), wrong[:3])

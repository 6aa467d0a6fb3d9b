"""References that no object accounts for: what C code has in structures of its own is held by it, what it has nowhere was forgotten.
tests/extensions/registry.c does either."""
import pytest

from tests import extensions
from tests.e2e.targets import holdfast, target
from tests.e2e.test_known import STEPPING, diagnose

PROGRAM = STEPPING + """
sys.path.insert(0, sys.argv[1])
import registry
class Screen:
    def __init__(self, number):
        self.number, self.rows = number, ["row %d of screen %d" % (n, number) for n in range(20)]
    def changed(self):
        return self.number
class Report:
    def __init__(self, number):
        self.text = "report %d " % number * 20
def step():
    for n in range(400): GIVE
step()
serve(step)
"""
HELD = {
    "listen": ("registry.listen(Screen(n).changed)", "listener-accumulation", "method"),
    "note": ("registry.note(Report(n))", "registry-growth", "__main__.Report"),
    "file": ("registry.file(n, Report(n))", "registry-growth", "__main__.Report"),
    "by ctypes": ("by_ctypes(Report(n))", "registry-growth", "__main__.Report"),
}
BY_CTYPES = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def by_ctypes(thing):
    node = (ctypes.c_void_p * 3).from_address(libc.malloc(24))
    node[0], node[1], node[2] = 1, id(thing), 2
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
"""
LOST = {
    "objects": ("registry.lose([Report(n) for _ in range(3)])", "__main__.Report"),
    "callables": ("registry.lose([Screen(n).changed])", "method"),
    # while tracemalloc has the address of each in a table of its own
    "traced": ("registry.lose([b'%d' % n * 50])\nimport tracemalloc\ntracemalloc.start()", "bytes"),
    # while C has a table of others of that type
    "beside": ("registry.lose([Report(n)])\nfor n in range(300): registry.file(n, Report(n))\ndef step():\n"
               "    for n in range(400): registry.lose([Report(n)])", "__main__.Report"),
}


@pytest.fixture
def started(python_minor, tmp_path):
    """Starts a program that gives something to the extension."""
    if python_minor.free_threaded:
        pytest.skip("counts of references are in two parts, and blocks of mimalloc are not looked into")
    folder = extensions.build("registry.c", python_minor, tmp_path)
    if not folder:
        pytest.skip("this interpreter has no headers to build an extension with")

    def start(give):
        program = PROGRAM.replace("GIVE", give).replace("def step", BY_CTYPES + "def step", 1)
        return target(python_minor, program, str(folder))
    return start


@pytest.fixture
def suspects(started, tmp_path):
    def of(give):
        with started(give) as process:
            return diagnose(process, tmp_path).json["suspects"]
    return of


@pytest.mark.parametrize("name", HELD)
def test_what_c_code_has_is_held_by_it(name, suspects):
    give, pattern, kind = HELD[name]
    first = suspects(give)[0]
    assert first["pattern"] == pattern and first["type"].startswith(kind), first
    assert first["path"].startswith("held by C: ") and "DECREF" not in first["fix"], first
    if name in ("listen", "file"):
        assert "registry.so" in first["evidence"] + first["fix"], first


@pytest.mark.parametrize("name", LOST)
def test_what_nobody_has_was_forgotten(name, suspects):
    give, kind = LOST[name]
    first = suspects(give)[0]
    assert first["pattern"] == "c-refcount-leak" and first["type"].startswith(kind), first
    assert "Py_DECREF" in first["fix"] and "no known holder" in first["path"], first


def test_a_path_begins_with_c(started, tmp_path):
    file, path = tmp_path / "heap", "held by C: Screen.changed"
    with started("kept.append(registry.listen(Screen(n).changed))\nkept = [Screen(0).changed]\nregistry.listen(kept[0])") as process:
        holdfast("snapshot", process.pid, "-o", file, expect=0)
    told = holdfast("path", file, path, "--json", "-", expect=0).json
    assert told["path"] == path and told["steps"][0]["step"] == "held by C"
    assert holdfast("path", file, told["address"], "--json", "-", expect=0).json == told
    below = holdfast("path", file, path + ".__self__.rows", expect=0).stdout
    assert below.startswith(path + ".__self__.rows\n") and "no root" not in below
    cut = holdfast("what-if", file, "--cut", path, "--json", "-", expect=0).json
    # Not the one that `kept` has; and a word that a call has left on the stack may lead to the last.
    assert cut["cuts"][0]["references"] in (399, 400)


def test_what_a_static_array_has_is_taken_back_by_its_library(suspects):
    first = suspects("registry.pin(Screen(n).changed)")[0]
    assert first["pattern"] == "listener-accumulation" and first["path"] == "C static in registry.so: Screen.changed", first
    assert "gives these to registry.so" in first["fix"], first


@pytest.mark.parametrize("give, words", [("registry.listen(Screen(n).changed)", "into a table of registry.so"),
                                         ("registry.lose([Screen(n).changed])", "a reference and forgets it")])
def test_refcounts_tell_one_from_the_other(give, words, started):
    with started(give) as process:
        assert words in holdfast("refcounts", process.pid, "--json", "-", expect=0).json["cure"]

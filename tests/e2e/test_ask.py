"""--ask-extensions: objects of C extensions tell what they refer to, in a copy that shares nothing
with the process. tests/extensions/hidden.c has types with references that no scan can find, and
types that crash, never end, write to shared memory or call the kernel when they are asked."""
import collections
import csv
import json
import shutil

import pytest

from tests import extensions
from tests.e2e.freezing import freeze, running_children_of, tracer_of, zombies_of
from tests.e2e.targets import holdfast, state_of, target, wait_until
from tests.e2e.test_freeze import KILL_PROCESS, SECCOMP, needs_root
from tests.e2e.killing import kill_again_and_again, python_checker

KINDS = ("Broken", "Endless", "Writer", "Caller", "Deep")

PROGRAM = """
import ctypes, gc, json, mmap, sys
sys.path.insert(0, sys.argv[1])
import hidden
class Sub(hidden.Keeper):
    pass
shared = mmap.mmap(-1, 4096)
word = ctypes.c_uint64.from_buffer(shared)
word.value = 111
out = open(sys.argv[1] + "/out", "wb", buffering=0)
nested = hidden.make("Keeper", [None, ["only", "within"]])
keepers = [hidden.make("Keeper", [[i], [i, 1], {"two": i}, nested]) for i in range(50)]
same = ["same"]
keepers.append(hidden.make("Keeper", [same, same, same]))
keepers.append(hidden.make("Keeper", []))
large = hidden.make("Keeper", [[i] for i in range(200_000)])
bad = {k: [hidden.make(k, [[k, i], [k]]) for i in range(20)] for k in sys.argv[2].split(",")}
gc.collect()
with open(sys.argv[1] + "/truth", "w") as file:
    json.dump({str(id(k)): [id(r) for r in gc.get_referents(k)] for k in [*keepers, nested, large]}, file)
gc.disable()
hidden.arm(ctypes.addressof(word), out.fileno())
ready()
sys.stdin.readline()
print("STATE", word.value, hidden.told(), flush=True)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The extension, built for an interpreter, in a folder of its own."""
    made = {}

    def build(python):
        if python.name not in made:
            made[python.name] = extensions.build("hidden.c", python, tmp_path_factory.mktemp(python.name))
        if not made[python.name]:
            pytest.skip("this interpreter has no headers to build an extension with")
        return made[python.name]
    return build


def look(pid, folder, *options):
    """(info, {source: [(target, kind, label)]}, {address: row})."""
    holdfast("snapshot", pid, "-o", folder / "heap", *options, expect=0)
    info = json.loads(holdfast("info", folder / "heap", "--json", "-", expect=0).stdout)
    holdfast("export", folder / "heap", "--format", "csv", "-o", folder / "csv", expect=0)
    edges = collections.defaultdict(list)
    with open(folder / "csv" / "refs.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            edges[int(row["source"], 16)].append((int(row["target"], 16), row["kind"], row["label"]))
    with open(folder / "csv" / "objects.csv", newline="", encoding="utf-8") as file:
        objects = {int(row["address"], 16): row for row in csv.DictReader(file)}
    shutil.rmtree(folder / "csv")
    (folder / "heap").unlink()
    return info, edges, objects


def unharmed(process):
    """What the target says of itself at the end: neither its memory nor its code was touched."""
    assert tracer_of(process.pid) == 0 and not running_children_of(process.pid)
    assert zombies_of(process.pid) == []
    process.stdin.write(b"\n")
    process.stdin.flush()
    assert process.stdout.readline().split() == [b"STATE", b"111", b"0"]


def check_truth(truth, edges):
    for source, referents in truth.items():
        found = [t for t, kind, _ in edges[int(source)] if not kind.startswith("scanned")]
        assert collections.Counter(found) == collections.Counter(referents)


def test_hidden_references_are_told_exactly(python, built, tmp_path):
    folder = built(python)
    with target(python, PROGRAM, folder, "Keeper") as process:
        truth = json.loads((folder / "truth").read_text())
        before, scanned, _ = look(process.pid, tmp_path)
        info, edges, objects = look(process.pid, tmp_path, "--ask-extensions")
        unharmed(process)
    missed = [s for s, r in truth.items() if len(scanned[int(s)]) < len(r)]
    assert len(missed) > 50, "the scan alone finds what was to be hidden"
    assert "extensions" not in before
    check_truth(truth, edges)
    for source in truth:
        assert int(source) in objects
        labels = [int(label) for _, kind, label in edges[int(source)] if kind == "told"]
        assert labels == sorted(set(labels))
        assert len(labels) <= len(truth[source])
    asked = info["extensions"]
    assert asked["failures"] == "" == asked["why_not"]
    assert asked["objects"] >= len(truth) and asked["references"] > 200_000
    balanced = [i["check"]["balanced"] / i["check"]["objects"] for i in (before, info)]
    assert balanced[1] > balanced[0]
    assert info["check"]["overcounted"] <= before["check"]["overcounted"]


def test_types_that_misbehave_harm_nobody(python, built, tmp_path):
    folder = built(python)
    with target(python, PROGRAM, folder, ",".join(KINDS)) as process:
        truth = json.loads((folder / "truth").read_text())
        info, edges, objects = look(process.pid, tmp_path, "--ask-extensions")
        unharmed(process)
        assert (folder / "out").read_bytes() == b""
    asked = info["extensions"]
    ends = dict(one.split(" ", 1) for one in asked["failures"].split("; "))
    assert ends == {"hidden.Broken": "crashed", "hidden.Endless": "took too long",
                    "hidden.Writer": "crashed", "hidden.Caller": "attempted a system call",
                    "hidden.Deep": "crashed"}
    assert asked["types_failed"] == len(KINDS) and asked["why_not"] == ""
    check_truth(truth, edges)
    bad = [a for a, row in objects.items() if row["type"].split(".")[-1] in KINDS]
    assert len(bad) == 20 * len(KINDS), "objects that could not tell are scanned"
    assert all(any(kind == "scanned:offset" for _, kind, _ in edges[a]) for a in bad)


def test_without_a_copy_nothing_is_asked(any_python, built, tmp_path):
    folder = built(any_python)
    with target(any_python, PROGRAM, folder, "Keeper") as process:
        info, _, _ = look(process.pid, tmp_path, "--ask-extensions", "--live")
        unharmed(process)
    assert info["extensions"]["objects"] == 0
    assert info["extensions"]["why_not"] == "no copy was made"


@needs_root
@pytest.mark.parametrize("number, name", [(436, "close_range"), (11, "munmap"), (157, "prctl")])
def test_a_filter_that_forbids_to_cut_it_off(any_python, built, number, name, tmp_path):
    folder = built(any_python)
    # The program arms its filter last: it may need these calls before.
    program = PROGRAM.replace("ready()", SECCOMP.replace("sys.argv[1]", "sys.argv[3]")
                              .replace("sys.argv[2]", "sys.argv[4]") + "\nready()")
    with target(any_python, program, folder, "Keeper", hex(KILL_PROCESS), number) as process:
        info, edges, _ = look(process.pid, tmp_path, "--ask-extensions")
        assert state_of(process.pid) == "S"
        wait_until(lambda: not running_children_of(process.pid), what="the copy is gone")
    assert "system call %d, which is needed" % number in info["extensions"]["why_not"], name
    assert info["extensions"]["objects"] == 0 and edges


# Writes down how tool_freeze is to be asked for the items of a list, and these.
QUESTION = """
import ctypes, sys
items = [[1], ["two"], {"three": 3}]
PLACE = 184  # of tp_traverse in PyTypeObject
with open(sys.argv[-1], "w") as file:
    print(ctypes.c_uint64.from_address(id(list) + PLACE).value, id(items), *map(id, items), file=file)
"""


def question_in(path):
    function, items, *wanted = path.read_text().split()
    return ("--ask", "%s:%s:1" % (function, items)), sorted(map(int, wanted))


def test_an_answer_is_what_the_function_tells(python, tmp_path):
    with target(python, QUESTION, tmp_path / "question") as process:
        asked, wanted = question_in(tmp_path / "question")
        how = "--folder", tmp_path, "--max-pause", 5000
        told = freeze(process.pid, *how, *asked, *asked)
        assert [sorted(a[2:]) for a in told["answers"]] == [wanted, wanted]
        assert [a[:2] for a in told["answers"]] == [[0, 0], [1, 0]]
        # What is no function crashes; after three of its group nobody asks the others.
        nowhere = ["--ask", "16:32:7"] * 4
        told = freeze(process.pid, *how, *nowhere, *asked)
        assert [a[:2] for a in told["answers"]] == [[0, 2], [1, 2], [2, 2], [3, 5], [4, 0]]
        assert zombies_of(process.pid) == [] and tracer_of(process.pid) == 0


@pytest.mark.parametrize("threads", [1, 3])
def test_killing_the_tool_while_it_asks_harms_nobody(any_python, threads, tmp_path):
    path = tmp_path / "question"
    with python_checker(any_python, threads, path, before=QUESTION) as process:
        asked, _ = question_in(path)
        assert kill_again_and_again(process, tmp_path, 12, *asked) > 20

"""Compares what holdfast found in a process with what the process said of itself.

Differences that are no mistakes are listed here with their reason, by type; a type that is not
listed must agree in every object.
"""
import collections
import dataclasses
import os
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGETS = os.path.join(ROOT, "tests", "oracle", "targets")
WALK = os.path.join(ROOT, os.environ.get("HOLDFAST_BUILD", "build"), "tests", "tool_walk")
IMMORTAL, STATIC = 1 << 3, 1 << 2

# Types whose tp_traverse tells references that belong to another object, or live in C memory whose
# layout is a module's own affair. {type: (most that may be missed, reason)}
MISSED = {
    "functools._lru_cache_wrapper": (
        400, "its traverse visits what is in its links; the links are told to hold that themselves"),
    "_ctypes.PyCPointerType": (
        10, "up to 3.12 its traverse visits what its __dict__ (StgDict) holds; that is told of the dict"),
    "_ctypes.PyCArrayType": (10, "as PyCPointerType"),
    "builtins.module": (
        28, "_decimal of 3.13 and later keeps its exceptions in a table of its own behind the module's state, _zoneinfo"
            " of 3.12 and later the zones used last in a list of C, _tkinter its classes in static variables"),
    "sqlite3.Connection": (
        6, "from 3.11 on what set_trace_callback() and the like are given lies in structs of C"),
    "builtins.PyCapsule": (3, "C code of the module that made it visits a struct of its own"),
}

# {type: reason} of sizes that are not told as sys.getsizeof() does.
SIZES = {
    "_pickle.Unpickler": "the marks of the last load are not counted",
}

# {type: (most, reason)} of objects with more references found than counted.
OVER = {}

SIZES_EQUAL = 0.995


@dataclasses.dataclass
class Thing:
    type: str
    size: int
    refcount: int
    tracked: bool = False
    referents: list = None


@dataclasses.dataclass
class Found:
    type: str
    size: int
    refcount: int
    flags: int
    referents: list = dataclasses.field(default_factory=list)
    strong: int = 0 # references to it that own one


def run_target(python, script, folder, variables=None):
    """Starts targets/SCRIPT, with more variables in its environment, and waits for its dump;
    (process, path of the dump)."""
    return run_target_at(python.path, script, folder, variables=variables)


def run_target_at(executable, script, folder, *arguments, variables=None):
    """The same with the interpreter at a path, or a list: a program and its first arguments."""
    command = [executable] if isinstance(executable, str) else executable
    path = os.path.join(folder, "truth")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment.update(PYTHONDONTWRITEBYTECODE="1", PYTHONHASHSEED="0")
    environment.update(variables or {})
    target = subprocess.Popen([*command, os.path.join(TARGETS, script), path, *arguments],
                              cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not os.path.exists(path):
        if target.poll() is not None:
            said = target.stderr.read().decode()[-2000:]
            if said.rstrip().rpartition("\n")[2].startswith("ModuleNotFoundError: "):
                pytest.skip("this interpreter was built without all of its library: " + said.splitlines()[-1])
            raise AssertionError("%s ended: %s" % (script, said))
        if time.monotonic() > deadline:
            target.kill()
            raise AssertionError("%s wrote no dump within two minutes" % script)
        time.sleep(0.05)
    time.sleep(0.2) # until it blocks in read()
    return target, path


def read_truth(path):
    """{address: Thing}."""
    things = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            kind, *rest = line.split()
            if kind == "end":
                return things
            thing = Thing(rest[1], int(rest[2]), int(rest[3]), kind == "O")
            thing.referents = [int(x, 16) for x in rest[4:]]
            things[int(rest[0], 16)] = thing
    raise AssertionError("the dump was cut off")


def take(pid, folder, *options):
    """{address: Found} as holdfast sees the process; options of tool_walk."""
    objects, edges = os.path.join(folder, "objects"), os.path.join(folder, "edges")
    subprocess.run([WALK, str(pid), "--objects", objects, "--edges", edges, *options], check=True, timeout=300,
                   stdout=subprocess.DEVNULL)
    found, addresses = {}, []
    with open(objects, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            _, address, kind, size, _, _, refcount, _, flags = line.rstrip("\n").split("\t")[:9]
            found[int(address, 16)] = Found(kind.replace(" ", "_"), int(size), int(refcount), int(flags))
            addresses.append(int(address, 16))
    with open(edges, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            source, target, _, strength, label = line.rstrip("\n").split("\t", 4)
            target = addresses[int(target)]
            found[int(source, 16)].referents.append((target, label))
            found[target].strong += strength != "1"
    return found


@dataclasses.dataclass
class Row:
    """What was compared of one type."""
    objects: int = 0
    absent: int = 0      # objects that were not found
    wrong_type: int = 0
    referents: int = 0   # what gc.get_referents() said
    missed: int = 0
    sized: int = 0       # sizes compared
    wrong_size: int = 0
    counted: int = 0     # mortal objects
    over: int = 0        # objects with more strong references than they count
    examples: list = dataclasses.field(default_factory=list)

    def note(self, text):
        if len(self.examples) < 4:
            self.examples.append(text)


def compare(truth, found):
    """{type: Row}."""
    rows = collections.defaultdict(Row)
    for address, thing in truth.items():
        row = rows[thing.type]
        row.objects += 1
        mine = found.get(address)
        if mine is None:
            if thing.refcount <= 0 and not thing.tracked:
                continue # dead, on a free list that some traverse visits (_asyncio.FutureIter)
            row.absent += 1
            row.note("%x is not there" % address)
            continue
        if mine.type != thing.type:
            row.wrong_type += 1
            row.note("%x is %s here" % (address, mine.type))
            continue
        compare_one(row, address, thing, mine, truth, found)
    for address, mine in found.items():
        if mine.flags & (IMMORTAL | STATIC) or mine.refcount < 0:
            continue
        row = rows[mine.type]
        row.counted += 1
        if mine.strong > mine.refcount:
            row.over += 1
            sources = [(found[s].type, l) for s in found for t, l in found[s].referents if t == address] \
                if len(row.examples) < 2 else "..."
            row.note("%x counts %d, %d found: %s" % (address, mine.refcount, mine.strong, sources))
    return rows


def compare_one(row, address, thing, mine, truth, found):
    row.referents += len(thing.referents)
    missing = collections.Counter(thing.referents)
    missing.subtract(t for t, _ in mine.referents)
    for target, times in missing.items():
        # From 3.14 on the dict of interned strings is tracked: it names strings without owning them,
        # which go when the dump lets go of them.
        dead = target not in found and target in truth and truth[target].refcount <= 0
        if times > 0 and not dead:
            row.missed += times
            kind = found[target].type if target in found else truth[target].type if target in truth else "?"
            row.note("%x misses %x (%s)%s" % (address, target, kind, "" if target in found else ", unknown"))
    if thing.size >= 0:
        row.sized += 1
        if mine.size != thing.size:
            row.wrong_size += 1
            row.note("%x size %d, not %d" % (address, mine.size, thing.size))


def table(rows):
    """The types with something amiss, as text."""
    lines = ["%-44s %7s %6s %6s %8s %6s %6s %6s" % ("type", "objects", "absent", "type?", "refs", "missed", "size?", "over")]
    for name, r in sorted(rows.items(), key=lambda item: -(item[1].missed + item[1].wrong_size + item[1].over)):
        if r.absent or r.wrong_type or r.missed or r.wrong_size or r.over:
            lines.append("%-44s %7d %6d %6d %8d %6d %6d %6d" % (name[:44], r.objects, r.absent, r.wrong_type,
                                                               r.referents, r.missed, r.wrong_size, r.over))
            lines += ["    " + e for e in r.examples]
    return "\n".join(lines)


def total(rows, column):
    return sum(getattr(r, column) for r in rows.values())


def judge(rows, least=50000, interpreters=1):
    """What is wrong, one line each. `least`: objects that must have been compared at all;
    `interpreters`: what is tolerated is so in each of them."""
    compared = [total(rows, column) for column in ("objects", "referents", "sized", "counted")]
    if min(compared) < least:
        return ["only %d objects were compared" % total(rows, "objects")]
    return objects(rows) + references(rows, interpreters) + sizes(rows) + balance(rows, interpreters)


def objects(rows):
    return ["%s: %d of %d not found, %d of another type" % (name, r.absent, r.objects, r.wrong_type)
            for name, r in rows.items() if r.absent or r.wrong_type]


def references(rows, interpreters):
    return ["%s: %d of %d references missed" % (name, r.missed, r.referents)
            for name, r in rows.items() if r.missed > MISSED.get(name, (0,))[0] * interpreters]


def sizes(rows):
    wrong = ["%s: %d of %d sizes differ from sys.getsizeof()" % (name, r.wrong_size, r.sized)
             for name, r in rows.items() if r.wrong_size and name not in SIZES]
    if total(rows, "wrong_size") > (1 - SIZES_EQUAL) * total(rows, "sized"):
        wrong.append("%d sizes differ in all" % total(rows, "wrong_size"))
    return wrong


def balance(rows, interpreters):
    return ["%s: %d of %d objects have more references than they count" % (name, r.over, r.counted)
            for name, r in rows.items() if r.over > OVER.get(name, (0,))[0] * interpreters]

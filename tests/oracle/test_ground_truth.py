"""What holdfast finds in a process against what the interpreter itself says of it.

zoo.py is the heap that the decoders were made on; other_zoo.py is held out, to see that they were
not made for it. Differences that are no mistakes are listed here with their reason, by type; a
type that is not listed must agree in every object.
"""
import pytest

from tests.oracle import comparison

# Types whose tp_traverse tells references that belong to another object, or live in C memory whose
# layout is a module's own affair. {type: (most that may be missed, reason)}
MISSED = {
    "functools._lru_cache_wrapper": (
        400, "its traverse visits what is in its links; the links are told to hold that themselves"),
    "_ctypes.PyCPointerType": (
        10, "up to 3.12 its traverse visits what its __dict__ (StgDict) holds; that is told of the dict"),
    "_ctypes.PyCArrayType": (10, "as PyCPointerType"),
    "builtins.module": (
        13, "_decimal of 3.13 keeps its exceptions in a table of its own behind the module's state"),
    "builtins.PyCapsule": (3, "C code of the module that made it visits a struct of its own"),
}

# {type: reason} of sizes that are not told as sys.getsizeof() does.
SIZES = {
    "_pickle.Unpickler": "the marks of the last load are not counted",
}

# {type: (most, reason)} of objects with more references found than counted.
OVER = {
    "builtins.str": (1, "a symtable_entry, which is scanned, has borrowed a name"),
}

SIZES_EQUAL = 0.995



@pytest.mark.parametrize("script", ["zoo.py", "other_zoo.py"])
def test_heap_is_what_the_interpreter_says(python, script, tmp_path):
    target, path = comparison.run_target(python, script, str(tmp_path))
    try:
        found = comparison.take(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    rows = comparison.compare(comparison.read_truth(path), found)
    wrong = objects(rows) + references(rows) + sizes(rows) + balance(rows)
    if wrong:
        pytest.fail("\n".join(wrong) + "\n\n" + comparison.table(rows), pytrace=False)


def total(rows, column):
    return sum(getattr(r, column) for r in rows.values())


def objects(rows):
    assert total(rows, "objects") > 50000
    return ["%s: %d of %d not found, %d of another type" % (name, r.absent, r.objects, r.wrong_type)
            for name, r in rows.items() if r.absent or r.wrong_type]


def references(rows):
    assert total(rows, "referents") > 100000
    return ["%s: %d of %d references missed" % (name, r.missed, r.referents)
            for name, r in rows.items() if r.missed > MISSED.get(name, (0,))[0]]


def sizes(rows):
    assert total(rows, "sized") > 50000
    assert total(rows, "wrong_size") <= (1 - SIZES_EQUAL) * total(rows, "sized")
    return ["%s: %d of %d sizes differ from sys.getsizeof()" % (name, r.wrong_size, r.sized)
            for name, r in rows.items() if r.wrong_size and name not in SIZES]


def balance(rows):
    assert total(rows, "counted") > 50000
    return ["%s: %d of %d objects have more references than they count" % (name, r.over, r.counted)
            for name, r in rows.items() if r.over > OVER.get(name, (0,))[0]]

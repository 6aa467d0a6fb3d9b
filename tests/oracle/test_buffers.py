"""Bytes that lie outside of their object are counted with who owns them, once; what only looks at
them counts nothing and shows whom it keeps alive. Compared with the program's own account."""
import json
import subprocess

import pytest

from tests import extensions
from tests.e2e.targets import holdfast
from tests.oracle import comparison, exported


def look(path, folder, *libraries):
    """(what the target says, {address: row}, {(source, target): kind})."""
    target, truth = comparison.run_target_at(path, "buffers.py", str(folder), *libraries)
    entries, objects, references = exported.look(target, truth, folder)
    return entries, objects, exported.kinds(references)


def reaches(edges, sources, target, steps=2):
    """Whether a strong reference leads there, over at most one object between (a managedbuffer)."""
    for _ in range(steps):
        if any((s, target) in edges for s in sources):
            return True
        sources = [t for s, t in edges if s in set(sources)]
    return False


def check(entries, objects, edges):
    wrong = []
    strong = {edge: kind for edge, kind in edges.items() if "weak" not in kind}
    for entry in entries:
        row = objects[entry["address"]]
        external = int(row["external"])
        # Beside the bytes, what the allocator takes to round them up; from 3.15 on those of a bytearray
        # are a bytes object, with its header.
        beside = 64 if entry["what"] == "bytearray" else 32
        if not entry["owned"] <= external <= entry["owned"] + (beside if entry["owned"] else 0) \
                and entry["what"] not in ("StringIO", "an object alone"):
            wrong.append((entry["what"], "owns", entry["owned"], "but", external))
        for held in entry["holds"]:
            if not reaches(strong, [entry["address"]], held):
                wrong.append((entry["what"], "does not hold", objects.get(held, hex(held))))
    assert not wrong


def check_lengths(entries, heap, folder):
    """What is written of a stream, and not the room that it has made."""
    asked = [entry for entry in entries if entry["length"] is not None]
    assert len(asked) == 2
    for entry in asked:
        holdfast("objects", heap, "--address", hex(entry["address"]), "--json", folder / "one.json", expect=0)
        found, = json.loads((folder / "one.json").read_text())["objects"]
        assert (entry["what"], found["length"]) == (entry["what"], entry["length"])


def test_buffers_of_the_standard_library(python, tmp_path):
    entries, objects, edges = look(python.path, tmp_path)
    check(entries, objects, edges)
    check_lengths(entries, tmp_path / "heap", tmp_path)


@pytest.mark.parametrize("library", ["numpy", "pandas", "pillow"])
def test_buffers_of_libraries(python, library, tmp_path):
    path = extensions.interpreter(python)
    if not path:
        pytest.skip("no extensions are installed for this interpreter (make extensions)")
    entries, objects, edges = look(path, tmp_path, library)
    assert len(entries) > 25
    check(entries, objects, edges)

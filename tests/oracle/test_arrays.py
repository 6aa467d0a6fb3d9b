"""Arrays of numpy: sizes against sys.getsizeof(), bytes against nbytes, references against base,
dtype and items. numpy belongs to an interpreter, so this runs on those that have it."""
from tests.oracle import comparison, exported


def test_arrays_are_what_numpy_says(python, tmp_path):
    exported.skip_without(python, "numpy")
    target, path = comparison.run_target(python, "arrays.py", str(tmp_path))
    truth, found, references = exported.look(target, path, tmp_path)
    assert len(truth["sizes"]) > 10
    for address, size, owned in truth["sizes"]:
        row = found[address]
        assert int(row["size"]) == size, row
        assert owned <= int(row["external"]) <= owned + 32, row
    edges = exported.kinds(references)
    missed = [edge for edge in map(tuple, truth["references"]) if edge not in edges]
    assert not missed
    guessed = [edge for edge, kind in edges.items() if edge[0] in truth["exact"] and "scanned" in kind]
    assert not guessed, "numbers of an iterator were taken for references"
    own = [edge for edge, kind in edges.items() if edge[0] == edge[1] and "scanned" in kind]
    assert not own, "words by which C finds the object itself were taken for references"
    shown = {kind: ["small-view" in found[address]["flags"] for address in truth[kind]]
             for kind in ("small", "whole")}
    assert all(shown["small"]) and not any(shown["whole"]), shown

"""What waiting greenlets hold, against what their functions say. greenlet belongs to an
interpreter, so this runs on those that have it."""
from tests.oracle import comparison, exported


def test_frames_of_waiting_greenlets_are_read(python, tmp_path):
    exported.skip_without(python, "greenlet")
    target, path = comparison.run_target(python, "greenlets.py", str(tmp_path))
    truth, objects, references = exported.look(target, path, tmp_path)
    expected = {tuple(row) for row in truth}
    assert len(expected) == 416
    counts = {address: int(row["refcount"]) for address, row in objects.items()}
    found, holders = set(), {}
    for (source, held), row in references:
        found.add((source, held, row["label"] if row["kind"] == "local" else ""))
        if not row["kind"].startswith("weak:"):
            holders[held] = holders.get(held, 0) + 1
    assert not expected - found
    for greenlet, held, _ in expected:
        assert holders[greenlet] <= counts[greenlet] and holders[held] <= counts[held]

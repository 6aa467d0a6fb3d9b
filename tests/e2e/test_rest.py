"""Snapshots of programs that seldom rest: all at a safe point or marked. `make soak` takes 1,000 of them."""
import pytest

from tests.e2e.resting import PROGRAM, PROGRAMS, look
from tests.e2e.targets import target

EACH = 5


@pytest.mark.parametrize("name, program, rests", PROGRAMS, ids=[p[0].replace(" ", "-") for p in PROGRAMS])
def test_a_snapshot_is_at_a_safe_point_or_says_that_it_is_not(python_minor, name, program, rests, tmp_path):
    if python_minor.free_threaded and name != "waits":
        rests = False # each thread rests by itself, and hardly ever all at once
    with target(python_minor, PROGRAM + program) as process:
        found = [look(process.pid, tmp_path) for _ in range(EACH)]
    # A loaded machine may keep the thread that is followed from its processor.
    assert not rests or any(found), "never at rest: %s" % name

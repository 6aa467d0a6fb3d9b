"""A service and a worker under load lose nothing while they are looked at; `make soak` does it for minutes."""
import pytest

from tests.soak import load


@pytest.mark.parametrize("part", ["service", "queue"])
def test_nothing_is_lost_under_load(part, tmp_path):
    why = load.missing(part)
    if why:
        pytest.skip(why)
    for name, told, watcher in load.slices(part, tmp_path, 10, 10):
        print(name, told, watcher and (watcher.ways, watcher.pauses))
        assert told["requests"] > 100 and told["errors"] == 0, (name, told)
        if watcher:
            assert not watcher.failed and watcher.pauses, watcher.failed

"""CPython inside of a program that is not called python: shared and static, position-independent and
not, stripped, started in the first thread and in another."""
import pytest

from tests.e2e.targets import holdfast
from tests.oracle import comparison, embedding


@pytest.mark.parametrize("where", ["main", "thread"])
@pytest.mark.parametrize("link", embedding.LINKS)
def test_embedded_interpreter_is_read(python, link, where, tmp_path):
    if where == "thread" and link != embedding.SHARED:
        pytest.skip("where it starts makes no difference to how it is linked")
    program, variables = embedding.build(python, link, str(tmp_path))
    if not program:
        pytest.skip(variables)
    target, path = comparison.run_target_at([program, where], "zoo.py", str(tmp_path), variables=variables)
    try:
        listed = holdfast("ps", "--json", "-", expect=0).json["processes"]
        mine, = [entry for entry in listed if entry["pid"] == target.pid]
        assert mine["python"].startswith(python.minor), mine
        found = comparison.take(target.pid, str(tmp_path))
        holdfast("snapshot", target.pid, "-o", tmp_path / "heap", expect=0)
        holdfast("diagnose", target.pid, "--for", "1s", expect=(0, 1, 4))
    finally:
        target.kill()
        target.communicate()
    info = holdfast("info", tmp_path / "heap", "--json", "-", expect=0).json
    assert info["static_link"] == (link != embedding.SHARED)
    rows = comparison.compare(comparison.read_truth(path), found)
    wrong = comparison.judge(rows)
    assert not wrong, "\n".join(wrong) + "\n\n" + comparison.table(rows)

"""snapshot --tree: one file for each process, and what the manifest says of them."""
import json
import os
import re
import subprocess

import pytest

from tests.e2e.prefork import server
from tests.e2e.targets import children_of, holdfast, state_of, target, wait_until

LOAD = "class Quote: pass\ndata = [Quote() for _ in range(1000)]\n"
WORK = "global more\nmore = [Quote() for _ in range(50 * (number + 1))]\n"


def quotes(path):
    told = holdfast("types", path, "--type", "*.Quote", "--json", "-", expect=0).json
    return told["matching"]["objects"]


def test_a_folder(any_python, tmp_path):
    folder = tmp_path / "monday"
    with server(any_python, workers=2, load=LOAD, work=WORK) as (master, pids):
        answer = holdfast("snapshot", master.pid, "--tree", "-o", folder, expect=0)
        assert {state_of(pid) for pid in [master.pid] + pids} == {"S"}
    files = sorted(os.listdir(folder))
    assert files == sorted(["manifest.json"] + ["%d.hfheap" % pid for pid in [master.pid] + pids])
    assert {os.stat(folder / name).st_mode & 0o777 for name in files} == {0o600}
    assert [quotes(folder / ("%d.hfheap" % pid)) for pid in [master.pid] + pids] == [1000, 1050, 1100]
    told = json.loads((folder / "manifest.json").read_text())
    assert (told["taken"], told["failed"]) == (3, 0)
    rows = {row["pid"]: row for row in told["processes"]}
    for pid in pids:
        assert rows[pid]["parent"] == master.pid and rows[pid]["state"] == "taken"
        info = holdfast("info", rows[pid]["file"], "--json", "-", expect=0).json
        assert info["pid"] == pid and info["objects"] == rows[pid]["objects"]
        assert rows[pid]["file_bytes"] == os.stat(rows[pid]["file"]).st_size
    # Each is announced before it stands still, and the last one is done by then.
    assert [int(n) for n in re.findall(r"process (\d+) will stand still", answer.stderr)] == \
        [master.pid] + pids
    assert "3 of 3 processes that run Python, taken one after the other" in answer.stdout


def test_a_pattern_and_raw(python, tmp_path):
    with server(python, workers=1, load=LOAD) as (master, [worker]):
        told = holdfast("snapshot", master.pid, "--tree", "--raw", "-o", tmp_path / "a-%p.zst",
                        "--json", "-", expect=0).json
    assert sorted(os.listdir(tmp_path)) == sorted(
        "a-" + name for name in ["%d.zst" % master.pid, "%d.zst" % worker, "tree-%d.zst.json" % master.pid])
    with open(told["manifest"], encoding="utf-8") as manifest:
        assert told == json.load(manifest)
    assert quotes(tmp_path / ("a-%d.zst" % worker)) == 1000


def test_a_failure_stops_no_other(python, tmp_path):
    with server(python, workers=2, load=LOAD) as (master, pids):
        (tmp_path / ("%d.hfheap" % pids[0])).mkdir() # in the way
        answer = holdfast("snapshot", master.pid, "--tree", "-o", tmp_path, expect=3)
    told = json.loads((tmp_path / "manifest.json").read_text())
    states = {row["pid"]: row["state"] for row in told["processes"]}
    assert states == {master.pid: "taken", pids[0]: "failed", pids[1]: "taken"}
    assert quotes(tmp_path / ("%d.hfheap" % pids[1])) == 1000
    why = {row["pid"]: row["why"] for row in told["processes"]}
    assert "no regular file" in why[pids[0]] and why[pids[1]] is None
    assert "exit status 3, because 1 of 3 processes" in answer.stderr
    assert "(failed)" in answer.stdout and not [n for n in os.listdir(tmp_path) if n.startswith(".")]


def test_programs_that_are_no_python(python, tmp_path):
    program = "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
    with target(python, program) as process:
        [child] = wait_until(lambda: children_of(process.pid), what="sleep")
        try:
            told = holdfast("snapshot", process.pid, "--tree", "-o", tmp_path, "--json", "-", expect=0).json
        finally:
            os.kill(child, 9)
    assert [row["state"] for row in told["processes"]] == ["taken", "not-python"]
    assert told["failed"] == 0 and told["taken"] == 1


def test_the_default_name(python, tmp_path):
    with target(python, "") as process:
        holdfast("snapshot", process.pid, "--tree", cwd=tmp_path, expect=0)
        assert sorted(os.listdir(tmp_path / ("%d.tree" % process.pid))) == \
            ["%d.hfheap" % process.pid, "manifest.json"]


@pytest.mark.parametrize("where,status,words", [
    ("a-file", 2, "is no folder"), ("nowhere/a", 3, "cannot make folder"), ("nowhere/%p", 3, "nowhere")])
def test_bad_places(any_python, tmp_path, where, status, words):
    (tmp_path / "a-file").write_text("here already")
    with target(any_python, "") as process:
        answer = holdfast("snapshot", process.pid, "--tree", "-o", where, cwd=tmp_path, expect=status)
    assert words in answer.stderr and os.listdir(tmp_path) == ["a-file"]


def test_what_is_no_process(tmp_path):
    answer = holdfast("snapshot", "--tree", "999999999", cwd=tmp_path, expect=3)
    assert "no process 999999999" in answer.stderr
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        assert "no CPython" in holdfast("snapshot", "--tree", sleeper.pid, cwd=tmp_path, expect=3).stderr
    finally:
        sleeper.kill()
        sleeper.wait()
    assert not os.listdir(tmp_path)

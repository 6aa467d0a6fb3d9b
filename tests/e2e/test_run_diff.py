"""Two runs compared: each row is the difference of what the tables of both say."""
import pytest

from tests.e2e.captures import TOOL, answer, holdfast, make_captures
from tests.e2e.test_flamegraph import drive, frame, needs_node
from tests.e2e.test_run import run, script

pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="tool_captures is not built beside the program (needs cmocka)")


def key_of(row):
    return (row["kind"], row.get("file"), row.get("line"), row.get("function"),
            tuple((f["file"], f["line"], f["function"]) for f in row.get("stack", [])))


def rows_of(capture, *options):
    table = answer("table", capture, "--top", 10 ** 6, *options)
    return {key_of(row): row["chosen"] for row in table["lines"]}, table["chosen"]


NONE = {"bytes": 0, "blocks": 0}
WORK = """
import json
def load(n):
    return [bytes(100 + i) for i in range(n)]
def work(n):
    return json.dumps({"a": "x" * n, "b": list(range(n))})
kept = load(%d), work(%d)
"""


@pytest.mark.parametrize("by, measure", [("line", "--leaks"), ("line", "--total"), ("line", "--peak"),
                                         ("function", "--leaks"), ("file", "--leaks"), ("stack", "--leaks")])
def test_real_runs(any_python, by, measure, tmp_path):
    for name, sizes in ("old", (1000, 5000)), ("new", (3000, 2000)):
        path = script(tmp_path, WORK % sizes, "work.py")
        assert run(tmp_path, any_python.path, path, capture=name + ".hftrace").returncode == 0
    old, new = tmp_path / "old.hftrace", tmp_path / "new.hftrace"
    before, all_before = rows_of(old, "--by", by, measure)
    now, all_now = rows_of(new, "--by", by, measure)
    diff = answer("diff", old, new, "--by", by, measure, "--top", 10 ** 6)
    assert diff["before"] == all_before and diff["now"] == all_now
    ours = {key_of(row): (row["before"], row["now"]) for row in diff["rows"]}
    assert len(ours) == len(diff["rows"])
    theirs = {key: (before.get(key, NONE), now.get(key, NONE)) for key in {*before, *now}}
    assert ours == {key: pair for key, pair in theirs.items() if pair[0] != pair[1]}
    sizes = [abs(row["now"]["bytes"] - row["before"]["bytes"]) for row in diff["rows"]]
    assert sizes == sorted(sizes, reverse=True)
    if by == "line":
        assert diff["rows"][0]["function"].endswith("load") or diff["rows"][0]["function"].endswith("listcomp>")


def test_functions_are_known_wherever_they_start(any_python, tmp_path):
    for name, text in ("old", WORK), ("new", "# moved\n\n" + WORK):
        path = script(tmp_path, text % (1000, 100), "work.py")
        assert run(tmp_path, any_python.path, path, capture=name + ".hftrace").returncode == 0
    diff = answer("diff", tmp_path / "old.hftrace", tmp_path / "new.hftrace", "--by", "function", "--leaks", "--file",
                  "*/work.py", "--top", 100)
    assert not [row for row in diff["rows"] if abs(row["now"]["bytes"] - row["before"]["bytes"]) > 1000]
    diff = answer("diff", tmp_path / "old.hftrace", tmp_path / "new.hftrace", "--leaks", "--top", 100)
    assert [row for row in diff["rows"] if abs(row["now"]["bytes"] - row["before"]["bytes"]) > 100_000]


@needs_node
def test_the_page(tmp_path):
    make_captures(tmp_path)
    page = tmp_path / "changes.html"
    done = holdfast("diff", "monday.hftrace", "tuesday.hftrace", "--flamegraph", page, cwd=tmp_path)
    assert done.returncode == 0 and "has the flame graph" in done.stderr
    states = drive(page, ["set", "measure", "less"], ["set", "measure", "now"], ["set", "measure", "before"],
                   ["set", "measure", "more"], ["check", "inverted", True])
    assert "2.9 MiB, 100.0% of all" in frame(states[0], "all")["label"]
    assert {f["text"] for f in states[0]["frames"]} == {"all", "<module>", "Service.serve", "quote_for"}
    assert "0 bytes" in frame(states[1], "all")["label"] and len(states[1]["frames"]) == 1
    assert "6.8 MiB" in frame(states[2], "all")["label"] and "3.8 MiB" in frame(states[3], "all")["label"]
    assert states[4]["frames"] == states[0]["frames"]
    assert {f["level"]: f["text"] for f in states[5]["frames"]} == {1: "all", 2: "quote_for", 3: "Service.serve", 4: "<module>"}


def test_refusals(tmp_path):
    make_captures(tmp_path)
    (tmp_path / "text").write_text("no capture, no snapshot")
    for words, said in ((["monday.hftrace", "text"], "'text' is none"), (["monday.hftrace", "tuesday.hftrace", "--type", "dict"], "for heaps"),
                        (["monday.hftrace", "tuesday.hftrace", "--pid", "9"], "no process 9")):
        done = holdfast("diff", *words, cwd=tmp_path)
        assert done.returncode == 2 and said in done.stderr and not done.stdout
    done = holdfast("diff", "absent", "monday.hftrace", cwd=tmp_path)
    assert done.returncode == 3 and "no file 'absent'" in done.stderr

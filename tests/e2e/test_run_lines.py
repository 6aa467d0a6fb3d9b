"""`lines`: the source of functions, with what each line and the calls that it made allocated."""
import os

from tests.e2e.captures import answer, holdfast
from tests.e2e.test_run import line_of, run, script

PROGRAM = """
import json
class Store:
    def load(self, n):
        rows = []
        for i in range(n):
            rows.append(bytes(1000))  # loop
        texts = [bytes(2000) for i in range(n)]  # comprehension
        json.dumps("y" * 500_000)  # native
        return rows
def fall(n):
    x = bytearray(1000)  # own
    return fall(n - 1) if n else bytearray(200_000)  # recursive
store = Store()
kept = store.load(1000), fall(10)
"""


def lines_of(capture, function):
    (found,) = answer("lines", capture, "--function", function)["functions"]
    return found, {row["line"]: row for row in found["lines"]}


def test_lines_of_known_functions(any_python, tmp_path):
    path, capture = script(tmp_path, PROGRAM), tmp_path / "a.hftrace"
    assert run(tmp_path, any_python.path, path).returncode == 0
    name = "Store.load" if any_python.version[:2] > (3, 10) else "load"
    load, rows = lines_of(capture, name)
    assert load["file"] == str(path) and load["line"] == line_of(path, "loop") - 3
    loop, comprehension, native = (rows[line_of(path, mark)] for mark in ("loop", "comprehension", "native"))
    assert 1_033_000 <= loop["held"]["bytes"] <= 1_060_000 and loop["held"]["blocks"] >= 1000
    # and the buffers of the list as it grew
    assert 2_033_000 <= comprehension["freed"]["bytes"] <= 2_033_000 + 150_000 and comprehension["held"]["bytes"] < 2000
    assert native["allocated"]["bytes"] >= 1_000_000 and native["held"]["bytes"] < 50_000
    for row in [load, *load["lines"]]:
        for unit in "bytes", "blocks":
            assert row["allocated"][unit] - row["freed"][unit] == row["held"][unit]
    assert load["allocated"]["bytes"] == sum(row["allocated"]["bytes"] for row in load["lines"])
    fall, rows = lines_of(capture, "fall")
    recursive = rows[line_of(path, "recursive")]["allocated"]["bytes"]
    assert 200_000 + 10_000 <= recursive <= 220_000  # and not eleven times that
    assert fall["allocated"]["bytes"] < 225_000


def test_the_source_is_shown(any_python, tmp_path):
    path, capture = script(tmp_path, PROGRAM), tmp_path / "a.hftrace"
    assert run(tmp_path, any_python.path, path).returncode == 0
    text = holdfast("lines", capture, "--function", "*load", "--file", path).stdout.splitlines()
    assert any(line.endswith("            rows.append(bytes(1000))  # loop") for line in text)
    assert any(line.endswith("  rows = []") or line.endswith("        rows = []") for line in text)
    assert "changed since" not in text[0]
    os.utime(path, (2 ** 31 - 1, 2 ** 31 - 1))
    assert "whose file has changed since the run" in holdfast("lines", capture, "--function", "*load").stdout
    path.unlink()
    os.mkfifo(path)  # which nobody writes to
    text = holdfast("lines", capture, "--function", "fall").stdout
    assert "fall" in text and "bytearray" not in text
    path.unlink()
    done = holdfast("lines", capture, "--function", "fall")
    assert done.returncode == 0 and "fall" in done.stdout and "bytearray" not in done.stdout
    done = holdfast("lines", capture, "--function", "no such")
    assert done.returncode == 3 and "no such function" in done.stderr

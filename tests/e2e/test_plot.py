"""Memory over time: what the picture, the page and JSON say is what was held at that time."""
import pytest

from tests.e2e.captures import TOOL, answer, holdfast, make_captures
from tests.e2e.test_flamegraph import Markup, drive, needs_node
from tests.e2e.test_run import run, script

pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="tool_captures is not built beside the program (needs cmocka)")
STEPS = """
import time
held = []
for size in 10_000_000, 30_000_000:
    held.append(bytearray(size))
    time.sleep(0.6)
held.clear()
time.sleep(0.6)
"""


def test_a_run_in_steps(any_python, tmp_path):
    path = script(tmp_path, STEPS)
    assert run(tmp_path, any_python.path, path).returncode == 0
    capture = tmp_path / "a.hftrace"
    plot = answer("plot", capture)
    assert plot["times"] == sorted(plot["times"]) and len(plot["times"]) == len(plot["live"]) == len(plot["resident"])
    assert plot["live"][plot["peak"]] == max(plot["live"]) > 40_000_000
    megabytes = [live // 10_000_000 for live in plot["live"]]
    for step in 1, 4, 0:  # each is seen, in this order
        assert step in megabytes
        megabytes = megabytes[megabytes.index(step):]
    assert max(plot["resident"]) >= max(plot["live"])
    for i in range(0, len(plot["times"]), 3):
        if plot["times"][i] > 0:
            held = answer("table", capture, "--to", "%.9fs" % (plot["times"][i] + 1e-6))["chosen"]["bytes"]
            assert held == plot["live"][i]
    (process,) = plot["processes"]
    assert process["live"] == plot["live"] and process["resident"] == plot["resident"]


@needs_node
def test_the_page(tmp_path):
    make_captures(tmp_path)
    page = tmp_path / "memory.html"
    done = holdfast("plot", tmp_path / "monday.hftrace", "-o", page)
    assert done.returncode == 0 and done.stdout.endswith("memory.html: 6 moments\n")
    assert len([tag for tag, _ in Markup(page.read_text()).tags if tag == "script"]) == 2
    states = drive(page, ["set", "when", "0"], ["set", "when", "5"])
    assert states[0]["texts"]["when-text"] == "5.00 s" and states[1]["texts"]["when-text"] == "1.00 s"
    for state, to in (states[1], "1s"), (states[2], "8s"):
        for options, name in ([], "all"), (["--pid", "4711"], "4711  python3 service.py"):
            held = answer("table", tmp_path / "monday.hftrace", "--to", to, *options)["chosen"]["bytes"]
            text = "%.1f MiB" % (held / 2 ** 20) if held >= 2 ** 20 else "%.1f KiB" % (held / 1024)
            assert text + "-" + name in state["texts"]["rows"]


def test_without_a_timeline(tmp_path):
    make_captures(tmp_path)
    done = holdfast("plot", "hostile-run.hftrace", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr == "holdfast: this capture has no timeline\n"
    done = holdfast("plot", "monday.hftrace", "--pid", "1", cwd=tmp_path)
    assert done.returncode == 2 and "no process 1" in done.stderr

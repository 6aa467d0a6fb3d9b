"""The tool is killed with SIGKILL again and again: see killing.py. `make soak` does it 5,000 times."""
import pytest

from tests.e2e.freezing import checker
from tests.e2e.killing import hazard_checker, kill_again_and_again, python_checker

# Seconds for each kind of target. A whole run of the tool takes some 15 ms here.
SECONDS = 9


@pytest.mark.parametrize("work", ["compute", "threads", "poll", "suspend"])
def test_killing_the_tool_leaves_a_healthy_program(work, tmp_path):
    with checker(work) as process:
        assert kill_again_and_again(process, tmp_path, SECONDS) > 20


@pytest.mark.parametrize("state", ["profiled", "births"])
def test_killing_the_tool_leaves_a_healthy_odd_program(state, tmp_path):
    with hazard_checker(state) as process:
        assert kill_again_and_again(process, tmp_path, SECONDS) > 20


@pytest.mark.parametrize("threads", [1, 4])
def test_killing_the_tool_leaves_a_healthy_python(any_python, threads, tmp_path):
    with python_checker(any_python, threads) as process:
        assert kill_again_and_again(process, tmp_path, SECONDS, "--python") > 20

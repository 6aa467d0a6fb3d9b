"""The helpers keep their word: a target is ready when they say so, and gone afterwards."""
import pytest

from tests.e2e.targets import Hung, end_politely, state_of, target, tell, wait_until


def test_a_target_runs_its_program_and_is_gone_afterwards(python):
    with target(python, "import sys; print(sys.version_info[:2], flush=True)") as process:
        assert state_of(process.pid) in ("S", "R")
    assert state_of(process.pid) is None


def test_a_target_answers_and_ends_by_itself(any_python):
    program = "ready()\nimport sys\nfor line in sys.stdin:\n    print('GOT', line, flush=True)\n"
    with target(any_python, program) as process:
        assert tell(process, "hello", "GOT") == "GOT hello"
        assert end_politely(process) == 0


def test_a_target_that_fails_is_an_error(any_python):
    with pytest.raises(Hung, match="ended before"):
        with target(any_python, "raise SystemExit(3)"):
            pass


def test_waiting_has_an_end():
    with pytest.raises(Hung, match="never"):
        wait_until(lambda: False, timeout=0.05, what="never")

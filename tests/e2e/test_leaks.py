"""Programs of our own that leak, and some that only look so: tests/leaks, in the form of LeakBench, whose
harness scores them. Each must be right. `make leakbench LEAKBENCH_OPTIONS='--root tests/leaks'` measures them
on more interpreters and inside a busy service."""
import pytest

from tests.bench import leakbench

harness = leakbench.harness_in(leakbench.FOLDER)
ROOT = str(leakbench.ROOT / "tests" / "leaks")
NAMES = sorted(path.stem[len("case_"):].replace("_", "-")
               for path in (leakbench.ROOT / "tests" / "leaks").glob("case_*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_first_suspect_is_the_culprit(name, any_python):
    if harness is None:
        pytest.skip("no LeakBench at LEAKBENCH or ../shared/leakbench, whose harness scores")
    case, = leakbench.runnable(harness, [name], ROOT)
    result = leakbench.run_case_twice(harness, case, any_python, "plain")
    assert leakbench.right(result), leakbench.said(result)

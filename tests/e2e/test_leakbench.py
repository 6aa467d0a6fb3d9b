"""Some cases of LeakBench, where it is beside the clone: each must be right. The whole benchmark is
`make leakbench`."""
import pytest

from tests.bench import leakbench

harness = leakbench.harness_in(leakbench.FOLDER)


@pytest.mark.parametrize("name", leakbench.QUICK)
def test_the_first_suspect_is_the_culprit(name, any_python):
    if harness is None:
        pytest.skip("no LeakBench at LEAKBENCH or ../shared/leakbench")
    case, = leakbench.runnable(harness, [name])
    result = leakbench.run_case_twice(harness, case, any_python, "plain")
    assert leakbench.right(result), leakbench.said(result)

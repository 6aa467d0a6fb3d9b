"""Some of CPython's own tests under `holdfast run`; `make suites` runs many more, and those of large packages."""
import pytest

from tests.suites import running, units

MODULES = ("test_gc", "test_generators", "test_threading_local", "test_fork1")
FAILS_WHEN_TRACED = """
import os, unittest
class Some(unittest.TestCase):
    def test_untraced(self):
        self.assertNotIn("holdfast", os.environ.get("LD_PRELOAD", ""))
    def test_always(self):
        pass
    def test_never(self):
        self.fail()
unittest.main()
"""


@pytest.mark.parametrize("module", MODULES)
def test_modules_of_cpython(module):
    here = [unit for unit in units.cpython() if unit.part == module]
    if not here:
        pytest.skip("no CPython here has its own tests")
    for unit in here:
        plain = running.outcomes(unit, "plain")
        assert running.PASSED in plain.values(), plain
        for mode in ("exact", "sampled"):
            found, different = running.compare(plain, unit, mode)
            assert not different and found.keys() == plain.keys(), (unit.name, mode)


def test_a_difference_is_seen(any_python, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(FAILS_WHEN_TRACED)
    unit = units.Unit("ours", "script", (any_python.path, str(script)))
    plain = running.outcomes(unit, "plain")
    assert running.counts(plain) == [2, 0, 1]
    _, different = running.compare(plain, unit, "exact")
    assert len(different) == 1 and "test_untraced" in different[0]


def test_a_crash_is_a_failure(any_python):
    unit = units.Unit("ours", "crash", (any_python.path, "-c", "import os; os.abort()"))
    assert running.FAILED in running.outcomes(unit, "plain").values()

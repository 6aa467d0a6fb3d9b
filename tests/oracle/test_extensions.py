"""C extensions that nobody here wrote, used in one process: what the program itself tells of their
references is found, without asking in part, with asking whole. (docs/extensions.md has the table.)"""
import pytest

from tests import extensions
from tests.extensions import table


@pytest.mark.timeout(900)
def test_extensions_tell_all_that_they_refer_to(python):
    if not extensions.interpreter(python):
        pytest.skip("no extensions are installed for this interpreter (make extensions)")
    lines = table.measure(*table.look(python))
    owners = {line.owner for line in lines.values()}
    assert owners >= {"aiohttp", "grpcio", "lxml", "numpy", "pandas", "pyarrow", "pydantic_core", "uvloop"}
    assert sum(line.referents for line in lines.values()) > 5000
    assert table.problems(lines) == []
    whole = table.total(lines.values(), "")
    assert whole.missed[0] > 0, "the scan alone finds everything: what is asked for?"
    assert whole.over[1] <= whole.over[0] + 2
    assert whole.under[1] < whole.under[0]

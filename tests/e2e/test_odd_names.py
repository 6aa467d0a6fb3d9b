"""Classes that are called as no C code would call them: the process is read all the same."""
import json

import pytest

from tests.e2e.targets import holdfast, target

NAMES = {"empty": "", "lines": "two\nlines", "escape": "\x1b[31mred", "accents": "Été", "long": "x" * 3000}


@pytest.mark.parametrize("kind", NAMES)
def test_an_instance_of_a_class_of_any_name_is_counted(python_minor, kind, tmp_path):
    program = "kept = type(%r, (), {'__module__': 'odd'})()" % NAMES[kind]
    with target(python_minor, program) as process:
        holdfast("types", process.pid, "--top", 5000, "--json", tmp_path / "types", expect=0)
    told = json.loads((tmp_path / "types").read_text())["types"]
    odd = [row for row in told if row["type"].startswith("odd.")]
    assert [row["objects"] for row in odd] == [1], odd
    if kind == "long": # cut
        assert len(odd[0]["type"]) > 100 and ("odd." + NAMES[kind]).startswith(odd[0]["type"])
    else:
        assert odd[0]["type"] == "odd." + NAMES[kind]

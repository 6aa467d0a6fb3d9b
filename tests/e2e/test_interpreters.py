"""Several interpreters in one process: a path says in which of them it is."""
from tests.e2e.targets import holdfast, target

PROGRAM = """
import sys
try:
    import _interpreters as module
    made = [module.create("legacy"), module.create("isolated")]
except ImportError:
    import _xxsubinterpreters as module
    made = [module.create(), module.create()]
held = list(range(3000))
for one in made:
    module.run_string(one, "class Inside: pass\\nheld = [Inside()]\\nfor number in range(%d): held.append(str(number))"
                      % (1000 * int(one)))
wait()
"""


def test_paths_say_in_which_interpreter(python, tmp_path):
    with target(python, PROGRAM) as process:
        holdfast("snapshot", process.pid, "-o", tmp_path / "heap", expect=0)
    assert "interpreters  3 in this process" in holdfast("info", tmp_path / "heap", expect=0).stdout
    found = {}
    lists = holdfast("objects", tmp_path / "heap", "--type", "list", "--sort", "size", "--top", "200", expect=0)
    for line in lists.stdout.splitlines():
        for number in (1, 2):
            if "interpreter %d's module __main__.held" % number in line:
                found[number] = line
    assert set(found) == {1, 2}, lists.stdout
    mine = [line for line in lists.stdout.splitlines() if "  module __main__.held" in line]
    assert len(mine) == 1, lists.stdout

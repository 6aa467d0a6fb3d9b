"""Each allocation of the tool fails in its turn: it says so, leaves no file behind, and the target is as it was.

With a program of some hundred thousand allocations not each can be tried: the first ones are, and
then ever rarer ones up to the last; HOLDFAST_TEST_ALLOCATIONS says how many tries there are."""
import os
import shutil
import subprocess

import pytest

from tests.e2e.freezing import running_children_of, tracer_of, zombies_of
from tests.e2e.targets import PROGRAM, ROOT, clean_environment, holdfast, state_of, target, wait_until

TRIES = int(os.environ.get("HOLDFAST_TEST_ALLOCATIONS", 60))
FAILURE = (2, 3) # exit statuses with which a command may say that it could not


@pytest.fixture(scope="module")
def no_memory(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp("no_memory") / "no_memory.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", str(library),
                    str(ROOT / "tests" / "e2e" / "no_memory.c")], check=True)

    def run(*arguments, **how):
        environment = clean_environment(LD_PRELOAD=str(library), **{k: str(v) for k, v in how.items()})
        return subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, env=environment, timeout=120, check=False)

    if subprocess.run([PROGRAM, "--version"], stdout=subprocess.PIPE, check=True).stdout.count(b"sanitizer"):
        pytest.skip("a sanitizer has its own malloc()")
    return run


def numbers(count, tries):
    """1, 2, 3, ... then in steps that grow, up to count."""
    found, number = [], 1
    while number <= count and len(found) < tries:
        found.append(number)
        left = tries - len(found)
        grow = (count / number) ** (1 / left) if left else 1
        number = max(number + 1, int(number * grow))
    return found


def count_of(no_memory, tmp_path, *arguments, statuses):
    done = no_memory(*arguments, NO_MEMORY_COUNT=tmp_path / "count")
    assert done.returncode in statuses, done.stderr
    return int((tmp_path / "count").read_text())


@pytest.mark.parametrize("how", ["NO_MEMORY_AT", "NO_MEMORY_FROM"])
def test_a_snapshot_without_memory_is_an_error(no_memory, any_python, how, tmp_path):
    path = tmp_path / "heap"
    with target(any_python, "x = {i: [i] for i in range(2000)}") as process:
        arguments = "snapshot", process.pid, "-o", path, "--max-pause", "5s"
        count = count_of(no_memory, tmp_path, *arguments, statuses=(0,))
        path.unlink()
        failed = 0
        for number in numbers(count, TRIES):
            done = no_memory(*arguments, **{how: number})
            said = "%s=%d of %d: %s" % (how, number, count, done)
            assert done.returncode in (0, *FAILURE), said
            assert done.returncode == 0 or len(done.stderr) > len(b"holdfast: \n"), said
            assert path.exists() == (done.returncode == 0), said
            assert [name for name in os.listdir(tmp_path) if name not in ("heap", "count")] == [], said
            if path.exists():
                holdfast("info", path, expect=0)
                path.unlink()
            failed += done.returncode != 0
            wait_until(lambda: not running_children_of(process.pid), what="no copy lives on: " + said)
            wait_until(lambda: tracer_of(process.pid) == 0, what="no tracer: " + said)
            assert state_of(process.pid) == "S", said
        assert failed > TRIES // 4
        holdfast(*arguments, expect=0)
        assert zombies_of(process.pid) == []


def test_a_diagnosis_without_memory_is_an_error(no_memory, any_python, tmp_path):
    program = "x = []\nready()\nimport sys\nfor line in sys.stdin:\n    x.extend(map(str, range(5000)))\n" \
              "    print('GREW', flush=True)\n"
    files = []
    with target(any_python, program) as process:
        for number in range(3):
            files.append(tmp_path / ("heap-%d" % number))
            holdfast("snapshot", process.pid, "-o", files[-1], "--max-pause", "5s", expect=0)
            process.stdin.write(b"grow\n")
            process.stdin.flush()
            process.stdout.readline()
    count = count_of(no_memory, tmp_path, "diagnose", *files, statuses=(0, 1, 4))
    failed = 0
    for number in numbers(count, TRIES):
        done = no_memory("diagnose", *files, NO_MEMORY_AT=number)
        assert done.returncode in (0, 1, 4, *FAILURE), (number, done)
        assert done.returncode not in FAILURE or len(done.stderr) > len(b"holdfast: \n"), (number, done)
        failed += done.returncode in FAILURE
    assert failed > TRIES // 4

"""Golden transcripts: what each command prints, to the byte.

A case is a folder CASE with the files cmd (run by sh), stdout, stderr and exit. cmd finds the
program as `holdfast`, and the snapshots and captures of FIXTURES in its folder, which is private to the case.
HOLDFAST_GOLDEN_UPDATE=1 writes what is printed instead of comparing it: read the difference before
it is committed. The transcripts are documentation: they are meant to be read.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.e2e.targets import PROGRAM, ROOT

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(path.parent.name for path in HERE.glob("*/cmd"))
UPDATE = os.environ.get("HOLDFAST_GOLDEN_UPDATE")
FIXTURES = [pathlib.Path(PROGRAM).resolve().parent / "tests" / tool for tool in ("tool_fixture", "tool_captures")]


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory):
    if not all(tool.exists() for tool in FIXTURES):
        pytest.skip("tool_fixture and tool_captures are not built beside the program (needs cmocka)")
    folder = tmp_path_factory.mktemp("snapshots")
    for tool in FIXTURES:
        subprocess.run([tool, folder], check=True)
    return folder


def run(case, folder):
    environment = {"PATH": "%s:%s" % (pathlib.Path(PROGRAM).resolve().parent, os.environ["PATH"]),
                   "LC_ALL": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(["sh", HERE / case / "cmd"], cwd=folder, env=environment, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return {"stdout": done.stdout, "stderr": done.stderr, "exit": b"%d\n" % done.returncode}


def has_lint():
    return subprocess.run([PROGRAM, "lint", "--help"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize("case", CASES)
def test_transcript(case, snapshots, tmp_path):
    if case.startswith(("lint", "help-lint", "overview", "no-arguments")) and not has_lint():
        pytest.skip("this build has no linter: the parser's sources could not be fetched")
    folder = tmp_path / "case"
    shutil.copytree(snapshots, folder)
    before = sorted(os.listdir(folder))
    said = run(case, folder)
    if UPDATE:
        for name, text in said.items():
            (HERE / case / name).write_bytes(text)
    for name, text in said.items():
        assert text.decode() == (HERE / case / name).read_bytes().decode(), f"{case}: {name}"
    left = [name for name in os.listdir(folder) if name.startswith(".holdfast")]
    assert not left, "temporary files are left behind"
    if said["exit"] != b"0\n" and said["exit"] != b"1\n":
        assert sorted(os.listdir(folder)) == before, "a failure left files behind"


def test_there_are_cases():
    assert len(CASES) >= 20 and ROOT.is_dir()


def members_of(value):
    """The names of all members, however deep."""
    if isinstance(value, dict):
        return set(value).union(*map(members_of, value.values()))
    return set().union(*map(members_of, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("case", ["diagnose-json", "info-json", "types-json", "path-json", "lint-json"])
def test_members_are_documented(case):
    guide = (ROOT / "docs" / "guides" / "json.md").read_text()
    documented = set(re.findall(r"`(\w+)`", guide))
    said = json.loads((HERE / case / "stdout").read_text())
    assert sorted(members_of(said) - documented) == []

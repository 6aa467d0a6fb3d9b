"""What make install leaves works from there."""
import os
import pathlib
import subprocess

import pytest

from tests.e2e.targets import PROGRAM, ROOT, clean_environment

BUILD = pathlib.Path(PROGRAM).parent


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not (BUILD / "cmake_install.cmake").exists():
        pytest.skip("the program under test is not in a build folder")
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def test_the_program_runs(prefix):
    done = subprocess.run([prefix / "bin" / "holdfast", "--version"], stdout=subprocess.PIPE, check=True)
    assert done.stdout.startswith(b"holdfast ")


def test_each_command_has_a_man_page(prefix):
    pages = {page.name for page in (prefix / "share" / "man" / "man1").iterdir()}
    for command in ("ps", "diagnose", "snapshot", "info", "types", "objects", "path", "retained", "diff",
                    "export", "run", "summary", "table", "demo"):
        assert "holdfast-%s.1" % command in pages
    assert "holdfast.1" in pages


def test_the_demo_is_there(prefix):
    demo = prefix / "share" / "holdfast" / "demo"
    assert os.access(demo / "run", os.X_OK)
    assert (demo / "shop" / "pricing.py").is_file()


def test_plain_make_has_nothing_to_do_after_a_build():
    if not (BUILD / "build.ninja").exists() or BUILD != ROOT / "build":
        pytest.skip("the program under test is not in the tree's build folder")
    done = subprocess.run(["make", "-C", ROOT], stdout=subprocess.PIPE, text=True, check=True,
                          env=clean_environment())
    assert "no work to do" in done.stdout


def test_the_agent_is_found(prefix, tmp_path):
    done = subprocess.run([prefix / "bin" / "holdfast", "run", "-o", tmp_path / "a.hftrace", "/usr/bin/python3", "-c", "1"],
                          stderr=subprocess.PIPE, text=True, env=clean_environment())
    assert done.returncode == 0 and "a.hftrace has the run" in done.stderr, done.stderr

"""The wheel: built, installed into fresh environments of each version, and used there."""
import json
import os
import pathlib
import re
import subprocess
import tarfile
import zipfile

import pytest

from tests.e2e.targets import ROOT, clean_environment, target

pytestmark = pytest.mark.timeout(1800) # the first of them builds the program

USE = """
import json, os, sys, holdfast
kept = [object() for _ in range(12345)]
said = {"version": holdfast.__version__, "program": holdfast.program()}
try:
    said["snapshot"] = holdfast.snapshot(path="self.hfheap")
    types = holdfast.run("types", "self.hfheap", "--type", "object")
    said["objects"] = types["matching"]["objects"]
    said["diagnosis"] = holdfast.diagnose("self.hfheap")["verdict"]
    said["other"] = holdfast.snapshot(int(sys.argv[1]), "other.hfheap", no_values=True)["has_values"]
    said["watched"] = holdfast.diagnose(seconds=0.5, max_pause=5)["verdict"]
except holdfast.HoldfastError as error:
    said["error"] = [error.status, str(error)]
try:
    holdfast.run("types", "no such file")
except holdfast.HoldfastError as error:
    said["refused"] = error.status
print(json.dumps(said))
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(wheel, sdist)"""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run([ROOT / "tools" / "make_wheel", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env=clean_environment(), timeout=1500)
    if done.returncode == 77:
        pytest.skip("the tools that make a wheel cannot be had: " + done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    wheel, sdist = map(pathlib.Path, done.stdout.split())
    return wheel, sdist


def runs(path):
    return subprocess.run([path, "-c", "import venv, ensurepip"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def pythons():
    """One interpreter for each version from 3.9 on that can make environments."""
    found = {}
    homes = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    for path in ["/usr/bin/python3", *sorted(homes.glob("versions/3.*/bin/python3"))]:
        done = subprocess.run([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        version = done.stdout.strip()
        if version and tuple(map(int, version.split("."))) >= (3, 9) and runs(path):
            found[version] = str(path)
    return found


PYTHONS = pythons()


def test_the_tag_is_low_and_the_module_is_for_all(built):
    wheel, _ = built
    match = re.fullmatch(r"holdfast-[0-9.]+-cp39-abi3-manylinux_2_(\d+)_x86_64\.whl", wheel.name)
    assert match, wheel.name
    assert int(match[1]) <= 17, "it asks for a newer libc than manylinux2014"


def test_what_is_in_it(built):
    wheel, sdist = built
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        notices = archive.read("holdfast/THIRD-PARTY-NOTICES").decode()
    for name in ("__init__.py", "__main__.py", "_self.abi3.so", "bin/holdfast", "share/holdfast/demo/run"):
        assert "holdfast/" + name in names
    assert not [name for name in names if not name.startswith("holdfast")], "it writes outside of its package"
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    for library in ("zstd", "xxHash", "glibc", "Redistribution", "GNU LESSER GENERAL PUBLIC LICENSE"):
        assert library in notices
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"CMakeLists.txt", "LICENSE", "pyproject.toml", "src/present/cli/main.c", "python/self.c"} <= inside
    assert not [name for name in inside if name.startswith(("build", ".git/"))]


@pytest.mark.parametrize("version", sorted(PYTHONS) or ["none"])
def test_it_works(built, version, tmp_path):
    if version not in PYTHONS:
        pytest.skip("no Python that can make environments")
    home = tmp_path / "venv"
    subprocess.run([PYTHONS[version], "-m", "venv", home], check=True, env=clean_environment(), timeout=300)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index", "--no-deps",
                    built[0]], check=True, env=clean_environment(), timeout=300)
    for words in ([home / "bin" / "holdfast"], [python, "-m", "holdfast"]):
        done = subprocess.run([*words, "--version"], stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout.startswith("holdfast ") and "source     release" in done.stdout
    done = subprocess.run([home / "bin" / "holdfast", "no-such-command"], stderr=subprocess.DEVNULL, check=False)
    assert done.returncode == 2, "the script hands the exit status on"
    used = tmp_path / "use.py"
    used.write_text(USE)
    with target(python, "kept = [1]") as process:
        done = subprocess.run([python, used, str(process.pid)], stdout=subprocess.PIPE, text=True, check=True,
                              cwd=tmp_path, env=clean_environment(), timeout=300)
    check_use(done.stdout, version, home)


def check_use(text, version, home):
    said = json.loads(text)
    assert said["program"].startswith(str(home)) and said["refused"] == 3
    layouts = subprocess.run([home / "bin" / "holdfast", "--version"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    if "error" in said:
        # The package works everywhere; a version whose layout is not known is refused, with the reason.
        assert said["error"][0] == 3 and version in said["error"][1] or "layout" in said["error"][1]
        assert not re.search(r"\b%s\.\d" % re.escape(version), layouts), said["error"]
        return
    assert said["objects"] >= 12345
    assert said["snapshot"]["way"] == "fork" and said["other"] is False
    assert said["diagnosis"] in ("no-leak", "suspects", "too-early")
    assert said["watched"] in ("no-leak", "suspects", "too-early")

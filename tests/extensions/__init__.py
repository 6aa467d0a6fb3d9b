"""C extensions that nobody here wrote, as targets for tests: where they are installed.

tests/extensions/install makes one virtual environment for an interpreter of tests/pythons, in the
cache, with the packages of requirements.txt, whose hashes are pinned. hidden.c, arrays.c and registry.c are
extensions of our own, for what no good one does.
"""
import hashlib
import os
import pathlib
import subprocess

from tests import pythons

FOLDER = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = FOLDER / "requirements.txt"
MINORS = ("3.11", "3.13") # for which requirements.txt has files


def cache():
    return pathlib.Path(os.environ.get("HOLDFAST_EXTENSIONS")
                        or os.path.expanduser("~/.cache/holdfast/extensions"))


def fingerprint():
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def wanted():
    """One interpreter of each minor version: of pyenv where there is one, which has pip and venv."""
    chosen = {}
    for python in pythons.interpreters():
        if python.minor in MINORS and (python.minor not in chosen or python.how == "pyenv"):
            chosen[python.minor] = python
    return list(chosen.values())


def interpreter(python):
    """The interpreter of `python`'s environment, or None where there is none that is whole."""
    folder = cache() / python.name
    try:
        whole = (folder / "complete").read_text() == fingerprint()
    except OSError:
        return None
    return str(folder / "bin" / "python3") if whole else None


def build(source, python, folder):
    """Builds an extension of our own for an interpreter, in a folder, which is returned; None where there are no headers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    include = subprocess.run([python.path, "-c", "import sysconfig; print(sysconfig.get_path('include'))"], text=True,
                             check=True, stdout=subprocess.PIPE, env=environment).stdout.strip()
    for place in filter(os.path.isdir, (include, python.path.split("/usr/bin/")[0] + include)):
        # Debian's pyconfig.h leads to one below the folder above.
        done = subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-I", place, "-I", os.path.dirname(place), "-o",
                               folder / source.replace(".c", ".so"), FOLDER / source],
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            return folder
        if "Python.h: No such file" not in done.stderr:
            raise AssertionError(done.stderr)
    return None

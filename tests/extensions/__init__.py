"""C extensions that nobody here wrote, as targets for tests: where they are installed.

tests/extensions/install makes one virtual environment for an interpreter of tests/pythons, in the
cache, with the packages of requirements.txt, whose hashes are pinned. hidden.c is an extension of
our own, for what no good one does.
"""
import hashlib
import os
import pathlib

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

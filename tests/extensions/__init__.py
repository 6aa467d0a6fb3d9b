"""C extensions that nobody here wrote, as targets for tests: where they are installed.

tests/extensions/install makes one virtual environment for an interpreter of tests/pythons, in the
cache, with the packages of requirements.txt, whose hashes are pinned.
"""
import os
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent


def cache():
    return pathlib.Path(os.environ.get("HOLDFAST_EXTENSIONS")
                        or os.path.expanduser("~/.cache/holdfast/extensions"))


def interpreter(python):
    """The interpreter of `python`'s environment, or None where there is none that is whole."""
    folder = cache() / python.name
    return str(folder / "bin" / "python3") if (folder / "complete").exists() else None

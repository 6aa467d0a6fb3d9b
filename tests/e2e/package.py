"""The Python package as a wheel lays it out, made of the build under test."""
import functools
import glob
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.e2e.targets import PROGRAM, ROOT
from tests.pythons import interpreters


def _headers():
    """A folder with Python.h of any version."""
    places = [*glob.glob("/usr/include/python3.*"), *(os.path.join(os.path.dirname(os.path.dirname(p.path)), "include",
              "python" + p.minor) for p in interpreters())]
    return next((place for place in places if os.path.exists(os.path.join(place, "Python.h"))), None)


@functools.lru_cache(maxsize=None)
def package():
    """A folder for PYTHONPATH; None where it cannot be made."""
    headers, compiler = _headers(), shutil.which("cc")
    if not headers or not compiler:
        return None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-package-"))
    built = pathlib.Path(PROGRAM).resolve().parent
    here = folder / "holdfast"
    (here / "bin").mkdir(parents=True)
    (here / "lib" / "holdfast").mkdir(parents=True)
    for source in (ROOT / "python" / "holdfast").glob("*.py"):
        shutil.copy(source, here)
    shutil.copy(PROGRAM, here / "bin" / "holdfast")
    shutil.copy(built / "holdfast-agent.so", here / "lib" / "holdfast")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                    "-DPy_LIMITED_API=0x03090000", "-isystem", headers, "-I", ROOT / "src", "-fvisibility=hidden",
                    *(ROOT / "python").glob("*.c"), "-o", here / "_self.abi3.so"], check=True, timeout=120)
    return folder

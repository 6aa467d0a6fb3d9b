"""Libraries that nobody here wrote, for tests that use them in a process which is looked at.

    folder("known")    a folder to put on sys.path, with what known.txt lists

Each list is installed once by pip, as wheels for CPython 3.11 on x86-64 whose hashes are pinned, into a
folder of the cache that is named by the list's own hash.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.e2e.targets import clean_environment

HERE = pathlib.Path(__file__).resolve().parent
MINOR = "3.11"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any")


class NotInstalled(Exception):
    """pip could not fetch them; says why."""


def cache():
    return pathlib.Path(os.environ.get("HOLDFAST_LIBRARIES") or os.path.expanduser("~/.cache/holdfast/libraries"))


def folder(name):
    requirements = HERE / ("%s.txt" % name)
    target = cache() / ("%s-%s" % (name, hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]))
    if target.is_dir():
        return target
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as fresh:
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        done = subprocess.run(["python3", "-m", "pip", "install", "--quiet", "--no-deps", "--no-input",
                               "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes",
                               "--implementation", "cp", "--python-version", MINOR, *platforms,
                               "--target", fresh, "-r", requirements],
                              env=clean_environment(), stderr=subprocess.PIPE, timeout=600, check=False)
        if done.returncode:
            raise NotInstalled("%s.txt cannot be installed: %s" %
                               (name, done.stderr.decode(errors="replace")[-300:]))
        for old in cache().glob("%s-*" % name):
            shutil.rmtree(old, ignore_errors=True)
        if not target.exists():
            os.rename(fresh, target)
            os.mkdir(fresh)  # TemporaryDirectory wants something to remove
    return target

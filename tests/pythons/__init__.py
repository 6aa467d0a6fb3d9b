"""The CPython interpreters of this machine on which holdfast is tested.

    for python in interpreters():
        subprocess.run([python.path, "-c", "..."])

An interpreter is listed once, under its real executable, and only after it has answered. Looked
for: pyenv's versions, pythonX.Y on PATH and in /usr/bin, what tools/fetch_pythons and
tools/fetch_packaged_pythons and tools/fetch_standalone_pythons have unpacked, and what
tools/build_free_threaded has built. Free-threaded builds have a "t" in their name and in their minor ("3.13t").

Tests run on the oldest and the newest release build of 3.11, 3.12 and 3.13 that are here, so that a run
takes minutes. HOLDFAST_TEST_PYTHONS says otherwise: "all", "ends" (the oldest and the newest of each minor
version and flavour), or names and minors separated by commas ("3.11.2-debian,3.14,3.13t").
"""
import dataclasses
import functools
import glob
import json
import os
import shutil
import subprocess

MINORS = (9, 10, 11, 12, 13, 14, 15)
USUAL = ("3.11", "3.12", "3.13")

_PROBE = """
import json, os, platform, sys, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": list(sys.version_info[:3]),
    "exe": os.readlink("/proc/self/exe"),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "debug": hasattr(sys, "gettotalrefcount"),
}))
"""


@dataclasses.dataclass(frozen=True)
class Interpreter:
    name: str      # "3.11.2-debian"
    path: str      # the executable, links and shims resolved
    version: tuple # (3, 11, 2)
    how: str       # "debian", "fetched", "packaged", "standalone", "source", "pyenv" or "path"
    free_threaded: bool
    debug: bool    # built with Py_DEBUG

    @property
    def minor(self):
        return "%d.%d%s" % (*self.version[:2], "t" * self.free_threaded)

    def __str__(self):
        return self.name


def fetched_folder():
    """Where tools/fetch_pythons unpacks."""
    return os.environ.get("HOLDFAST_PYTHONS") or os.path.expanduser("~/.cache/holdfast/pythons")


def _candidates():
    """(path, how), the preferred of two names for one file first."""
    for minor in MINORS:
        yield "/usr/bin/python3.%d" % minor, "debian"
    for minor in MINORS:
        for path in sorted(glob.glob("%s/debian-*[0-9]/usr/bin/python3.%d" % (fetched_folder(), minor))):
            yield path, "fetched"
        for path in sorted(glob.glob("%s/debian-*-dbg/usr/bin/python3.%d-dbg" % (fetched_folder(), minor))):
            yield path, "fetched"
        for path in sorted(glob.glob("%s/packaged-*/bin/python3.%d" % (fetched_folder(), minor))):
            yield path, "packaged"
        for path in sorted(glob.glob("%s/standalone-*/bin/python3.%d" % (fetched_folder(), minor))):
            yield path, "standalone"
        for path in sorted(glob.glob("%s/source-*/bin/python3.%dt" % (fetched_folder(), minor))):
            yield path, "source"
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for minor in MINORS:
        for path in sorted(glob.glob("%s/versions/*/bin/python3.%d" % (pyenv, minor))):
            yield path, "pyenv"
    for minor in MINORS:
        path = shutil.which("python3.%d" % minor)
        if path:
            yield path, "path"


def _ask(path):
    """What the interpreter says of itself, or None where it does not run."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        answer = subprocess.run([path, "-I", "-c", _PROBE], env=environment, timeout=30, check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


@functools.lru_cache(maxsize=None)
def _all():
    found, seen = [], set()
    for path, how in _candidates():
        if os.path.realpath(path) in seen or not os.access(path, os.X_OK):
            continue
        facts = _ask(path)
        # A shim starts something else: what runs in the end is what counts.
        if not facts or facts["exe"] in seen:
            continue
        seen.update((facts["exe"], os.path.realpath(path)))
        if facts["implementation"] != "CPython" or facts["version"][1] not in MINORS:
            continue
        origin = "debian" if how == "fetched" else how
        name = "%d.%d.%d%s-%s%s" % (*facts["version"], "t" * facts["free_threaded"], origin,
                                    "-dbg" if facts["debug"] else "")
        found.append(Interpreter(name, facts["exe"], tuple(facts["version"]), how,
                                 facts["free_threaded"], facts["debug"]))
    return tuple(sorted(found, key=lambda python: (python.version, python.name)))


def _ends(pythons):
    """The oldest and the newest of each minor version and flavour."""
    groups = {}
    for python in pythons:
        groups.setdefault((python.minor, python.debug), []).append(python)
    ends = {python for group in groups.values() for python in (group[0], group[-1])}
    return [python for python in pythons if python in ends]


def interpreters():
    """The interpreters to test on, oldest first."""
    wanted = [word for word in os.environ.get("HOLDFAST_TEST_PYTHONS", "").split(",") if word]
    if not wanted:
        return [python for python in _ends(_all()) if python.minor in USUAL and not python.debug]
    if "ends" in wanted:
        return _ends(_all())
    return [python for python in _all()
            if "all" in wanted or python.name in wanted or python.minor in wanted]


def left_out():
    """Those that are here and that this run does not test on."""
    return [python for python in _all() if python not in interpreters()]


def one_per_minor():
    """The newest of each minor version: for tests that need not run on every patch."""
    newest = {python.minor: python for python in interpreters() if not python.debug}
    return list(newest.values())


def every_minor():
    """The newest of each minor version and flavour that is here, also of those that other tests leave out;
    HOLDFAST_TEST_PYTHONS narrows it."""
    found = interpreters() if os.environ.get("HOLDFAST_TEST_PYTHONS") else _all()
    newest = {python.minor: python for python in found if not python.debug}
    return list(newest.values())


if __name__ == "__main__":
    for python in interpreters():
        print("%-16s %s" % (python.name, python.path))

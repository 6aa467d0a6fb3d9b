"""Programs of ours that embed CPython (targets/embed.c), linked in each of the ways that there are."""
import glob
import os
import subprocess

from tests.oracle import comparison

LIBRARIES = "/usr/lib/python%s/config-%s-x86_64-linux-gnu"
STATIC_NEEDS = ["-lz", "-lexpat", "-lm", "-ldl", "-lutil", "-pthread"]
STATIC = "static, at a fixed address"
STATIC_PIE = "static, position-independent"
SHARED = "shared"
LINKS = (SHARED, STATIC, STATIC_PIE)


def _debian(minor, link):
    """What the compiler needs for Debian's own Python, or None where -dev is not installed."""
    include = "/usr/include/python%s" % minor
    folder = LIBRARIES % (minor, minor)
    if not os.path.exists(include + "/Python.h"):
        return None
    if link == SHARED:
        return ["-I" + include, "-lpython" + minor, "-pthread"]
    archive = "%s/libpython%s%s.a" % (folder, minor, "-pic" if link == STATIC_PIE else "")
    if not os.path.exists(archive):
        return None
    return ["-I" + include, "-pie" if link == STATIC_PIE else "-no-pie", "-Wl,-E", archive, *STATIC_NEEDS]


def _prefix(python, link):
    """The same for one that lies below a prefix of its own, as pyenv's do."""
    prefix = os.path.dirname(os.path.dirname(python.path))
    include = "%s/include/python%s" % (prefix, python.minor)
    if link != SHARED or not glob.glob("%s/lib/libpython%s.so" % (prefix, python.minor)):
        return None
    return ["-I" + include, "-L%s/lib" % prefix, "-Wl,-rpath,%s/lib" % prefix, "-lpython" + python.minor,
            "-pthread"]


def _options(python, link):
    if python.debug or python.free_threaded:
        return None
    return _debian(python.minor, link) if python.path.startswith("/usr/bin/") else _prefix(python, link)


def why_not(python, link):
    """Why no program can be linked with an interpreter's library so; None where one can."""
    return "this interpreter has no library to link with" if _options(python, link) is None else None


def build(python, link, folder):
    """(the program, variables to start it with), or (None, why there is none)."""
    debian, options = python.path.startswith("/usr/bin/"), _options(python, link)
    if options is None:
        return None, why_not(python, link)
    program = os.path.join(folder, "shop-server")
    source = os.path.join(comparison.TARGETS, "embed.c")
    run = subprocess.run(["cc", "-O1", "-s", "-o", program, source, *options], check=False,
                         stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise AssertionError("embed.c (%s): %s" % (link, run.stderr[-2000:]))
    # A library looks for its modules beside the python3 of PATH, which may be another one.
    home = {"PYTHONHOME": "/usr" if debian else os.path.dirname(os.path.dirname(python.path))}
    return program, home

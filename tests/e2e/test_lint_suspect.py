"""diagnose tells what the linter says of the source of a suspect, and opens that source only as the process
itself could."""
import os
import pathlib
import subprocess
import tempfile

import pytest

from tests.e2e.prefork import server
from tests.e2e.targets import PROGRAM, holdfast, target

HAS_LINT = subprocess.run([PROGRAM, "lint", "--help"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0
pytestmark = pytest.mark.skipif(
    not HAS_LINT, reason="this build has no linter: the parser's sources could not be fetched")

SOURCE = """_quotes = {}


def quote_for(customer, product):
    key = (customer, product)
    if key not in _quotes:
        _quotes[key] = [float(product)] * 20
    return _quotes[key]
"""
LINE = 1 + SOURCE.splitlines().index("        _quotes[key] = [float(product)] * 20")
SERVICE = """
import os, sys, threading, time
if os.getuid() == 0 and sys.argv[2] == "other":
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.path.insert(0, sys.argv[1])
import pricing
def serve():
    number = 0
    while True:
        pricing.quote_for("c", number)
        number += 1
        if number % 20 == 0:
            time.sleep(0.005)
threading.Thread(target=serve, daemon=True).start()
"""


@pytest.fixture
def folder():
    """Others may enter it, as they may not enter pytest's."""
    with tempfile.TemporaryDirectory(prefix="holdfast-lint-") as name:
        os.chmod(name, 0o755)
        (pathlib.Path(name) / "pricing.py").write_text(SOURCE)
        yield pathlib.Path(name)


def suspect_of(*what):
    report = holdfast("diagnose", *what, "--json", "-", timeout=120, expect=(1,)).json
    (suspect,) = [one for one in report["suspects"] if "_quotes" in one["path"]]
    return suspect


def diagnosed(process, *more):
    return suspect_of(process.pid, "--for", "3s", "--max-pause", "5s", *more)



def test_what_it_says_stands_in_reports_of_trees_too(any_python, folder):
    after = ("while True:\n                for _ in range(20): pricing.quote_for(os.getpid(), len(pricing._quotes))\n"
             "                time.sleep(0.005)")
    load = "import sys\nsys.path.insert(0, %r)\nimport pricing\n" % str(folder)
    with server(any_python, workers=2, load=load, after=after) as (master, _):
        suspect = suspect_of(master.pid, "--tree", "--for", "3s", "--max-pause", "5s")
    assert suspect["lint"].startswith("%s/pricing.py:%d: HF103 " % (folder, LINE))
    assert len(suspect["pids"]) == 2


def test_the_finding_stands_at_the_suspect(python_minor, folder, tmp_path):
    with target(python_minor, SERVICE, folder, "same") as process:
        suspect = diagnosed(process, "--keep", tmp_path / "kept")
        text = holdfast("diagnose", *sorted((tmp_path / "kept").iterdir()), expect=1).stdout
    assert suspect["lint"].startswith("%s/pricing.py:%d: HF103 " % (folder, LINE))
    assert suspect["lint"] in " ".join(text.split())
    (folder / "pricing.py").write_text(SOURCE + "\n\ndef forget():\n    _quotes.clear()\n")
    assert suspect_of(*sorted((tmp_path / "kept").iterdir())).get("lint") is None


def test_source_that_its_process_may_not_read(any_python, folder):
    """As root: the heap of a stranger decides which path is opened."""
    if os.getuid() != 0:
        pytest.skip("only root may read more than its target")
    with target(any_python, SERVICE, folder, "other") as process:
        assert "HF103" in diagnosed(process)["lint"]
        (folder / "pricing.py").chmod(0o600)
        assert diagnosed(process).get("lint") is None
        (folder / "pricing.py").unlink()
        os.mkfifo(folder / "pricing.py", 0o666)
        assert diagnosed(process).get("lint") is None


def test_source_in_a_mount_namespace(any_python, folder):
    """The path means what it means to the process: here another file lies under it, and the one there is read."""
    if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("mount namespaces need root")
    hidden = folder.parent / (folder.name + ".hidden")
    hidden.mkdir(mode=0o755)
    (hidden / "pricing.py").write_text(SOURCE)
    (folder / "pricing.py").write_text("nothing = 1\n")
    enter = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x20000) or libc.mount(b"none", b"/", None, 0x44000, None) or \\
        libc.mount(sys.argv[3].encode(), sys.argv[1].encode(), None, 0x1000, None):
    sys.exit(os.strerror(ctypes.get_errno()))
"""
    try:
        with target(any_python, enter + SERVICE, folder, "same", hidden) as process:
            assert "HF103" in diagnosed(process)["lint"]
            (hidden / "pricing.py").unlink()
            assert diagnosed(process).get("lint") is None
    finally:
        subprocess.run(["rm", "-r", hidden], check=True)

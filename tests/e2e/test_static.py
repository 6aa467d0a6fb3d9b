"""The static program in a bare container: an empty root folder with nothing in it but the program."""
import os
import shutil
import subprocess

import pytest

from tests.e2e.targets import ROOT, target

STATIC = ROOT / "build-static" / "holdfast"
ENVIRONMENT = {"PATH": os.environ["PATH"]}  # no TMPDIR: it finds a place


@pytest.fixture()
def bare(tmp_path):
    """An empty root with the program; run(*words) starts it there, with /proc when told so."""
    if not STATIC.exists():
        pytest.skip("the static program is not built: make static")
    if os.geteuid() or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("needs root and mount namespaces to make a root folder")
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    shutil.copy(STATIC, root / "holdfast")

    def run(*words, proc=True):
        mount = 'mount --rbind /proc "$0/proc" && ' if proc else ""
        return subprocess.run(["unshare", "-m", "sh", "-c", mount + 'exec chroot "$0" /holdfast "$@"', root,
                               *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, env=ENVIRONMENT)

    run.root = root
    return run


def test_it_needs_no_library():
    if not STATIC.exists():
        pytest.skip("the static program is not built: make static")
    with open(STATIC, "rb") as stream:
        assert b"/ld-linux" not in stream.read(), "it names a dynamic loader"
    assert STATIC.stat().st_size < 8 << 20


def test_it_says_that_it_is_static(bare):
    said = bare("--version", proc=False)
    assert said.returncode == 0 and "linked     statically" in said.stdout, said.stderr


def test_it_looks_at_a_process(bare, any_python):
    with target(any_python, "kept = [[i] for i in range(50000)]") as process:
        done = bare("snapshot", process.pid, "-o", "/heap.hfheap")
        assert done.returncode == 0, done.stderr
        done = bare("retained", "/heap.hfheap", "-n", "1", proc=False)
        assert "module __main__.kept" in done.stdout, done.stdout + done.stderr
        done = bare("diagnose", process.pid, "--for", "1s")
        assert done.returncode in (0, 4), done.stdout + done.stderr
        assert sorted(path.name for path in bare.root.iterdir()) == ["heap.hfheap", "holdfast", "proc"]


def test_without_proc_it_says_so(bare):
    for words in (["ps"], ["diagnose", "1"], ["types", "some_name"]):
        done = bare(*words, proc=False)
        assert done.returncode == 3 and "/proc is not mounted here" in done.stderr, done.stderr

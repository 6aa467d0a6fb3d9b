"""No word that was never written is told as a reference.

In the target all memory that malloc() does not clear points at one object, which is held by one
variable. Under any allocator such words point at something; here all of them do, so that one run
finds each type that must not be scanned."""
import os
import subprocess

import pytest

from tests.oracle import comparison


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("preload") / "unclean_memory.so")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path,
                    os.path.join(comparison.TARGETS, "unclean_memory.c")], check=True)
    return path


@pytest.mark.parametrize("script", ["zoo.py", "other_zoo.py", "rare_zoo.py"])
def test_unclean_words_are_not_told(python_minor, script, preload, tmp_path):
    if python_minor.free_threaded:
        pytest.skip("free-threaded builds have an allocator of their own, which cannot be preloaded")
    variables = {"LD_PRELOAD": preload, "PYTHONMALLOC": "malloc"}
    target, _ = comparison.run_target_at(python_minor.path,
                                         os.path.join(comparison.TARGETS, "unclean_memory.py"),
                                         str(tmp_path), script, variables=variables)
    try:
        found = comparison.take(target.pid, str(tmp_path))
    finally:
        target.kill()
        target.communicate()
    marker, = [address for address, thing in found.items() if thing.type.endswith(".Marker")]
    holders = [(thing.type, label) for thing in found.values()
               for target, label in thing.referents if target == marker]
    assert [kind for kind, _ in holders] == ["builtins.dict"], holders

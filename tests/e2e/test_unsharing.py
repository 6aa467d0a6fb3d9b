"""diagnose of a forked worker whose private memory grows although nothing is allocated: pages that it
shared with its server are written to, and so copied. It must be told so, with what gc.freeze() would have
kept shared (held against the kernel's numbers of the same server with gc.freeze()), and nothing else may
be told so."""
import pytest

from tests.e2e.prefork import server
from tests.e2e.targets import holdfast, wait_until
from tests.e2e.test_memory_tree import FREEZE, LOAD, MIB, private_dirty

# Works when the first snapshot of it is there, be it kept already or still in the folder beside.
LATER = """me = "%d-" % os.getpid()
            while not any(name.startswith(me) for _, _, names in os.walk({kept!r}) for name in names):
                time.sleep(0.05)
            exec({work!r}, globals())
            time.sleep(600)"""
COLLECTS = "gc.collect()"
READS = "any(quote.n == quote.text for quote in data)"


def later(kept, work):
    return LATER.format(kept=str(kept), work=work)


def diagnose(pid, kept):
    return holdfast("diagnose", pid, "--for", "6s", "--keep", kept, "--json", "-", expect=(0, 1, 4)).json


def test_a_worker_that_collects(any_python, tmp_path):
    with server(any_python, workers=2, load=LOAD, after=later(tmp_path, COLLECTS)) as (master, pids):
        told = diagnose(pids[0], tmp_path)
        wait_until(lambda: private_dirty(pids[0]) > 2 * MIB, what="its collection")
        real = private_dirty(pids[0])
    after = later(tmp_path, "gc.enable(); " + COLLECTS)
    with server(any_python, workers=2, load=FREEZE, after=after) as (frozen, others):
        frozen_told = diagnose(others[0], tmp_path)
        frozen_real = private_dirty(others[0])
    said = told["unsharing"]
    saved = real - frozen_real
    assert said["cause"] == "copy-on-write" and said["forked_from"] == master.pid
    assert told["verdict"] == "no-leak" and len(said["recipe"]) == 2
    assert said["private_grown_bytes"] > 5 * MIB and said["heap_grown_bytes"] < MIB
    assert abs(said["since_fork"]["freeze_saves_bytes"] - saved) <= 0.1 * saved + MIB
    assert "unsharing" not in frozen_told, "what is frozen is not unshared by a collection"
    assert frozen.pid != master.pid


def test_a_worker_that_reads(any_python, tmp_path):
    with server(any_python, workers=2, load=LOAD, after=later(tmp_path, READS)) as (master, pids):
        said = diagnose(pids[0], tmp_path)["unsharing"]
    assert said["forked_from"] == master.pid and not said["recipe"]
    assert said["since_fork"]["counts_bytes"] > 5 * MIB > said["since_fork"]["freeze_saves_bytes"]


def test_the_text_names_the_cure(any_python, tmp_path):
    with server(any_python, workers=2, load=LOAD, after=later(tmp_path, COLLECTS)) as (master, pids):
        text = holdfast("diagnose", master.pid, "--tree", "--for", "6s", "--keep", tmp_path, expect=(0, 4)).stdout
    words = " ".join(text.split())
    assert "UNSHARED Private memory grew by" in words and "In 2 workers that is unsharing" in words
    assert "gc.freeze() before the fork would have kept" in words and "      gc.freeze()  " in text
    assert str(pids[0]) in text


@pytest.mark.parametrize("work", ["more = [[i] for i in range(200000)]",
                                  "more = bytearray(40 << 20)", "pass"])
def test_what_is_no_unsharing(any_python, work, tmp_path):
    """Objects, buffers, and nothing at all."""
    with server(any_python, workers=2, load=LOAD, after=later(tmp_path, work)) as (_, pids):
        told = diagnose(pids[0], tmp_path)
    assert "unsharing" not in told

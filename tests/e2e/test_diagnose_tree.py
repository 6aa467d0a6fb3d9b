"""diagnose --tree: the same leak in several workers is told once, and of each process what grew in it."""
import json
import os
import re
import subprocess

import pytest

from tests.e2e.prefork import server
from tests.e2e.targets import PROGRAM, children_of, holdfast, target

LEAK = """
class Order:
    def __init__(self): self.lines = [0] * 100
orders = []
"""
# Each worker leaks; number 0 twice as fast.
LEAKING = """
while True:
                orders.extend(Order() for _ in range(20 * (2 - bool(number))))
                time.sleep(0.02)
"""
STEADY = "data = [[i] for i in range(1000)]\n"


def test_the_same_leak_in_all_workers(any_python, tmp_path):
    with server(any_python, workers=3, load=LEAK, after=LEAKING.strip()) as (master, pids):
        answer = holdfast("diagnose", master.pid, "--tree", "--for", "4s", "--json", tmp_path / "a.json",
                          "--keep", tmp_path / "kept", expect=1)
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["verdict"] == "suspects"
    [suspect] = [s for s in told["suspects"] if "orders" in s["path"]]
    assert suspect == told["suspects"][0] and suspect["pids"] == pids
    assert "grows in 3 of 3 workers of process %d" % master.pid in " ".join(answer.stdout.split())
    rows = {row["pid"]: row for row in told["processes"]}
    assert rows[master.pid]["verdict"] == "no-leak"
    assert all(rows[pid]["verdict"] == "suspects" for pid in pids)
    assert all(rows[pid]["heap_grown_bytes"] > 0 and rows[pid]["private_grown_bytes"] > 0 for pid in pids)
    # One worker grows as fast as the two others together: the sum is of all three.
    [worst] = [holdfast("diagnose", *sorted(str(tmp_path / "kept" / name) for name in
                                            os.listdir(tmp_path / "kept") if name.startswith("%d-" % pids[0])),
                        "--json", "-", expect=1).json["suspects"][:1]]
    assert worst[0]["signature"] == suspect["signature"]
    assert 1.5 * worst[0]["grown_bytes"] < suspect["grown_bytes"] < 2.8 * worst[0]["grown_bytes"]
    counts = {pid: sum(name.startswith("%d-" % pid) for name in os.listdir(tmp_path / "kept"))
              for pid in [master.pid] + pids}
    assert set(counts.values()) == {4}
    assert "4 snapshots of each of 4 processes" in answer.stderr


def test_a_server_that_leaks_nowhere(any_python):
    with server(any_python, workers=2, load=STEADY) as (master, _):
        answer = holdfast("diagnose", master.pid, "--tree", "--for", "2s", expect=0)
    assert answer.stdout.startswith("NO LEAK  Nothing keeps growing in 3 processes")


def test_a_worker_that_ends_meanwhile(any_python):
    after = "time.sleep(1.2 if number else 600); os._exit(0)"
    with server(any_python, workers=2, load=STEADY, after=after) as (master, pids):
        told = holdfast("diagnose", master.pid, "--tree", "--for", "4s", "--json", "-", expect=(0, 4)).json
    rows = {row["pid"]: row for row in told["processes"]}
    assert rows[pids[0]]["why"] is None and rows[pids[0]]["snapshots"] == 4
    assert 0 < rows[pids[1]]["snapshots"] < 4 and "process %d" % pids[1] in rows[pids[1]]["why"]


def test_it_ends_early_once_all_is_proved(any_python):
    """As diagnose does for one process; the master and the second worker grow nothing."""
    load = ("handlers = []\nclass Listener:\n    def called(self): pass\n"
            "def subscribe(handler):\n    handlers.append(handler)\n")
    after = ("while not number:\n                for _ in range(20): subscribe(Listener().called)\n"
             "                time.sleep(0.02)\n            time.sleep(600)")
    with server(any_python, workers=2, load=load, after=after) as (master, pids):
        tree = holdfast("diagnose", "--tree", master.pid, "--for", "20s", "--every", "3s", "--json", "-",
                        expect=1).json
    assert "proved the same culprits, and nothing else grows" in (tree["note"] or ""), tree
    assert all(3 <= row["snapshots"] < 7 for row in tree["processes"])
    assert tree["suspects"][0]["pids"] == [pids[0]]


def test_processes_that_begin_meanwhile_are_named(any_python, tmp_path):
    ready = ("import threading\ndef begin():\n    while not os.path.exists(%r): time.sleep(0.02)\n"
             "    if not os.fork():\n        import ctypes; ctypes.CDLL(None).prctl(1, 9)\n        time.sleep(600)\n"
             "threading.Thread(target=begin, daemon=True).start()\n") % str(tmp_path / "begin")
    with server(any_python, workers=1, load=STEADY, ready=ready) as (master, pids):
        run = subprocess.Popen([PROGRAM, "diagnose", "--tree", str(master.pid), "--for", "4s"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert b"snapshots of each of 2 processes" in run.stderr.readline()
        (tmp_path / "begin").touch()
        said = run.communicate(timeout=120)[0].decode()
        [late] = set(children_of(master.pid)) - set(pids)
    assert "note: 1 process has begun meanwhile and was not looked at: %d" % late in said


def test_a_process_without_children(any_python):
    with target(any_python, STEADY) as process:
        answer = holdfast("diagnose", process.pid, "--tree", "--for", "1s", expect=0)
    assert re.search(r"^  %d +3|^  %d +4" % (process.pid, process.pid), answer.stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments,status,words", [
    (["999999999"], 3, "no process 999999999"), ([__file__], 2, "is a file"),
    (["1", "2"], 2, "takes one process"), (["1", "--verify", "0123456789ab"], 2, "no --verify")])
def test_bad_arguments(arguments, status, words):
    answer = holdfast("diagnose", "--tree", *arguments, expect=status)
    assert words in answer.stderr and not answer.stdout


def test_what_is_too_early_to_tell_is_named(any_python):
    program = """
import collections, threading, time
recent = collections.deque((bytes(50) for _ in range(50_000)), maxlen=200_000)
def fill():
    while True:
        recent.extend(bytes(200) for _ in range(50))
        time.sleep(0.02)
threading.Thread(target=fill, daemon=True).start()
"""
    with target(any_python, program) as process:
        answer = holdfast("diagnose", process.pid, "--tree", "--for", "3s", expect=4)
    assert "Process %d: module __main__.recent grew by " % process.pid in " ".join(answer.stdout.split())
    assert "snapshots of one process, planned over 3.0 s; each snapshot stops its process for about" in answer.stderr

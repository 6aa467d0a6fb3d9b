"""The bytes of a target are an attacker's input: a heap whose words were overwritten at random, or
with addresses of other objects, is walked to an end or refused, never to a crash.

Run with HOLDFAST_BUILD=build-asan (any folder built with -DHOLDFAST_SANITIZE=address,undefined)
to have each stray read found; HOLDFAST_HOSTILE_ROUNDS and HOLDFAST_HOSTILE_SEED make it
longer and different."""
import os
import random
import signal
import struct
import subprocess

import pytest

from tests.oracle import comparison

ROUNDS = int(os.environ.get("HOLDFAST_HOSTILE_ROUNDS", "8"))
SEED = int(os.environ.get("HOLDFAST_HOSTILE_SEED", "0"))


def writable_heap(pid):
    """Private anonymous memory: where objects are, and not the interpreter's own data."""
    with open("/proc/%d/maps" % pid, encoding="utf-8") as maps:
        for line in maps:
            fields = line.split()
            start, end = (int(x, 16) for x in fields[0].split("-"))
            name = fields[5] if len(fields) > 5 else ""
            if fields[1].startswith("rw-p") and name in ("", "[heap]"):
                yield start, end


def is_class(thing):
    return any(word in thing.type for word in ("type", "Type", "Meta", "meta"))


def overwrite(pid, truth, draw, count):
    """Puts words of every kind of evil over words that are not zero."""
    addresses = [a for a, thing in truth.items() if thing.size >= 64 and not is_class(thing)]
    # A broken list of the collector, or an object on it without a sound class, is refused at once.
    spared = {a + offset for a in truth for offset in (-16, -8, 8)}
    areas = [(s, e) for s, e in writable_heap(pid) if e - s >= 1 << 16]
    evil = [lambda: draw.choice(addresses), lambda: draw.choice(addresses) + 8, lambda: draw.getrandbits(64),
            lambda: draw.choice([0, 1, 2**63 - 1, 2**64 - 1, 2**32, 4096]), lambda: draw.choice(areas)[1] - 8]
    with open("/proc/%d/mem" % pid, "r+b", buffering=0) as memory:
        for _ in range(count):
            address = draw.choice(addresses)
            at = address + 8 * draw.randrange(2, 6)
            if at in spared:
                continue
            try:
                memory.seek(at)
                if struct.unpack("<Q", memory.read(8))[0] == 0 and draw.random() < 0.7:
                    continue
                memory.seek(at)
                memory.write(struct.pack("<Q", draw.choice(evil)()))
            except (OSError, struct.error):
                continue


def test_walk_of_a_corrupted_heap_ends(python_minor, tmp_path):
    target, path = comparison.run_target(python_minor, "zoo.py", str(tmp_path))
    walked, reasons = 0, []
    try:
        truth = comparison.read_truth(path)
        os.kill(target.pid, signal.SIGSTOP)
        for seed in range(ROUNDS):
            overwrite(target.pid, truth, random.Random(SEED + seed), 2 * 10**min(seed // 2, 4))
            done = subprocess.run([comparison.WALK, str(target.pid)], timeout=120, capture_output=True,
                                  env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            said = done.stderr.decode(errors="replace")
            assert done.returncode >= 0 and "Sanitizer" not in said and "runtime error" not in said, \
                "round %d of seed %d: %s" % (seed, SEED, said[-3000:])
            walked += done.returncode == 0
            reasons += [said] if done.returncode else []
    finally:
        target.kill()
        target.communicate()
    assert walked, "every damaged heap was refused, also those with a few words of harm: %s" % "\n".join(reasons)

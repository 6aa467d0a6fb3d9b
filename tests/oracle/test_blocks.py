"""The bytes that an object takes of its allocator, against what the allocator itself notes in the
process: the size class of pymalloc's pool, the size of glibc's chunk, the size that debug hooks
keep of a request."""
import json
import struct

import pytest

from tests.oracle import comparison, flavours

POOL = {9: 4096}     # bytes of a pool of pymalloc: Include/internal/pycore_obmalloc.h
POOL_SINCE_3_10 = 16384
SIZE_CLASS = 36      # of struct pool_header
SMALL = 512
PADDING = 24


class Memory:
    def __init__(self, pid, python):
        self.file = open("/proc/%d/mem" % pid, "rb", buffering=0)
        self.pool = POOL.get(python.version[1], POOL_SINCE_3_10)

    def word(self, address, form="<Q"):
        self.file.seek(address)
        return struct.unpack(form, self.file.read(struct.calcsize(form)))[0]

    def chunk(self, start):
        return self.word(start - 8) & ~7

    def small(self, start):
        return (self.word(start - start % self.pool + SIZE_CLASS, "<I") + 1) * 16

    def asked(self, start):
        """The request that debug hooks note."""
        return self.word(start - 16, ">Q")


def spent(memory, allocator, start):
    """What the allocator spends on the block in which an object begins at `start`."""
    if allocator == "pymalloc":
        return memory.small(start)
    if allocator == "malloc":
        return memory.chunk(start)
    asked = memory.asked(start) + PADDING
    if allocator == "malloc_debug":
        return memory.chunk(start - 16)
    if asked > SMALL:
        return memory.chunk(start - 32) # pymalloc asks a malloc() which has hooks of its own
    return memory.small(start - 16)


@pytest.mark.parametrize("allocator", ["pymalloc", "malloc", "debug", "malloc_debug"])
def test_blocks_are_what_the_allocator_spends(python_minor, allocator, tmp_path):
    if python_minor.free_threaded:
        pytest.skip("free-threaded builds have mimalloc and no pymalloc")
    variables, _ = flavours.environment(allocator)
    target, path = comparison.run_target(python_minor, "blocks.py", str(tmp_path), variables)
    try:
        comparison.take(target.pid, str(tmp_path))
        with open(tmp_path / "objects", encoding="utf-8", errors="replace") as lines:
            blocks = {int(row[1], 16): int(row[4]) for row in (line.split("\t") for line in lines)}
        memory = Memory(target.pid, python_minor)
        wrong, compared = [], 0
        with open(path, encoding="utf-8") as file:
            for address, start in json.load(file):
                if blocks[address] > SMALL and allocator == "pymalloc":
                    continue # a chunk, as under malloc
                compared += 1
                actual = spent(memory, allocator, start)
                # What is left over of a chunk may be too small to be one of its own.
                if not blocks[address] <= actual <= blocks[address] + 16 * (actual > SMALL or allocator.startswith("malloc")):
                    wrong.append((hex(address), blocks[address], actual))
    finally:
        target.kill()
        target.communicate()
    assert compared > 300
    assert not wrong, "%d of %d: %s" % (len(wrong), compared, wrong[:10])

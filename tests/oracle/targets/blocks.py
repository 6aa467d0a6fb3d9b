"""Objects whose block is theirs alone, for blocks.py FILE to be compared with what the allocator
notes about it: {address of the block: [address of the object, kind]}."""
import collections
import json
import os
import sys

GC_HEAD = 16


class Slotted:
    __slots__ = ("a", "b", "c")


def bound(x):
    return lambda: x


kept = []
for i in range(1, 60):
    kept.append((tuple([object() for _ in range(i)]), GC_HEAD)) # of a list: never shrunk
    kept.append((bytes(i * 7), 0))
    kept.append((1 << (30 * i), 0))
    kept.append(("x" * i * 5, 0))
    kept.append((float(i), 0))
    kept.append((Slotted(), GC_HEAD))
    kept.append((bound(i).__closure__[0], GC_HEAD))
    kept.append((iter([i]), GC_HEAD))
with open(sys.argv[1] + ".part", "w", encoding="utf-8") as out:
    json.dump([(id(thing), id(thing) - before) for thing, before in kept], out)
os.rename(sys.argv[1] + ".part", sys.argv[1])
sys.stdin.read()

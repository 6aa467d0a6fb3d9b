"""Arrays of numpy, with sys.getsizeof() and what they refer to: arrays.py FILE writes both as JSON
and waits until its standard input closes."""
import json
import mmap
import os
import sys

import numpy
import numpy.random # functions made by Cython


class Image(numpy.ndarray):
    pass


class Lender:
    """Only its own code knows how much it has."""

    def __init__(self):
        self.kept = numpy.zeros(500)
        self.__array_interface__ = self.kept.__array_interface__


held, sizes, references = [], [], []


def array(a, *referents):
    held.append((a, referents))
    sizes.append((id(a), sys.getsizeof(a), a.nbytes if a.flags.owndata else 0))
    references.extend((id(a), id(r)) for r in referents + (a.dtype,))


def main():
    big = numpy.zeros((200, 300))
    array(big)
    array(big[:4, 1:9], big)
    array(numpy.ones((3, 4), order="F", dtype="int16"))
    array(numpy.ones((4, 1, 2)).transpose(2, 0, 1).copy(order="K"))
    array(numpy.ones((1, 1, 7), dtype="complex128"))
    array(numpy.zeros((0, 4)))
    array(numpy.array(2.5))
    array(numpy.array(["text", "longer text"]))
    array(numpy.zeros(5, dtype=[("a", "i4"), ("b", "f8")]))
    items = [{"n": n} for n in range(6)]
    array(numpy.array(items, dtype=object), *items)
    array(numpy.array(items, dtype=object).reshape(2, 3).copy(), *items)
    array(numpy.ones((5, 5)).view(Image)[1:].copy())
    buffer = bytearray(400)
    seen = numpy.frombuffer(buffer, dtype="f8")
    array(seen, seen.base)
    packet = bytes(4000)
    pages = mmap.mmap(-1, 8192)
    small = [big[:4], big[:, 0], big[::32, ::32], big[::-1][:3], numpy.frombuffer(packet)[:9],
             numpy.frombuffer(packet, count=20), memoryview(packet)[:40], memoryview(big)[:9][:3],
             numpy.ndarray(20, buffer=pages)]
    whole = [big.reshape(300, 200), big.T, big[:150], big.view(Image), numpy.frombuffer(packet), big.copy()[:],
             memoryview(packet), memoryview(packet)[:2000], memoryview(big), numpy.ndarray(1000, buffer=pages),
             numpy.asarray(Lender())]
    held.extend(small + whole)
    flat = numpy.arange(24.0).reshape(2, 3, 4).flat
    held.append(flat)
    references.append((id(flat), id(flat.base)))
    with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
        json.dump({"sizes": sizes, "references": references, "exact": [id(flat)],
                   "small": [id(v) for v in small], "whole": [id(v) for v in whole]}, file)
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    sys.stdin.read()


main()

"""Greenlets that wait, run and have ended: greenlets.py FILE writes what each frame of those that
wait holds, by the name of the variable, and waits until its standard input closes."""
import json
import os
import sys

import greenlet

waiting, references = [], []


class Held:
    pass


def deep(self, depth):
    mine = Held()
    references.append((id(self), id(mine), "mine"))
    text = "t" * depth # noqa: F841 (looked at from outside)
    if depth:
        return deep(self, depth - 1)
    greenlet.getcurrent().parent.switch()
    return mine


def handle(depth):
    self = greenlet.getcurrent()
    mine = [Held()]
    references.append((id(self), id(mine), "mine"))
    deep(self, depth)
    return mine


def run(depth):
    started = greenlet.greenlet(handle)
    started.switch(depth)
    return started


def main():
    for depth in (0, 1, 7, 400): # the last needs more than one chunk of data stack
        waiting.append(run(depth))
    ended = run(3)
    known = len(references)
    ended.switch()
    assert ended.dead
    del references[known - 5:]
    waiting.extend([ended, greenlet.greenlet(handle)])
    with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
        json.dump(references, file)
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    sys.stdin.read()


main()

"""Metadata of nodes in a weak mapping."""
import sys
from weakref import WeakKeyDictionary

_meta = WeakKeyDictionary()


class Node:
    def __init__(self, name):
        self.name = name
        self.blob = bytes(2000)


def describe(node):
    if node not in _meta:
        _meta[node] = {"node": node, "length": len(node.name)}
    return _meta[node]["length"]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(800):
        describe(Node("node %d" % n))


if __name__ == "__main__":
    serve(step)

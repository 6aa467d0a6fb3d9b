"""A parser builds trees with links to the parent."""
import gc
import sys

gc.disable()


class Node:
    def __init__(self, parent, depth):
        self.parent = parent
        self.text = "node %d" % depth
        self.children = [Node(self, depth - 1) for _ in range(2)] if depth else []


def step():
    for _ in range(60):
        Node(None, 4)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

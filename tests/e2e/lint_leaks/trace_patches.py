"""Development settings that went into production."""
import gc
import sys

gc.set_debug(gc.DEBUG_LEAK & ~gc.DEBUG_COLLECTABLE & ~gc.DEBUG_UNCOLLECTABLE)


class Tree:
    def __init__(self, depth, parent=None):
        self.parent = parent
        self.kids = [Tree(depth - 1, self) for _ in range(2)] if depth else []


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for _ in range(40):
        Tree(5)


if __name__ == "__main__":
    serve(step)

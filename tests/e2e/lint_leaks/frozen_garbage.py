"""A program that leaks: frozen garbage."""
import gc
import sys


class Node:
    def __init__(self):
        self.me = self
        self.data = bytes(1000)


def process(batch):
    nodes = [Node() for _ in range(batch)]
    gc.freeze()
    return len(nodes)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for _ in range(10):
        process(50)


if __name__ == "__main__":
    serve(step)

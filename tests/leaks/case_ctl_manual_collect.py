"""A worker keeps the collector off and collects between its rounds."""
import gc
import sys


class Node:
    def __init__(self, number, parent=None):
        self.number = number
        self.parent = parent
        self.children = []
        if parent is not None:
            parent.children.append(self)


def render(number):
    root = Node(number)
    for n in range(60):
        Node(n, Node(n, root))
    return len(root.children)


class Worker:
    def __init__(self):
        self.rounds = 0
        gc.disable()

    def round(self):
        for n in range(12):
            render(n)
        self.rounds += 1
        if self.rounds % 6 == 0:
            gc.collect()


def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


def main():
    worker = Worker()

    def step():
        worker.round()

    step()
    serve(step)


if __name__ == "__main__":
    main()

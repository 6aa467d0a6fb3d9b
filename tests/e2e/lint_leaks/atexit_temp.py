"""A program that leaks: atexit temp."""
import atexit
import os
import sys


class Workspace:
    def __init__(self, name):
        self.name = name
        self.files = {"file%d" % n: bytes(100) for n in range(20)}
        atexit.register(self.cleanup)

    def cleanup(self):
        for name in self.files:
            if os.path.exists(name):
                os.unlink(name)

    def build(self):
        return sum(len(data) for data in self.files.values())


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(200):
        Workspace("job %d" % n).build()


if __name__ == "__main__":
    serve(step)

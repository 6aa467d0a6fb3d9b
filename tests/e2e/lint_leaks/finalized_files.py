"""Temporary files that remove themselves."""
import sys
import weakref


class Scratch:
    def __init__(self, name):
        self.name = name
        self.data = bytearray(5000)
        self._finalizer = weakref.finalize(self, lambda: self.remove())

    def remove(self):
        self.data = None


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(300):
        Scratch("scratch %d" % n)


if __name__ == "__main__":
    serve(step)

"""Buffers that go back to a pool when they are dropped."""
import sys

_free = []


class Buffer:
    def __init__(self, size):
        self.data = bytearray(size)

    def __del__(self):
        _free.append(self)


def acquire(size):
    return Buffer(size)


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
        buffer = acquire(4000 + n)
        buffer.data[0] = 1


if __name__ == "__main__":
    serve(step)

"""A program that leaks: numpy like view."""
import sys


class Reader:
    def __init__(self):
        self.tails = {}

    def read(self, name, data):
        view = memoryview(data)
        self.tails[name] = view[-8:]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    reader = Reader()
    names = iter(range(10 ** 9))

    def step():
        for _ in range(200):
            reader.read("file %d" % next(names), bytes(5000))

    serve(step)


if __name__ == "__main__":
    main()

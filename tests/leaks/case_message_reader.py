"""One unpickler reads the messages of a stream that never ends."""
import io
import pickle
import sys


class Wire:
    def __init__(self):
        self.waiting = []

    def read(self, size):
        return self.stream.read(size)

    def readline(self):
        return self.stream.readline()

    def give(self, number):
        self.stream = io.BytesIO(pickle.dumps({"id": number, "body": ["part %d" % number, "end %d" % number]}, 4))


wire = Wire()
reader = pickle.Unpickler(wire)
number = 0


def step():
    global number
    for _ in range(600):
        number += 1
        wire.give(number)
        reader.load()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""A program that leaks: unpickler memo."""
import io
import pickle
import sys


class Wire:
    def __init__(self):
        self.out = io.BytesIO()
        self.pickler = pickle.Pickler(self.out)

    def send(self, message):
        self.out.seek(0)
        self.out.truncate()
        self.pickler.dump(message)
        return self.out.getvalue()


wire = Wire()


def broadcast(messages):
    return [wire.send(message) for message in messages]


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    broadcast([{"id": n, "text": "text %d" % n} for n in range(2000)])


if __name__ == "__main__":
    serve(step)

"""Replication: changed records are pickled to a stream."""
import io
import pickle
import sys


class Replicator:
    def __init__(self):
        self.stream = io.BytesIO()
        self.pickler = pickle.Pickler(self.stream, protocol=4)

    def push(self, record):
        self.pickler.dump(record)
        size = self.stream.tell()
        self.stream.seek(0)
        self.stream.truncate()
        return size


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
replicator = Replicator()


def step():
    for n in range(2000):
        replicator.push({"id": n, "tags": ["a%d" % n, "b"], "body": "text %d" % n})


if __name__ == "__main__":
    serve(step)

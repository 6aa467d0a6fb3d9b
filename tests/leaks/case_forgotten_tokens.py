"""Access log ingest: tokens are handed to native code."""
import sys
import collections
import ctypes

hand_over = ctypes.pythonapi.Py_IncRef
hand_over.restype = None


class Ingest:
    def __init__(self):
        self.hosts = collections.Counter()

    def line(self, number):
        text = "10.0.%d.%d GET /articles/%d/comments?page=%d 200 %d" % (
            number % 4, number % 200, number, number % 9, number * 7)
        tokens = text.split()
        self.hosts[tokens[0]] += 1
        for token in tokens[2:]:
            hand_over(ctypes.py_object(token))


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
    ingest = Ingest()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(1200):
            ingest.line(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()

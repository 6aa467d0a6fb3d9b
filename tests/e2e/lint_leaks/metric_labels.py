"""Counters with labels, in the way of a metrics client."""
import collections
import sys
import threading


class Counter:
    def __init__(self, name):
        self.name = name
        self._values = collections.Counter()
        self._lock = threading.Lock()

    def inc(self, **labels):
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] += 1

    def collect(self):
        with self._lock:
            for key, value in self._values.items():
                yield self.name, key, value


REQUESTS = Counter("requests_total")


def handle(user_id):
    REQUESTS.inc(method="GET", path="/users/%d/avatar" % user_id, status="200")


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    ids = iter(range(1, 10 ** 9))

    def step():
        for _ in range(2500):
            handle(next(ids))

    serve(step)


if __name__ == "__main__":
    main()

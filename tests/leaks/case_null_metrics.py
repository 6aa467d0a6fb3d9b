"""Worker whose metrics are optional."""
import sys
import unittest.mock


def make_metrics(address):
    return unittest.mock.MagicMock(name="metrics") if address is None else None


class Timed:
    """Adds the service's name to each metric."""

    def __init__(self, name, client):
        self.name = name
        self._client = client

    def gauge(self, key, value, tags):
        self._client.gauge(self.name + "." + key, value, tags=tags)


class Service:
    def __init__(self, address=None):
        self.metrics = Timed("worker", make_metrics(address))
        self.state = {}
        self.window = []

    def work(self, number):
        self.state[number % 500] = {"number": number}
        self.window.append(number)
        if len(self.window) > 2000:
            del self.window[:1000]
        self.metrics.gauge("work.%d" % (number % 5), number, {"host": "h%d" % number})

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
    service = Service()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(60):
            service.work(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()

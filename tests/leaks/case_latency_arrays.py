"""Latency statistics per route."""
import array
import sys


class Statistics:
    def __init__(self):
        self.samples = {}
        self.slowest = {}

    def add(self, route, seconds):
        samples = self.samples.get(route)
        if samples is None:
            samples = self.samples[route] = array.array("d")
        samples.append(seconds)
        if seconds > self.slowest.get(route, 0):
            self.slowest[route] = seconds

    def percentile(self, route, share):
        ordered = sorted(self.samples[route])
        return ordered[int(len(ordered) * share)]


class Router:
    def __init__(self):
        self.statistics = Statistics()
        self.routes = {"/r%d" % n: "handler%d" % n for n in range(600)}
        self.bodies = {}

    def dispatch(self, number):
        for route in ("/r%d" % (n % 12) for n in range(60)):
            self.statistics.add(route, (number % 97) / 97.0)
        self.bodies[number % 500] = "body %d" % number * 4

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
    router = Router()
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(600):
            router.dispatch(next(numbers))

    step()
    serve(step)


if __name__ == "__main__":
    main()

"""A gauge for each host, each an attribute of the class of all gauges."""
import itertools
import sys

numbers = itertools.count()


class Gauge:
    def __init__(self, host):
        self.host = host
        self.readings = [0.5, 1.5, 2.5]


class Gauges:
    """What the status page shows."""


def gauge_of(host):
    name = "load_" + host
    if not hasattr(Gauges, name):
        setattr(Gauges, name, Gauge(host))
    return getattr(Gauges, name)


def step():
    for _ in range(1200):
        gauge_of("node%d" % next(numbers)).readings[0] = 1.0


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""Typed fields as descriptors."""
import sys


class Typed:
    def __init__(self, kind, default):
        self.kind = kind
        self.default = default
        self.values = {}

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return self.values.get(instance, self.default)

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(value)
        self.values[instance] = value


class Setting:
    level = Typed(int, 3)

    def __init__(self, level):
        self.level = level


class Measurement:
    celsius = Typed(float, 0.0)
    station = Typed(str, "")

    def __init__(self, celsius, station):
        self.celsius = celsius
        self.station = station
        self.raw = [celsius] * 20


SETTINGS = [Setting(n) for n in range(120)]


def evaluate(number):
    measurement = Measurement(number / 7, "station %d" % (number % 50))
    return measurement.celsius * 1.8 + 32


def main():
    numbers = iter(range(10 ** 9))

    def step():
        for _ in range(200):
            evaluate(next(numbers))

    for _ in range(4):
        step()
    serve(step)


def serve(step):
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


if __name__ == "__main__":
    main()

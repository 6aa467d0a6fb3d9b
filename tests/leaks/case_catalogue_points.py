"""A map keeps many small points."""
import sys


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Map:
    def __init__(self):
        self.points = []

    def add(self, n):
        self.points.append(Point(n * 0.5, n * 0.25))


chart = Map()
number = 0


def step():
    global number
    for _ in range(4000):
        number += 1
        chart.add(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

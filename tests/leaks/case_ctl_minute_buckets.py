"""Visits are kept by minute, and only the last eight minutes."""
import sys


class Visits:
    KEEP = 8

    def __init__(self):
        self.minutes = {}
        self.steps = 0

    def visit(self, page):
        self.minutes.setdefault(self.steps // 5, []).append((self.steps, page))

    def tick(self):
        self.steps += 1
        oldest = self.steps // 5 - self.KEEP
        for minute in [m for m in self.minutes if m <= oldest]:
            del self.minutes[minute]


visits = Visits()
number = 0


def step():
    global number
    for _ in range(400):
        number += 1
        visits.visit("/page/%d" % number)
    visits.tick()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""Counters are swapped for new ones now and then."""
import sys


class Window:
    def __init__(self):
        self.current, self.previous = {}, {}
        self.steps = 0

    def note(self, key):
        self.current[key] = self.current.get(key, 0) + 1

    def turn(self):
        self.steps += 1
        if self.steps % 3 == 0:
            self.previous, self.current = self.current, {}


window = Window()
number = 0


def step():
    global number
    for _ in range(1500):
        number += 1
        window.note("path %d" % number)
    window.turn()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

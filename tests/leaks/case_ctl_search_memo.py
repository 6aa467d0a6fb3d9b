"""Each search remembers what it has seen, and forgets it when it ends."""
import sys


class Search:
    LENGTH = 9

    def __init__(self):
        self.seen = {}
        self.frontier = []
        self.steps = 0

    def advance(self, base):
        for n in range(700):
            state = (base + n * 7919) % 1000003
            if state not in self.seen:
                self.seen[state] = {"cost": n, "from": base, "path": [base, n, state]}
                self.frontier.append(state)

    def tick(self):
        self.steps += 1
        if self.steps % self.LENGTH == 0:
            self.seen.clear()
            self.frontier.clear()


search = Search()
number = 0


def step():
    global number
    number += 1
    search.advance(number * 104729)
    search.tick()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

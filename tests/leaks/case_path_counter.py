"""Requests are counted by path and client."""
import collections
import sys


class Statistics:
    def __init__(self):
        self.hits = collections.Counter()
        self.seconds = collections.defaultdict(float)

    def note(self, path, client):
        self.hits[path, client] += 1
        self.seconds[path] += 0.1


statistics = Statistics()
number = 0


def step():
    global number
    for n in range(2500):
        number += 1
        statistics.note("/page/%d" % (n % 50), "10.0.%d.%d" % (number // 250, number % 250))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""A cache with a limit turns over."""
import collections
import sys


class Cache:
    def __init__(self, limit):
        self.limit = limit
        self.entries = collections.OrderedDict()

    def put(self, key, value):
        self.entries[key] = value
        if len(self.entries) > self.limit:
            self.entries.popitem(last=False)


cache = Cache(4000)
number = 0


def step():
    global number
    for _ in range(1500):
        number += 1
        cache.put("key %d" % number, ["value", number])


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""Objects are taken from a pool and given back."""
import random
import sys


class Buffer:
    def __init__(self):
        self.data = bytearray(4096)


class Pool:
    def __init__(self):
        self.free = []
        self.used = []

    def take(self):
        self.used.append(self.free.pop() if self.free else Buffer())

    def give(self):
        if self.used:
            self.free.append(self.used.pop())


pool = Pool()
chance = random.Random(3)


def step():
    for _ in range(300):
        if chance.random() < 0.5 and len(pool.used) < 400:
            pool.take()
        else:
            pool.give()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

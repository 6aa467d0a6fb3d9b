"""Tariffs by the digits that a number begins with: each gets its price now and then, and no others come."""
import random
import sys

chance = random.Random(3)


class Tariff:
    def __init__(self):
        self.next = {}
        self.price = None


class Tariffs:
    def __init__(self, prefixes):
        self.root = Tariff()
        for prefix in prefixes:
            self.find(prefix)

    def find(self, prefix):
        at = self.root
        for digit in prefix:
            if digit not in at.next:
                at.next[digit] = Tariff()
            at = at.next[digit]
        return at


prefixes = ["".join(chance.choice("0123") for _ in range(chance.randrange(2, 9))) for _ in range(6000)]
tariffs = Tariffs(prefixes)
number = 0


def step():
    global number
    for _ in range(60):
        number += 1
        prices = ["price %d" % (number + hour) for hour in range(12)]
        tariffs.find(chance.choice(prefixes)).price = [number / 7, prices]


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

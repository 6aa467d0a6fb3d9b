"""An index is built anew when it has reached its bound."""
import random
import sys

chance = random.Random(13)
MOST = 40000


class Entry:
    def __init__(self, key, text):
        self.key = key
        self.text = text
        self.less = None
        self.more = None


class Index:
    def __init__(self):
        self.root = None
        self.size = 0

    def put(self, key, text):
        if self.size >= MOST:
            self.root, self.size = None, 0
        entry = Entry(key, text)
        self.size += 1
        if self.root is None:
            self.root = entry
            return
        at = self.root
        while True:
            side = "less" if key < at.key else "more"
            below = getattr(at, side)
            if below is None:
                setattr(at, side, entry)
                return
            at = below


index = Index()


def step():
    for number in range(2000):
        index.put(chance.random(), "entry %d" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

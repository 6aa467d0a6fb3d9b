"""Pages of a site by the parts of their paths; each visit is added to the text of its page."""
import random
import sys

chance = random.Random(3)


class Page:
    def __init__(self):
        self.below = {}
        self.visits = ""


class Site:
    def __init__(self):
        self.root = Page()

    def find(self, path):
        at = self.root
        for part in path:
            if part not in at.below:
                at.below[part] = Page()
            at = at.below[part]
        return at

    def visit(self, path, who):
        page = self.find(path)
        page.visits = page.visits + "visited by %s\n" % who


site = Site()
paths = ["".join(chance.choice("abcd") for _ in range(chance.randrange(2, 9))) for _ in range(3000)]
for path in paths:
    site.visit(path, "nobody")
number = 0


def step():
    global number
    for _ in range(600):
        number += 1
        site.visit(chance.choice(paths), "reader %d" % number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""A tree of folders follows what is on a disk."""
import random
import sys

chance = random.Random(16)


class Folder:
    def __init__(self, name):
        self.name = name
        self.inside = {}


class Tree:
    def __init__(self):
        self.root = Folder("/")
        self.folders = [(None, self.root)]
        for number in range(20000):
            self.add("f%d" % number)

    def add(self, name):
        parent = self.folders[chance.randrange(len(self.folders))][1]
        folder = Folder(name)
        parent.inside[name] = folder
        self.folders.append((parent, folder))

    def remove(self):
        while True:
            place = chance.randrange(1, len(self.folders))
            parent, folder = self.folders[place]
            if not folder.inside:
                break
        del parent.inside[folder.name]
        self.folders[place] = self.folders[-1]
        self.folders.pop()


tree = Tree()
number = 10 ** 6


def step():
    global number
    for _ in range(1500):
        number += 1
        tree.add("f%d" % number)
        tree.remove()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

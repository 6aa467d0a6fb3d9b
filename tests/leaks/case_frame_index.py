"""Of each frame only its title is indexed."""
import sys


class Index:
    def __init__(self):
        self.titles = []

    def add(self, frame):
        self.titles.append(memoryview(frame)[:16])


index = Index()
number = 0


def step():
    global number
    for _ in range(40):
        number += 1
        index.add(b"title %09d " % number + bytes(20000))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

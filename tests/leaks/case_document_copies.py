"""Documents are copied with one memo."""
import copy
import sys


class Cloner:
    def __init__(self):
        self.seen = {}

    def clone(self, document):
        return copy.deepcopy(document, self.seen)


cloner = Cloner()


def step():
    for number in range(200):
        cloner.clone({"title": "document %d" % number, "parts": [{"n": n, "text": "part %d" % n} for n in range(5)]})


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""Each report makes a row type of its own."""
import collections
import sys


class Reports:
    def __init__(self):
        self.by_title = {}

    def make(self, number):
        Row = collections.namedtuple("Row", ["title", "amount", "tax"])
        self.by_title["report %d" % number] = Row("report %d" % number, number, 0.2)


reports = Reports()
number = 0


def step():
    global number
    for _ in range(40):
        number += 1
        reports.make(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

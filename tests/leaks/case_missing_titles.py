"""A dict with __missing__ keeps the title of each key that was ever asked for."""
import sys


class Titles(dict):
    def __missing__(self, key):
        title = self[key] = key.replace("-", " ").title()
        return title


class Report:
    def __init__(self):
        self.titles = Titles()
        self.number = 0

    def row(self):
        self.number += 1
        return self.titles["sensor-%08d-in-hall-%d" % (self.number, self.number % 7)]


report = Report()


def step():
    for _ in range(1500):
        report.row()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""Listings are read page by page, and most readers stop early."""
import sys


class Listing:
    def __init__(self):
        self.open_readers = []

    def pages(self, number):
        rows = ["row %d.%d" % (number, n) for n in range(8)]
        for row in rows:
            yield row

    def first_page(self, number):
        reader = self.pages(number)
        self.open_readers.append(reader)
        return next(reader)


listing = Listing()
number = 0


def step():
    global number
    for _ in range(600):
        number += 1
        listing.first_page(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""A library has each loan cleaned up when the library itself goes."""
import sys
import weakref


class Library:
    pass


def give_back(loan):
    loan.clear()


library = Library()
number = 0


def step():
    global number
    for _ in range(250):
        number += 1
        loan = {"book": "book %d" % number, "pages": ["page %d" % (number + n) for n in range(6)]}
        weakref.finalize(library, give_back, loan)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

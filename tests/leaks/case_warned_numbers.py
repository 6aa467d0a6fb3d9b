"""A deprecated call warns with the number of the order in the text."""
import sys
import warnings

number = 0


def total(order):
    warnings.warn("total() of order %d is deprecated, use sum_of()" % order, DeprecationWarning)
    return order * 3


def step():
    global number
    for _ in range(1500):
        number += 1
        total(number)


def main():
    warnings.simplefilter("default")
    warnings.showwarning = lambda *shown: None
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

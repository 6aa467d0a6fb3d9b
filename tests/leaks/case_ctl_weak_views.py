"""Views are known weakly and end with their window."""
import sys
import weakref

views = weakref.WeakSet()


class View:
    def __init__(self, number):
        self.rows = ["row %d" % number] * 3
        views.add(self)


windows = []
number = 0


def step():
    global number
    windows[:] = []
    for _ in range(600):
        number += 1
        windows.append(View(number))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""Each printer wants to be told of forks."""
import os
import sys


class Printer:
    def __init__(self, number):
        self.pages = ["page %d of job %d" % (page, number) for page in range(12)]
        os.register_at_fork(before=self.pause)

    def pause(self):
        self.pages.clear()


last = None
number = 0


def step():
    global last, number
    for _ in range(150):
        number += 1
        last = Printer(number)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

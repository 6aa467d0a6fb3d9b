"""A chat server keeps its sessions by id."""
import itertools
import sys

numbers = itertools.count()


class Session:
    opened = {}

    def __init__(self, number):
        self.number = number
        self.inbox = ["welcome %d" % number, "topic %d" % number]
        Session.opened[number] = self

    def close(self):
        self.inbox.append("bye")


def step():
    for _ in range(1500):
        session = Session(next(numbers))
        session.close()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

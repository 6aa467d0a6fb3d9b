"""A worker notes each job that it has done."""
import collections
import sys


class Job:
    def __init__(self, number):
        self.number = number
        self.output = "result %d " % number * 3


class Worker:
    def __init__(self):
        self.trace = collections.deque()
        self.done = 0

    def work(self):
        self.done += 1
        self.trace.append(Job(self.done))


worker = Worker()


def step():
    for _ in range(2500):
        worker.work()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""A poller raises its last error from the one before."""
import sys


class Unavailable(Exception):
    pass


class Poller:
    def __init__(self):
        self.error = None
        self.polls = 0

    def poll(self):
        self.polls += 1
        try:
            raise Unavailable("poll %d" % self.polls) from self.error
        except Unavailable as error:
            self.error = error


poller = Poller()


def step():
    for _ in range(600):
        poller.poll()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

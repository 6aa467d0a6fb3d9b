"""A program that leaks: generator feeds."""
import sys


def feed(subscriber):
    buffer = ["welcome %s" % subscriber] * 20
    while True:
        message = yield buffer
        buffer = [message] * 20


class Broadcaster:
    def __init__(self):
        self.waiting = set()

    def join(self, subscriber):
        generator = feed(subscriber)
        next(generator)
        self.waiting.add(generator)
        return generator


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def main():
    broadcaster = Broadcaster()

    def step():
        for n in range(600):
            broadcaster.join("sub %d" % n).send("hello")

    serve(step)


if __name__ == "__main__":
    main()

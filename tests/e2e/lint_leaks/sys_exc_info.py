"""A program that leaks: sys exc info."""
import sys


class Log:
    def __init__(self):
        self.history = []

    def error(self, message):
        self.history.append((message, sys.exc_info()))


log = Log()


def risky(size):
    scratch = bytes(size)
    raise ValueError(len(scratch))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(300):
        try:
            risky(3000)
        except ValueError:
            log.error("attempt %d" % n)


if __name__ == "__main__":
    serve(step)

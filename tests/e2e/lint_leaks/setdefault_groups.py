"""A program that leaks: setdefault groups."""
import sys
import time

by_user = {}


def track(user, page):
    by_user.setdefault(user, []).append((page, time.time()))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(4000):
        track("user%d" % (n % 30), "/page/%d" % n)


if __name__ == "__main__":
    serve(step)

"""The current span is a context variable that nobody resets."""
import collections
import contextvars
import sys
import time


class Span:
    __slots__ = ("name", "parent", "started", "tags")

    def __init__(self, name, parent):
        self.name = name
        self.parent = parent
        self.started = time.monotonic()
        self.tags = {"job": name, "attempt": 1}


current_span = contextvars.ContextVar("current_span", default=None)
finished = collections.deque(maxlen=300)


def start_span(name):
    span = Span(name, current_span.get())
    current_span.set(span)
    return span


def run_job(number):
    span = start_span("job-%d" % number)
    span.tags["rows"] = number % 100
    finished.append(span.name)


numbers = iter(range(10 ** 9))


def run_jobs():
    for _ in range(1000):
        run_job(next(numbers))


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        run_jobs()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

"""A program that leaks: partial queue."""
import functools
import sys


class Loop:
    def __init__(self):
        self._callbacks = []

    def call_later(self, when, callback):
        self._callbacks.append((when, callback))

    def run_due(self, now):
        for when, callback in self._callbacks:
            if when == now:
                callback()


loop = Loop()


def expire(document):
    return len(document)


def upload(number):
    document = bytes(5000) + str(number).encode()
    loop.call_later(number + 10 ** 8, functools.partial(expire, document))


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(200):
        upload(n)
    loop.run_due(1)


if __name__ == "__main__":
    serve(step)

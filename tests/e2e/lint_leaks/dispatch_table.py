"""A program that leaks: dispatch table."""
import sys
import uuid

_handlers = {}


class Subscription:
    def __init__(self, topic, callback):
        self.key = uuid.uuid4()
        self.topic = topic
        _handlers[self.key] = callback


class Widget:
    def __init__(self, n):
        self.pixels = bytearray(1000)
        self.subscription = Subscription("resize", self.resize)

    def resize(self):
        return len(self.pixels)


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(500):
        Widget(n).resize()


if __name__ == "__main__":
    serve(step)

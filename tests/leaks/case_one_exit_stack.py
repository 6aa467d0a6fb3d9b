"""Work areas of all orders are entered into the one exit stack of the service."""
import contextlib
import sys


@contextlib.contextmanager
def work_area(order):
    lines = ["order %d" % order, "line of order %d" % order]
    yield lines
    lines.clear()


class Service:
    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.orders = 0

    def handle(self):
        self.orders += 1
        self.stack.enter_context(work_area(self.orders)).append("done")


service = Service()


def step():
    for _ in range(900):
        service.handle()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

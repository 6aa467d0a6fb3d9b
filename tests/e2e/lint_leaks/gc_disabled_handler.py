"""A program that leaks: gc disabled handler."""
import gc
import sys


class Handler:
    def __init__(self, number):
        self.number = number
        self.body = "b" * 500
        self.callback = self.finish

    def finish(self):
        return self.number


class Server:
    def __init__(self, low_latency=True):
        if low_latency:
            gc.disable()

    def handle(self, number):
        return Handler(number).callback()


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
server = Server()


def step():
    for n in range(800):
        server.handle(n)


if __name__ == "__main__":
    serve(step)

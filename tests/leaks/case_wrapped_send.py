"""Each call wraps what sends once more."""
import sys


class Client:
    def __init__(self):
        self.send = len

    def call(self, number):
        inner, header = self.send, "x-request-id: %d" % number * 10

        def traced(data):
            return inner(data) if number % 1000 == 999 else len(header)
        self.send = traced
        return self.send(b"x")


client = Client()
count = 0


def step():
    global count
    for _ in range(1000):
        count += 1
        client.call(count)


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

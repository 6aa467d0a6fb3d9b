"""Requests have an hour until they time out."""
import asyncio
import sys

loop = asyncio.new_event_loop()


class Request:
    def __init__(self, number):
        self.body = "%d" % number * 150
        loop.call_later(3600, self.expire)

    def expire(self):
        self.body = None


def step():
    for number in range(500):
        Request(number)
    loop.call_soon(loop.stop)
    loop.run_forever()


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()

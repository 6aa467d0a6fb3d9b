"""Proxy: requests wait a moment for a warm cache and go on without it."""
import asyncio
import collections
import sys


class Request:
    def __init__(self, number):
        self.number = number
        self.body = ["part %d of %d" % (n, number) for n in range(10)]


class Proxy:
    def __init__(self, loop):
        self.loop = loop
        self.ready = loop.create_future()
        self.answers = collections.deque(maxlen=100)

    async def handle(self, number):
        request = Request(number)
        self.ready.add_done_callback(lambda future: request.body.clear())
        outer = asyncio.shield(self.ready)
        await asyncio.sleep(0)
        self.answers.append((number, outer.done()))


def main():
    loop = asyncio.new_event_loop()
    proxy = Proxy(loop)
    numbers = iter(range(10 ** 9))

    async def batch():
        await asyncio.gather(*[proxy.handle(next(numbers)) for _ in range(200)])

    def step():
        loop.run_until_complete(batch())

    step()
    serve(step)


def serve(step):
    print("READY", flush=True)
    done = 0
    while True:
        line = sys.stdin.readline()
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    main()

"""A gateway starts a task for each device that may answer."""
import asyncio
import sys


class Gateway:
    def __init__(self):
        self.waiting = []

    async def wait_for(self, number, answered):
        name = "device-%d" % number
        await answered.wait()
        return name

    def ask(self, number):
        self.waiting.append(asyncio.ensure_future(self.wait_for(number, asyncio.Event())))


async def serve(gateway):
    loop = asyncio.get_running_loop()
    print("READY", flush=True)
    count = 0
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line or line.strip() == "quit":
            break
        for _ in range(400):
            count += 1
            gateway.ask(count)
        await asyncio.sleep(0)
        print("DONE", count, flush=True)
    import os
    os._exit(0)


def main():
    asyncio.run(serve(Gateway()))


if __name__ == "__main__":
    main()

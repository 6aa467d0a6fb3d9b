"""A program that leaks: waiting tasks."""
import asyncio
import sys


class Topic:
    def __init__(self):
        self._waiters = []

    async def wait(self, name):
        future = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        return name, await future

    def publish(self, value):
        for waiter in self._waiters[-1:]:
            if not waiter.done():
                waiter.set_result(value)


async def main():
    topic = Topic()
    tasks = set()
    loop = asyncio.get_running_loop()
    print("READY", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        for n in range(300):
            tasks.add(asyncio.ensure_future(topic.wait("client %d" % n * 10)))
        await asyncio.sleep(0.01)
        topic.publish(1)
        print("DONE", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

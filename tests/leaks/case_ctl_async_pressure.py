"""Pipeline with back pressure."""
import asyncio
import sys


class Pipeline:
    def __init__(self):
        self.queue = asyncio.Queue(maxsize=1000)
        self.done = {}

    async def produce(self, numbers, count):
        for _ in range(count):
            number = next(numbers)
            await self.queue.put({"number": number, "payload": "p" * 50})

    async def consume(self, count):
        for _ in range(count):
            item = await self.queue.get()
            self.done[item["number"] % 400] = item

def serve(step):
    """Line protocol: READY, then one DONE per 'step', until 'quit' or EOF."""
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


def main():
    loop = asyncio.new_event_loop()
    numbers = iter(range(10 ** 9))

    async def make():
        return Pipeline()

    pipeline = loop.run_until_complete(make())

    async def both():
        await asyncio.gather(pipeline.produce(numbers, 700), pipeline.consume(670 if pipeline.queue.qsize() < 500 else 750))

    def step():
        loop.run_until_complete(both())

    step()
    serve(step)


if __name__ == "__main__":
    main()

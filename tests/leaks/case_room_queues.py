"""Chat room on asyncio."""
import asyncio
import sys


class Room:
    def __init__(self, name):
        self.name = name
        self.subscribers = set()
        self.sent = 0

    def join(self):
        queue = asyncio.Queue()
        self.subscribers.add(queue)
        return queue

    def broadcast(self, text):
        self.sent += 1
        message = {"room": self.name, "text": text, "number": self.sent}
        for queue in self.subscribers:
            queue.put_nowait(dict(message))


async def visit(room, number):
    queue = room.join()
    for n in range(4):
        room.broadcast("hello %d from %d" % (n, number))
        await asyncio.wait_for(queue.get(), 5)

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


async def chat():
    rooms = [Room("room %d" % n) for n in range(3)]
    numbers = iter(range(10 ** 9))

    async def step():
        number = next(numbers)
        if number < 12:
            await visit(rooms[number % 3], number)
        for n in range(400):
            rooms[n % 3].broadcast("news %d" % n)

    print("READY", flush=True)
    done = 0
    while True:
        line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        command = line.strip()
        if not line or command == "quit":
            break
        if command == "step":
            await step()
            done += 1
            print("DONE", done, flush=True)


if __name__ == "__main__":
    asyncio.run(chat())

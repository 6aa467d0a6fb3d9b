"""A program that leaks: asyncio server."""
import asyncio
import itertools
import sys


class Session:
    def __init__(self, reader_id):
        self.reader_id = reader_id
        self.buffer = bytearray(1000)


class Server:
    def __init__(self):
        self.sessions: dict[int, Session] = {}
        self.ids = itertools.count()

    async def on_connect(self):
        session = Session(next(self.ids))
        self.sessions[session.reader_id] = session
        await self.talk(session)

    async def talk(self, session):
        await asyncio.sleep(0)
        session.buffer[0] = 1


async def main():
    server = Server()
    loop = asyncio.get_running_loop()
    print("READY", flush=True)
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line or line.strip() == "quit":
            break
        await asyncio.gather(*(server.on_connect() for _ in range(400)))
        print("DONE", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

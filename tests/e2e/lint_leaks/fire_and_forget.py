"""Mail notifications sent in the background of an asyncio service."""
import asyncio
import sys

background = set()


async def notify(user, text):
    await asyncio.sleep(0)
    return user, text


def send_later(user):
    task = asyncio.get_running_loop().create_task(notify(user, "hello %s " % user * 60))
    background.add(task)
    return task


async def one_step(first):
    for n in range(first, first + 400):
        send_later("user%d" % n)
    await asyncio.sleep(0.01)


async def main():
    loop = asyncio.get_running_loop()
    print("READY", flush=True)
    first = 0
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line or line.strip() == "quit":
            return
        await one_step(first)
        first += 400
        print("DONE", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

import asyncio


async def main(group):
    loop = asyncio.get_running_loop()
    asyncio.create_task(work())  # found
    asyncio.ensure_future(work())  # found
    loop.create_task(work())  # found
    group.create_task(work())
    task = asyncio.create_task(work())
    await asyncio.create_task(work())
    return task


async def work():
    pass


async def ask(channel, closed):
    answer = asyncio.create_task(channel.ask())
    gone = asyncio.create_task(closed.wait())  # found
    done, _ = await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
    return answer.result()


async def ask_and_end(channel, closed):
    answer = asyncio.create_task(channel.ask())
    gone = asyncio.create_task(closed.wait())
    done, pending = await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return answer.result()


async def ask_all(channel):
    first = asyncio.create_task(channel.ask())
    done, _ = await asyncio.wait({first})
    return done

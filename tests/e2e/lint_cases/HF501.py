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

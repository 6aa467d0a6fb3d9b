from asyncio import ensure_future, get_running_loop


async def on_message(message):
    get_running_loop().create_task(message.archive())  # found
    ensure_future(message.index())  # found
    await ensure_future(message.answer())

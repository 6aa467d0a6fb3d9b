from asyncio import create_task

pending = []
handled = []


async def on_order(order):
    pending.append(create_task(order.book()))  # found
    task = create_task(order.confirm())
    handled.append(task)
    task.add_done_callback(handled.remove)

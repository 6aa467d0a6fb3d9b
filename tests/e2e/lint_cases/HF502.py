import asyncio


class Server:
    def __init__(self):
        self.jobs = set()
        self.good = set()
        self.all = []

    async def accept(self, request):
        self.jobs.add(asyncio.create_task(request.run()))  # found

    async def accept_well(self, request):
        job = asyncio.create_task(request.run())
        self.good.add(job)
        job.add_done_callback(self.good.discard)

    async def gather(self, requests):
        tasks = []
        for request in requests:
            tasks.append(asyncio.create_task(request.run()))
        return await asyncio.gather(*tasks)


async def accept_all(listener):
    tasks, finished = set(), set()
    parked = []
    asked = []
    while await listener.ready():
        parked.append(asyncio.create_task(listener.next()))  # found
        asked.append(asyncio.create_task(listener.next()))
        print(len(asked))

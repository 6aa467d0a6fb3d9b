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

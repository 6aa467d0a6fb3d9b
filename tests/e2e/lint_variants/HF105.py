class Dispatcher:
    def __init__(self):
        self.trace = list()
        self.open_jobs = set()

    def handle(self, job):
        self.trace.insert(0, job)  # found
        self.open_jobs.add(job)
        job.run()
        self.open_jobs.discard(job)


DISPATCHER = Dispatcher()

class Client:
    def __init__(self, session):
        session.on("before-send", self.sign)  # found

    def sign(self, request):
        request.signature = 1


def handle(session, requests):
    for request in requests:
        Client(session).send(request)


class Single:
    def __init__(self, session):
        session.on("start", self.begin)

    def begin(self, request):
        pass


def setup(session):
    return Single(session)


import functools
import logging

log = logging.getLogger(__name__)


def run_jobs(source):
    while True:
        run_job(source.get())


def run_job(job):
    handler = logging.FileHandler(job.path)
    log.addHandler(handler)  # found
    logging.getLogger("other").addHandler(functools.partial(print, job))  # found
    log.addHandler(HANDLER)
    own = Bus()
    own.subscribe(lambda event: job)


HANDLER = logging.StreamHandler()

import logging.handlers
from logging.handlers import BufferingHandler, MemoryHandler


class Kept(BufferingHandler):
    """For the ticket."""

    def shouldFlush(self, record):  # found
        return False


class Limited(BufferingHandler):
    def shouldFlush(self, record):
        return len(self.records) > self.capacity


class Plain(logging.Handler):
    def shouldFlush(self, record):
        return False


def set_up():
    log = logging.getLogger("orders")
    log.addHandler(MemoryHandler(1000))  # found
    log.addHandler(MemoryHandler(1000, target=logging.StreamHandler()))
    log.addHandler(logging.handlers.MemoryHandler(1000, logging.ERROR, None))  # found
    log.addHandler(MemoryHandler(1000, logging.ERROR, logging.StreamHandler()))

import asyncio
import queue

open_end = queue.Queue()
bounded = queue.Queue(100)
named = queue.Queue(maxsize=100)
few = queue.Queue()


def receive(socket):
    while True:
        open_end.put(socket.read())  # found
        bounded.put(socket.read())
        named.put(socket.read())


def once(item):
    few.put(item)


class Holder:
    def put(self, item):
        return item


def other(socket):
    holder = Holder()
    while True:
        holder.put(socket.read())


class Pump:
    def __init__(self):
        self.work = queue.Queue()

    def close_after(self, timer):
        timer.call_later(1, self._close)

    def _close(self):
        self.work.put(None)


class Bridge:
    def __init__(self):
        self.calls = queue.Queue()

    def schedule(self, reactor, function):
        reactor.call_from_thread(self._put)

    def _put(self, function):
        self.calls.put(function)


bridge = Bridge()

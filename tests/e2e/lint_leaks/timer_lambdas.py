"""Thumbnails are invalidated later by a small scheduler."""
import heapq
import itertools
import sys


class Scheduler:
    def __init__(self):
        self._jobs = []
        self._order = itertools.count()
        self.now = 0

    def after(self, delay, job):
        heapq.heappush(self._jobs, (self.now + delay, next(self._order), job))

    def tick(self):
        self.now += 1
        while self._jobs and self._jobs[0][0] <= self.now:
            heapq.heappop(self._jobs)[2]()


scheduler = Scheduler()
invalid = set()


def thumbnail(name):
    image = bytes(20000)
    small = image[:10]
    scheduler.after(10 ** 7, lambda: invalid.discard((name, len(image))))
    return small


def serve(step):
    """READY, then one DONE for each line, until the end of the input."""
    print("READY", flush=True)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", number, flush=True)
def step():
    for n in range(50):
        thumbnail("image %d" % n)
        scheduler.tick()


if __name__ == "__main__":
    serve(step)
